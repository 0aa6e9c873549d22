"""Modules that are imported when something of them is asked for, and not before: `late("scipy.special")`.

For what most runs never ask for, or only long after they have begun. A module so late may come after an operator's code has
changed where modules are looked for: it comes from where it would have come from at the start. It knows no package.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

_AT_START = tuple(sys.path)
_depth = 0
_brought: set[str] = set()


class _Late(ModuleType):
    """Stands for a module: the first attribute that is asked for imports it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what Python itself asks of any module, and `inspect` of all of them
            raise AttributeError(name)
        with _as_at_start():
            value = getattr(import_module(self.__name__), name)
        setattr(self, name, value)  # the next time it is found without coming here
        return value


def late(name: str) -> Any:
    """What `import name` would give, in all but the time at which it is imported.

    Not `importlib.util.LazyLoader`: that puts an empty module under the real name, where all others would find it.
    """
    return _Late(name)


def importing() -> bool:
    """Whether a late module is being imported at this moment: what that reads, nobody's code has asked for."""
    return _depth > 0


def brought(name: str) -> bool:
    """Whether a module of `sys.modules` is there because a late one was asked for."""
    return name in _brought


@contextmanager
def _as_at_start() -> Iterator[None]:
    """Look for modules where they were looked for when this one was imported, and only then where they are by now."""
    global _depth
    now, before = sys.path, set(sys.modules)
    sys.path = [*_AT_START, *(one for one in now if one not in _AT_START)]
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        sys.path = now
        _brought.update(set(sys.modules) - before)
