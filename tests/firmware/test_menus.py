"""Every entry of every menu leads somewhere, has a key script, and is one key from 'back'."""

from pathlib import Path

import pytest

from firmware.flows.menu import MENUS
from firmware.text.texts import LANGUAGES, Texts
from host_sim.play.player import is_idle
from host_sim.play.script import read_script
from tests.till import Till

SCRIPTS = Path(__file__).parents[1] / "scripts"
LEAVES = [(menu, text_id, path) for menu, (_, _, entries) in MENUS.items()
          for text_id, path in entries if path not in MENUS]  # fmt: skip


def way_to(menu):
    """Text ids of the entries that lead to this menu."""
    for before, (_, _, entries) in MENUS.items():
        for text_id, path in entries:
            if path == menu:
                return [*way_to(before), text_id]
    return []


@pytest.fixture(scope="module")
def chosen():
    """Words of the menu lines that the key scripts choose, by language."""
    found = {language: set() for language in LANGUAGES}
    for path in SCRIPTS.glob("*.txt"):
        script = read_script(path)
        found[script.language] |= {one.values[0] for one in script.statements
                                   if one.name == "choose"}
    return found


@pytest.mark.parametrize("menu, text_id, path", LEAVES, ids=[leaf[1] for leaf in LEAVES])
def test_every_menu_path_is_chosen_by_a_key_script(chosen, menu, text_id, path):
    if path == "flows.refund.run":  # every refund begins with its own key, 1
        return
    assert any(Texts(language)[text_id] in chosen[language] for language in LANGUAGES)


def test_every_menu_is_reached_and_says_which_one_is_before_it():
    for menu, (_, before, _) in MENUS.items():
        assert (before is None) == (menu == "main")
        assert before is None or any(path == menu for _, path in MENUS[before][2])


@pytest.mark.parametrize("menu", [menu for menu in MENUS if menu != "main"])
def test_cancel_leads_from_a_menu_to_the_one_before(menu):
    till = Till()
    till.log_in()
    words = Texts("en")
    till.menu(*[words[text_id] for text_id in way_to(menu)])
    till.wait(words[MENUS[menu][0]])
    till.press("CANCEL")
    till.wait(words[MENUS[MENUS[menu][1]][0]])


@pytest.mark.parametrize("menu, text_id, path", LEAVES, ids=[leaf[1] for leaf in LEAVES])
def test_cancel_leads_back_from_the_first_screen_of_every_entry(menu, text_id, path):
    """Back is idle, a menu, or the message that it was cancelled, which any key leaves."""
    till = Till()
    till.log_in()
    words = Texts("en")
    entries = [words[one] for one in way_to(menu)]
    till.menu(*entries, words[text_id])
    at_rest(till)
    if not home(till):
        till.press("CANCEL")
        at_rest(till)
        assert home(till) or "Cancelled" in " ".join(till.world.screen()), till.world.screen()
        if not home(till):
            till.press("CANCEL")
            at_rest(till)
            assert home(till)


def at_rest(till):
    """Wait until the screen has stood for a second."""
    for _ in range(200):
        before = till.world.screen()
        till.world.run_for(1000)
        if till.world.screen() == before:
            return
    raise AssertionError("the screen never came to rest")


def home(till):
    rows = till.world.screen()
    titles = [Texts(language)[menu[0]] for menu in MENUS.values() for language in LANGUAGES]
    in_menu = rows[1][1:3] in ("1 ", "4 ", "7 ") and any(rows[0].startswith(t) for t in titles)
    return is_idle(rows) or any(is_idle([row]) for row in rows) or in_menu
