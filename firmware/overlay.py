"""Code that is in memory only while it runs: the one place that loads it and lets go of it.

A path is "flows.log_in.supervisor": a function of firmware/flows/log_in.py; one that begins with
"protocol" is of that folder. What comes and goes holds no state and no class that anybody else
catches or keeps an object of: those lie in modules that stay. Two tasks may run the same code at
once.
"""

import sys


async def run(path, *arguments, **named):
    """Load what the path names, await it, and forget its module with all of ours that came along
    with it."""
    function, loaded = _load(path)
    try:
        result = await function(*arguments, **named)
    except Exception:
        _forget(loaded)
        raise
    _forget(loaded)
    return result


def call(path, *arguments):
    """The same for a function that does not wait."""
    function, loaded = _load(path)
    try:
        return function(*arguments)
    finally:
        _forget(loaded)


def _load(path):
    """(function, names of the modules that were not there before)."""
    name, function = path.rsplit(".", 1)
    if not name.startswith("protocol."):
        name = "firmware." + name
    if name in sys.modules:  # whoever loaded it lets go of it
        return getattr(sys.modules[name], function), ()
    before = set(sys.modules)
    try:
        found = getattr(__import__(name, None, None, (function,)), function)
    except Exception:
        _forget([name for name in sys.modules if name not in before])
        raise
    return found, [name for name in sys.modules if name not in before]


def _forget(names):
    for name in names:
        package, _, child = name.rpartition(".")
        if package.split(".")[0] in ("firmware", "protocol"):
            sys.modules.pop(name)
            # A package that was forgotten and loaded again since then knows nothing of it.
            if package in sys.modules and hasattr(sys.modules[package], child):
                delattr(sys.modules[package], child)
