"""Holds the project to its own house rules: imports, portable code, versions, locks, the wheel.

Every rule is tried on a violation too: a checker that cannot fail would let the tree rot.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("firmware", "protocol", "host_sim", "tools")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

# What the terminal side may import beside itself; the chip's own modules only at the edge.
MICROPYTHON = {
    "array", "binascii", "cryptolib", "errno", "gc", "hashlib", "io", "json", "micropython", "os",
    "struct", "sys", "time", "vfs",
}  # fmt: skip
CHIP = {"machine", "rp2", "esp32", "framebuf"}
EDGE = ("firmware/board/", "firmware/drivers/")
GIVEAWAYS = ("cpython", "simulat", "host_sim", "shim", "sys.implementation", "sys.platform")
MUTATORS = {
    "append", "add", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse",
    "setdefault", "sort", "update",
}  # fmt: skip


def portable_files():
    files = [*ROOT.glob("firmware/**/*.py"), *ROOT.glob("protocol/**/*.py")]
    names = sorted(path.relative_to(ROOT).as_posix() for path in files)
    return [name for name in names if not name.startswith("protocol/reference/")]


def imports_in(tree):
    """(line, dotted name) of every import, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")


def foreign_imports(name, source):
    """Imports of a portable file that no board could follow, or that are not its to make."""
    room = name.split("/")[0]
    allowed = MICROPYTHON | {"protocol", room} | (CHIP if name.startswith(EDGE) else set())
    for line, module in imports_in(ast.parse(source)):
        if module.split(".")[0] not in allowed or module.startswith("protocol.reference"):
            yield f"{name}:{line} imports {module}"


def giveaways(name, source):
    """Signs that a portable file asks where it runs: words in firmware; in both, a way round an
    import that fails (to refuse with a clearer error is no way round)."""
    if name.startswith("firmware/"):
        for number, line in enumerate(source.lower().splitlines(), 1):
            yield from (f"{name}:{number} says {word}" for word in GIVEAWAYS if word in line)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in GIVEAWAYS:
            yield f"{name}:{node.lineno} reads {ast.unparse(node)}"
        if isinstance(node, ast.Try) and any(imports_in(ast.Module(node.body, []))):
            if not all(isinstance(handler.body[-1], ast.Raise) for handler in node.handlers):
                yield f"{name}:{node.lineno} finds a way round an import"


def is_mutable(value):
    """True of an expression that makes a list, dict, set or buffer, or an object of a class."""
    if isinstance(value, ast.Call):
        called = ast.unparse(value.func).split(".")[-1]
        return called in ("bytearray", "list", "dict", "set", "array") or called[:1].isupper()
    makers = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
    return isinstance(value, makers)


def is_table(target, value):
    """True of an upper-case name bound to a list, dict or set: a constant, if nobody changes it."""
    if not isinstance(target, ast.Name) or isinstance(value, ast.Call):
        return False
    return target.id == target.id.upper() or target.id == "__all__"


