"""Code that is in memory only while it runs: the one place that loads it and lets go of it.

What comes and goes holds no state and no class that anybody else catches; those lie in modules
that stay. Two tasks may run the same code at once.
"""

import sys


async def run(path, *arguments):
    """`await run("flows.log_in.supervisor", terminal)`: load firmware/flows/log_in.py, await its
    function, and forget the module with all of ours that came along with it."""
    name, function = path.rsplit(".", 1)
    before = set(sys.modules)
    module = __import__("firmware." + name, None, None, (function,))
    loaded = [name for name in sys.modules if name not in before]
    before = None  # the list is short, the set is not
    try:
        result = await getattr(module, function)(*arguments)
    except Exception:
        _forget(loaded)
        raise
    _forget(loaded)
    return result


def _forget(names):
    for name in names:
        package, _, child = name.rpartition(".")
        if package.split(".")[0] in ("firmware", "protocol"):
            sys.modules.pop(name)
            if package in sys.modules:
                delattr(sys.modules[package], child)
