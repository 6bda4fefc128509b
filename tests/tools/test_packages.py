"""What belongs on a board, told three times: by package.json, by manifest.py, by the tree."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools import package_json

ROOT = Path(__file__).parents[2]
MICROPYTHON = Path(sys.executable).with_name("micropython")
WANTED = sorted(
    path.relative_to(ROOT).as_posix()
    for room in ("firmware", "protocol")
    for path in (ROOT / room).rglob("*")
    if path.suffix in (".py", ".txt", ".bin") and "reference" not in path.parts
)
LISTED = json.loads((ROOT / "package.json").read_text())


def test_package_json_lists_the_portable_files_and_their_data_and_nothing_else():
    assert sorted(target for target, _ in LISTED["urls"]) == WANTED, (
        "package.json is out of date: python -m tools.package_json"
    )
    assert package_json.PATH.read_text() == package_json.text()


def test_package_json_has_the_form_that_mip_reads():
    assert LISTED.keys() == {"urls", "deps", "version"}
    assert all(target == source and not source.startswith("/") for target, source in LISTED["urls"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert LISTED["version"] == project["version"]


def test_a_package_json_out_of_date_is_told(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(package_json, "PATH", tmp_path / "package.json")
    package_json.PATH.write_text(package_json.text().replace("main.py", "mian.py"))
    assert package_json.main(["--check"]) == 1
    assert "tools.package_json" in capsys.readouterr().err
    assert package_json.main([]) == 0 == package_json.main(["--check"])


@pytest.mark.skipif(not MICROPYTHON.exists(), reason="no MicroPython for this machine")
def test_micropythons_own_mip_installs_what_then_can_be_imported(tmp_path):
    serve = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    server = subprocess.Popen(
        serve, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        port = server.stdout.readline().split(" port ")[1].split()[0]
        address = f"http://127.0.0.1:{port}/package.json"
        install = f"import mip; mip.install({address!r}, target={str(tmp_path)!r}, mpy=False)"
        done = subprocess.run([MICROPYTHON, "-c", install], capture_output=True, timeout=120)
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    assert done.returncode == 0, done.stdout + done.stderr
    for name in WANTED:
        assert (tmp_path / name).read_bytes() == (ROOT / name).read_bytes(), name
    shims = ROOT / "host_sim" / "shims"
    loaded = subprocess.run(
        [MICROPYTHON, "-c", "import firmware.board.pico, firmware.main; print(firmware.__path__)"],
        cwd=shims, env={**os.environ, "MICROPYPATH": f"{tmp_path}:{shims}"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert loaded.stdout.strip() == f"{tmp_path}/firmware", loaded.stderr


def test_the_manifest_freezes_the_same_code(monkeypatch):
    """Run as MicroPython's build runs it: in its own folder, with the words it defines."""
    frozen, described = [], []

    def package(folder, files=None, base_path=".", opt=None):
        for path in sorted((ROOT / base_path / folder).rglob("*.py")):
            name = path.relative_to(ROOT / base_path / folder).as_posix()
            if files is None or name in files:
                frozen.append(path.relative_to(ROOT).as_posix())

    monkeypatch.chdir(ROOT)
    words = {"package": package, "metadata": lambda **fields: described.append(fields)}
    exec(compile((ROOT / "manifest.py").read_text(), "manifest.py", "exec"), words)
    assert sorted(frozen) == [name for name in WANTED if name.endswith(".py")]
    assert described[0]["description"]
