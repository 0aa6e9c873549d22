"""What an operator's file has changed of the process that it is checked in: functions replaced, JAX configured otherwise.

Another program may live with that; a check may not, and fails in some place of its own that has nothing to do with it. It knows no
operator: it compares what was with what is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from types import FunctionType
from typing import Any

from axiomkd.core import modules

# Of others: what this package and what it stands on call all the time.
WATCHED = (
    "builtins",
    "os",
    "sys",
    "io",
    "json",
    "math",
    "time",
    "fractions",
    "itertools",
    "functools",
    "collections",
    "warnings",
    "traceback",
    "numpy",
    "numpy.random",
    "numpy.linalg",
    "jax",
    "jax.numpy",
    "jax.lax",
    "jax.nn",
    "flint",
)
OURS = "axiomkd"
NAMED = 3  # changes that are named


@cache
def code() -> Mapping[str, Mapping[str, Any]]:
    """The functions of the modules watched, as they were when this was first asked: before anybody else's code runs."""
    return {name: dict(_callables(module)) for name, module in _watched()}


class Before:
    """The process as it was before the user's code; `take` says when that is."""

    def __init__(self) -> None:
        self._code, self._settings, self._path = code(), {}, list(sys.path)

    def take(self) -> None:
        """Settings count from now on, and what has been put around the functions of `os` to hear what is asked of them."""
        self._settings, self._path = _settings(), list(sys.path)
        self._code = {**self._code, "os": dict(_callables(os))}

    def replaced(self) -> list[str]:
        """This package's own functions that are others now."""
        return list(self._replaced(ours=True))

    def changed(self) -> str:
        """What has changed, in words; "" where nothing has."""
        now = _settings()
        texts = [
            *(f"replaces {name}" for name in self._replaced()),
            *(
                f"sets {name} to {_short(now.get(name))}"
                for name, was in self._settings.items()
                if now.get(name) != was
            ),
        ]
        if set(self._path) - set(map(str, sys.path)):
            texts.append("takes folders out of sys.path")
        if not _here():
            texts.append("deletes the working folder")
        more = f", and {len(texts) - NAMED} more" if len(texts) > NAMED else ""
        return ", ".join(texts[:NAMED]) + more

    def _replaced(self, *, ours: bool = False) -> Iterator[str]:
        for name, held in self._code.items():
            if ours and name.partition(".")[0] != OURS:
                continue
            now = dict(_callables(sys.modules.get(name)))
            yield from (f"{name}.{key}" for key, was in held.items() if now.get(key) is not was)


def _watched() -> Iterator[tuple[str, Any]]:
    for name, module in modules.everything():
        if name in WATCHED or name.partition(".")[0] == OURS:
            yield name, module


def _callables(module: object) -> Iterator[tuple[str, Any]]:
    """Functions, by name, with the code that each runs; and those of the classes that a module defines."""
    name = modules.held(module).get("__name__")
    for key, one in list(modules.held(module).items()):
        if isinstance(one, FunctionType):
            yield key, one.__code__
        elif isinstance(one, type):
            yield key, one
            if one.__dict__.get("__module__") == name:
                inner = [(part, f) for part, f in list(vars(one).items()) if isinstance(f, FunctionType)]
                yield from ((f"{key}.{part}", f.__code__) for part, f in inner)
        elif callable(one):
            yield key, one


def _settings() -> dict[str, Any]:
    """What JAX and NumPy are told for the whole process."""
    import jax
    import numpy as np

    found: dict[str, Any] = {}
    for name in list(getattr(jax.config, "values", {})):
        try:
            found[name] = getattr(jax.config, name)
        except Exception:  # some are asked for in other ways
            continue
    return {**found, **{f"numpy.errstate({kind})": how for kind, how in np.geterr().items()}}


def _short(value: object) -> str:
    return repr(value)[:80] if type(value) in (str, int, float, bool, type(None)) else type(value).__name__


def _here() -> bool:
    try:
        os.getcwd()
    except OSError:
        return False
    return True