def shared_state(name, source):
    """Module and class level state that two terminals in one process would share."""
    tree = ast.parse(source)
    classes = [node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    for node in [statement for body in [tree.body, *classes] for statement in body]:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if is_mutable(node.value) and not all(is_table(one, node.value) for one in targets):
                yield f"{name}:{node.lineno} keeps {ast.unparse(targets[0])} for the whole process"
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield f"{name}:{node.lineno} has a global statement"
            continue
        changed = None
        if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            changed = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            changed = node.func.value if node.func.attr in MUTATORS else None
        # NAME or module.NAME; what hangs on an instance is that instance's own.
        last = ast.unparse(changed).removeprefix("self.").split(".")[-1] if changed else ""
        if re.fullmatch(r"_?[A-Z][A-Z0-9_]+", last):
            yield f"{name}:{node.lineno} changes the table {last}"


RULES = {
    foreign_imports: [
        ("firmware/flows/refund.py", "def f():\n    import machine"),
        ("firmware/kernel.py", "from framebuf import FrameBuffer"),
        ("firmware/host.py", "import typing"),
        ("firmware/host.py", "from protocol.reference.codec import decode"),
        ("firmware/host.py", "from . import kernel"),
        ("protocol/iso8583.py", "import construct"),
        ("protocol/framing.py", "import firmware.kernel"),
    ],
    giveaways: [
        ("firmware/main.py", "# quicker on CPython"),
        ("firmware/main.py", "import sys\nif sys.implementation.name == 'x': pass"),
        ("protocol/tlv.py", "import sys\nif sys.platform == 'rp2': pass"),
        ("protocol/tlv.py", "try:\n    import os\nexcept ImportError:\n    os = None"),
    ],
    shared_state: [
        ("firmware/x.py", "cache = {}"),
        ("firmware/x.py", "BUFFER = bytearray(4)"),
        ("firmware/x.py", "KEYPAD = Pin(3)"),
        ("firmware/x.py", "class Link:\n    seen = []"),
        ("firmware/x.py", "def f():\n    global n\n    n = 1"),
        ("firmware/x.py", "TABLE = {}\ndef f():\n    TABLE['a'] = 1"),
        ("firmware/x.py", "from protocol.dialect import fields\nfields.FIELDS.update({})"),
        ("firmware/x.py", "class Link:\n  SEEN = []\n  def f(self):\n    self.SEEN.append(1)"),
    ],
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_terminal_side_has_no(rule):
    found = [fault for name in portable_files() for fault in rule(name, (ROOT / name).read_text())]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("rule", "name", "source"), [(rule, *case) for rule, cases in RULES.items() for case in cases]
)
def test_a_planted_violation_is_found_by(rule, name, source):
    assert list(rule(name, source))


# ------------------------------------------------------------------ who may import whom

PLANTED_IMPORTS = [
    ("protocol-alone", "protocol/tlv.py", "import firmware.kernel"),
    ("protocol-alone", "protocol/reference/planted.py", "import host_sim.shims"),
    ("protocol-portable", "protocol/iso8583.py", "import construct"),
    ("reference-on-the-host", "firmware/planted.py", "import protocol.reference"),
    ("firmware-alone", "firmware/planted.py", "import host_sim.shims"),
    ("firmware-alone", "firmware/drivers/planted.py", "import tools"),
    ("simulator-below-its-tools", "host_sim/face/planted.py", "import tools.cli"),
    ("machine-at-the-edge", "firmware/flows/planted.py", "from machine import Pin"),
    ("acquirer-alone", "host_sim/acquirer/planted.py", "import firmware.kernel"),
    ("acquirer-alone", "host_sim/acquirer/planted.py", "import host_sim.bench"),
    ("terminal-alone", "host_sim/bench/planted.py", "import host_sim.acquirer"),
    ("terminal-alone", "host_sim/device.py", "import sqlalchemy"),
    ("parts-know-no-messages", "host_sim/shims/planted.py", "import protocol.tlv"),
]


def lint_imports(folder, *contracts):
    options = [part for contract in contracts for part in ("--contract", contract)]
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", *options],
        cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture(scope="module")
def tree_copy(tmp_path_factory):
    """The four packages and what a wheel needs of the rest, to plant things in or to build."""
    folder = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    (folder / "tests").mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "tests/mypy_tables.py"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def test_imports_keep_to_the_contracts():
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("contract", "name", "planted"), PLANTED_IMPORTS)
def test_a_planted_import_breaks_its_contract(tree_copy, contract, name, planted):
    path = tree_copy / name
    before = path.read_text() if path.exists() else None
    path.write_text(f"{before or ''}\n{planted}\n")
    try:
        done = lint_imports(tree_copy, contract)
    finally:
        path.unlink() if before is None else path.write_text(before)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout


def test_every_contract_is_tried_with_a_planted_import():
    contracts = {contract["id"] for contract in PROJECT["tool"]["importlinter"]["contracts"]}
    assert contracts == {contract for contract, _, _ in PLANTED_IMPORTS}


