"""Whether code is a user's, and sizes without a value that look to it like whole numbers.

A size without a value is no `int`: code that takes an entry of a table by `isinstance`, `type` or `hasattr` is other code at fixed
sizes, though the same instructions run. It knows no operator and no trace.
"""

from __future__ import annotations

import builtins
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

from axiomkd.core import modules
from axiomkd.core.package import PACKAGE

ZOO = str(PACKAGE / "zoo")
# Libraries that operators are written in, and those that these ask; looked up without being imported.
NAMES = (
    "jax",
    "jaxlib",
    "numpy",
    "scipy",
    "torch",
    "torchgen",
    "functorch",
    "sympy",
    "mpmath",
    "networkx",
    "typing_extensions",
)

OWN = ("node", "__torch_function__")  # what torch's own parts ask of a size: what it is, and how functions take it


def _place(module: str) -> str:
    """The folder or the file of a library that may not be installed; a path of no file then."""
    spec = find_spec(module)
    origin = Path(spec.origin) if spec is not None and spec.origin else Path("/nowhere", module)
    return str(origin.parent if origin.stem == "__init__" else origin)


@cache
def libraries() -> tuple[str, ...]:
    """Where code lies that is no user's."""
    return (sysconfig.get_paths()["stdlib"], *map(_place, NAMES), str(PACKAGE), "<frozen")


@cache
def is_users(file: str) -> bool:
    """Whether a file holds a user's code: no library's and not ours, but for the operators of the zoo."""
    return file.startswith(ZOO) or not (file.startswith(libraries()) or "opt_einsum" in file)


def of_the_user(frame: FrameType) -> bool:
    """Whether code is neither a library's nor ours; an operator of the zoo is a user's."""
    name = frame.f_code.co_filename
    if name.startswith("<"):  # made from text: that of a named tuple or of a data class is its module's
        module = str(frame.f_globals.get("__name__", ""))
        name = getattr(sys.modules.get(module), "__file__", None) or ("" if module.startswith("namedtuple_") else name)
        if not name:
            return False
    return is_users(name)


@contextmanager
def like_numbers(kinds: Mapping[type, type], fn: Any, note: Callable[[], None]) -> Iterator[None]:
    """Values of these kinds seem to users' code to be of the kinds of numbers beside them, whether it asks `isinstance` or `type`,
    under any name that `type` has in a module: it then goes the way that it goes at fixed sizes. `note` is called each time that
    it asks for another attribute. `fn` is what will be called."""
    own = [kind for kind in kinds if "__getattribute__" in kind.__dict__]
    before = {kind: kind.__getattribute__ for kind in kinds}
    stand_in = _Kind("type", (), {"kinds": dict(kinds)})
    spaces = _spaces(fn)
    changed = [(space, name, value) for space in spaces for name, value in space.items() if _is_type(value)]
    put = [space for space in spaces if "type" not in space]
    for kind, seen in kinds.items():
        kind.__getattribute__ = _noting(kind.__getattribute__, seen, note)  # type: ignore[method-assign]
    for space, name, _ in changed:
        space[name] = stand_in
    for space in put:
        space["type"] = stand_in
    try:
        yield
    finally:
        for space, name, value in changed:
            space[name] = value
        for space in put:
            space.pop("type", None)
        for kind in kinds:
            if kind in own:
                kind.__getattribute__ = before[kind]  # type: ignore[method-assign]
            else:
                del kind.__getattribute__


def _noting(plain: Callable[[Any, str], Any], seen: type, note: Callable[[], None]) -> Callable[[Any, str], Any]:
    def found(self: Any, name: str) -> Any:
        frame = sys._getframe(1)
        if not of_the_user(frame):
            return plain(self, name)
        if name == "__class__":
            return seen
        # What a library in C asks of its own value seems to come from the line that called it.
        code = frame.f_code
        if name not in OWN or name in code.co_names or name in code.co_consts:
            note()
        return plain(self, name)

    return found


class _Kind(type):
    """The class of what stands for `type` in users' modules meanwhile."""

    def __call__(cls, *args: Any, **named: Any) -> Any:
        if len(args) == 1 and not named:
            return cls.kinds.get(type(args[0]), type(args[0]))  # type: ignore[attr-defined]
        return type(*args, **named)

    def __instancecheck__(cls, one: Any) -> bool:
        return isinstance(one, type)

    def __subclasscheck__(cls, kind: Any) -> bool:
        return kind is cls or issubclass(kind, type)

    def __eq__(cls, other: Any) -> bool:
        return other is cls or other is type

    def __hash__(cls) -> int:
        return hash(type)


def _is_type(value: Any) -> bool:
    """Whether it is `type`, or stands for it already: one language's sizes are traced inside another's."""
    return value is builtins.type or type(value) is _Kind


def _spaces(fn: Any) -> list[dict[str, Any]]:
    """The names that users' code sees: of their modules, and of a function in none of them."""
    found = {
        id(held): held
        for name, module in modules.everything()
        if (file := modules.file(module)) and is_users(file) and isinstance(held := modules.held(module), dict)
    }
    while fn is not None:
        own = getattr(fn, "__globals__", None)
        if isinstance(own, dict) and is_users(str(own.get("__file__") or "<text>")):
            found[id(own)] = own
        fn = getattr(fn, "__wrapped__", None) or getattr(fn, "func", None)
    return list(found.values())
