"""A user's function in a process in which this package is not loaded: its file run with a stand-in for `axiomkd` that only notes.

The stand-in is there while the file is imported, and gone when the function is called. What it cannot stand in for is told, and
nothing else is tried.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from axiomkd.run.outside.calling import Call, Way, temperature_of

NAME = "axiomkd"
KNOWN = {
    "name",
    "claims",
    "domain",
    "K",
    "C",
    "backend",
    "inputs",
    "outputs",
}  # arguments that leave the call A(P, w[, T])
FORMS = {"probabilities", "logits", "log-probabilities"}


class Unable(Exception):
    """The function cannot be called so; the text says why."""


def forget() -> None:
    """Take this package out of the process, as far as the import system and whoever looks into it can tell."""
    for name in [one for one in sys.modules if isinstance(one, str) and one.partition(".")[0] == NAME]:
        del sys.modules[name]


def found(kind: str, where: str, name: str, registered: str) -> tuple[Call, Mapping[str, Any]]:
    """The function that a target names, ready to be called, with what it was registered with. `registered` is its name there.
    Raises Unable, and what the user's file raises."""
    noted: list[tuple[Any, Mapping[str, Any]]] = []
    with _standing_in(noted):
        module = _module(kind, where)
    forget()
    fn, given = _chosen(module, name, registered, noted)
    if more := sorted(set(given) - KNOWN):
        raise Unable(f"registered with {', '.join(more)}")
    way = Way(
        str(given.get("inputs", "probabilities")),
        str(given.get("outputs") or "probabilities"),
        given.get("backend"),
        temperature_of(fn),
    )
    if not callable(fn) or isinstance(fn, type) or way.backend == "torch" or not {way.inputs, way.outputs} <= FORMS:
        raise Unable("no function of arrays")
    return Call(fn, way), given


def _chosen(module: ModuleType, name: str, registered: str, noted: list) -> tuple[Any, Mapping[str, Any]]:
    for fn, given in noted:
        if (given.get("name") or getattr(fn, "__name__", None)) == registered:
            return fn, given
    fn = getattr(module, name or registered, None)
    if fn is None:
        raise Unable("not registered under that name")
    return fn, next((given for one, given in noted if one is fn), {})


def _module(kind: str, where: str) -> ModuleType:
    if kind == "module":
        sys.path.insert(0, os.getcwd())
        return importlib.import_module(where)
    full = os.path.realpath(where)
    sys.path.insert(0, os.path.dirname(full))
    spec = importlib.util.spec_from_file_location("operator_file", full)
    if spec is None or spec.loader is None:
        raise Unable("no file of Python's")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    with open(full, "rb") as file:  # not by the loader: no byte code is written, none of an older file is used
        exec(compile(file.read(), full, "exec", dont_inherit=True), module.__dict__)
    return module


@contextmanager
def _standing_in(noted: list[tuple[Any, Mapping[str, Any]]]) -> Iterator[None]:
    def operator(fn: Any = None, **given: Any) -> Any:
        if fn is None:
            return lambda fn: operator(fn, **given)
        noted.append((fn, given))
        return fn

    # It stays: a function may import when it is called.
    sys.meta_path.insert(0, _Finder(operator))  # type: ignore[arg-type]
    yield


class _Nothing:
    """Stands for whatever a file takes from the package, and is of no use: whoever computes with it, or asks it, fails."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Nothing()

    def __call__(self, *_args: Any, **_more: Any) -> Any:
        return _Nothing()

    def __getitem__(self, _key: Any) -> Any:
        return _Nothing()

    def __setitem__(self, _key: Any, _value: Any) -> None:
        """As if it were kept."""

    def __bool__(self) -> bool:
        raise TypeError("nothing is known of it")


class _Finder:
    """Finds a module `axiomkd`, and any below it, none of which is part of the package."""

    def __init__(self, operator: Callable[..., Any]) -> None:
        self._operator = operator

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        return ModuleSpec(name, self, is_package=True) if name.partition(".")[0] == NAME else None  # type: ignore[arg-type]

    def create_module(self, _spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        nothing = _Nothing()
        module.__getattr__ = lambda name: getattr(nothing, name)  # type: ignore[method-assign]
        if module.__name__ == NAME:
            module.operator = self._operator  # type: ignore[attr-defined]
