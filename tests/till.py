"""The person at the till of all tests here: the wheel's own, tools/testing/person.py."""

from tools.testing.person import Till, journal_of

__all__ = ["Till", "journal_of"]