def test_a_misspelt_attribute_of_a_record_is_a_type_error(tree_copy):
    planted = tree_copy / "firmware/planted.py"
    planted.write_text(
        "from firmware.transaction import Record\n"
        "record = Record()\n"
        "record.order = 'as in the table'\n"
        "record.ordre = 'as in no table'\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "firmware/transaction.py", "firmware/planted.py"],
        cwd=tree_copy, capture_output=True, text=True,
    )  # fmt: skip
    planted.unlink()
    assert re.findall(r"planted.py:(\d+): error", done.stdout) == ["4"], done.stdout + done.stderr


# ------------------------------------------------------------------ versions, locks, the wheel


def test_the_changelog_opens_with_the_version_of_the_project():
    newest = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest and newest[1] == PROJECT["project"]["version"]


def pins(name):
    return set(re.findall(r"^([\w.-]+==\S+)", (ROOT / name).read_text(), re.MULTILINE))


def test_development_lock_holds_all_that_the_other_holds_at_the_same_versions():
    assert pins("requirements.lock") <= pins("requirements-dev.lock")


@pytest.mark.parametrize("name", sorted(path.name for path in ROOT.glob("*.lock")))
def test_locks_pin_hashes_and_name_no_address(name):
    text = (ROOT / name).read_text()
    assert "://" not in text
    for block in re.split(r"\n(?=\w)", text):
        assert "==" in block.splitlines()[0] and "--hash=sha256:" in block


def test_what_the_project_depends_on_is_pinned_by_its_locks():
    groups = PROJECT["dependency-groups"]
    for wanted, lock in (
        (PROJECT["project"]["dependencies"] + groups["build"], "requirements.lock"),
        (groups["dev"] + groups["build"], "requirements-dev.lock"),
        (groups["stubs-rp2"], "requirements-stubs-rp2.lock"),
        (groups["stubs-esp32"], "requirements-stubs-esp32.lock"),
    ):
        assert {one.split(";")[0].strip() for one in wanted if isinstance(one, str)} <= pins(lock)


@pytest.fixture(scope="module")
def unpacked_wheel(tree_copy, tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    build = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", build, out], cwd=tree_copy, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = out.glob("tuidan-*.whl")
    zipfile.ZipFile(wheel).extractall(out / "unpacked")
    return out / "unpacked"


def test_the_wheel_holds_every_source_and_data_file(unpacked_wheel):
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*"):
            if path.suffix in (".py", ".bin", ".csv", ".lua", ".md", ".toml", ".txt"):
                assert (unpacked_wheel / path.relative_to(ROOT)).is_file(), path
    assert (unpacked_wheel / "firmware/text/gb2312.bin").is_file()


def test_the_command_line_works_from_the_wheel_alone(unpacked_wheel, tmp_path):
    packet = (
        "003C602237602160310031181208000020000000C0001233245438303333353930393939"
        "3839353638323834303430393300119058489956400003435550"
    )  # a sign-on of the independent frames
    code = "import sys; from tools.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, "decode", "--json", "-"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(unpacked_wheel)},
        input=packet, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["mti"] == "0800"


def test_the_pytest_plugin_works_from_the_wheel_alone(unpacked_wheel, tmp_path):
    manual = (unpacked_wheel / "tools/testing/README.md").read_text()
    example = manual.split("```python\n")[1].split("```")[0]
    told = "def test_it_is_the_wheels():\n    import tools\n    print('from', tools.__path__)\n"
    (tmp_path / "test_mine.py").write_text(example + "\n\n" + told)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rP", "-p", "no:cacheprovider", tmp_path],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(unpacked_wheel)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout and f"from ['{unpacked_wheel}/tools']" in done.stdout


def test_a_skip_fails_where_nothing_may_be_skipped(tmp_path):
    (tmp_path / "test_planted.py").write_text(
        "import pytest\n"
        "def test_runs(): pass\n"
        "def test_skips(): pytest.skip('no such thing here')\n"
        "@pytest.mark.xfail\n"
        "def test_is_known_to_fail(): assert False\n"
    )
    plugin = ["-p", "no:cacheprovider", "-p", "tests.no_skip", "--rootdir", tmp_path]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", "/dev/null", *plugin, tmp_path],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert re.search("1 failed, 1 passed, 1 xfailed", done.stdout), done.stdout
    assert "no such thing here" in done.stdout
