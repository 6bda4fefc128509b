"""Planted bugs die: the campaign is not blind. All of them are hunted by `tuidan campaign --mutants`."""

import json

import pytest

from tests.campaign import mutants
from tools.cli import main

# They die within as many seeds as this, by the number behind each (make test has little time).
QUICK = {
    "retries with a new STAN": 40,
    "sends before it syncs": 10,
    "0420 of an unknown key not fenced": 10,
    "keeps a clear key in flash": 10,
}
