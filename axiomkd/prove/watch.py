"""Whether a function asks for the value of a size that has none: the answer at symbolic sizes would be no answer for all.

JAX answers `K == 3` with False where K is symbolic, in silence; a function that branches on it was traced for other sizes
only. While it is traced, the comparisons, hashes, truth values, texts and conversions of symbolic sizes are watched, and those
that the function itself makes are noted. What JAX asks itself it knows how to ask, but for functions that answer by the shape.
What cannot be watched shows in that other instructions run at fixed sizes (`followed`).
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import jax
import numpy as np
from jax import export
from jax.core import Tracer

from axiomkd.core.package import PACKAGE
from axiomkd.tracing import student
from axiomkd.tracing.askers import like_numbers, of_the_user

# The reading of losses asks as JAX does: whatever the answer, what it makes of it holds at every size.
JAX_FOLDERS = tuple(str(Path(module.__file__ or "").parent) for module in (jax, student))
TYPES: Any = type(jax.typeof(1.0))
OURS = str(PACKAGE)
SIZE: type = type(export.symbolic_shape("C")[0])
# Code that passes on what others ask: the next frame below it counts.
THROUGH = (sysconfig.get_paths()["stdlib"], str(Path(np.__file__).parent), "opt_einsum", "<")
# JAX functions that answer by the shape alone, and raise nothing.
BY_SHAPE = ("array_equal", "array_equiv")
# Methods by which JAX compares values that have sizes in them.
COMPARING = ("__eq__", "__ne__", "__hash__", "__contains__", "__lt__", "__le__", "__gt__", "__ge__")
# What tells a size to whoever asks: its text, and its value as a number.
TEXTS = ("__str__", "__repr__", "__format__")
TELLING = (*TEXTS, "__int__", "__index__", "__float__")


@contextmanager
def watched(size: Any, least: int, fn: Any) -> Iterator[list[str]]:
    """A list that fills with the places at which user code asks for the value of a symbolic size, or for an attribute of it; of its
    kind it is told that of a number.

    `size` is one such size, `least` the smallest that any may be: that it is not below has an answer. `fn` is what is traced.
    """
    kind: Any = type(size)
    asked: list[str] = []
    # A type of JAX's has a shape in it, and there is one object of each.
    watching = {(kind, name): method for name, method in _watching(kind, least, asked).items()}
    watching |= {(TYPES, name): method for name, method in _of_types(asked).items()}
    own = {(kind, name): kind.__dict__.get(name) for kind, name in watching}
    with like_numbers({kind: int}, fn, lambda: asked.append(_users_line())):
        for (kind, name), method in watching.items():
            setattr(kind, name, method)
        try:
            yield asked
        finally:
            for (kind, name), method in own.items():
                if method is None:
                    delattr(kind, name)
                else:
                    setattr(kind, name, method)


def _of_types(asked: list[str]) -> dict[str, Callable[..., Any]]:
    """How JAX's types are compared and hashed, each noting that the user's code did it itself."""
    equal, hashed = TYPES.__eq__, TYPES.__hash__

    def same(self: Any, other: Any) -> Any:
        if self is not other and of_the_user(sys._getframe(1)):
            asked.append(_users_line())
        return equal(self, other)

    def number(self: Any) -> int:
        if of_the_user(sys._getframe(1)):
            asked.append(_users_line())
        return hashed(self)

    return {"__eq__": same, "__hash__": number}


def _users_line() -> str:
    """The innermost line of the user's that is running."""
    frame = sys._getframe(1)
    while frame is not None and not of_the_user(frame):
        frame = frame.f_back
    return "" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _watching(kind: Any, least: int, asked: list[str]) -> dict[str, Callable[..., Any]]:
    """The methods of the sizes' class that tell a value, by name, each noting that it was asked before it answers."""
    equal, unequal, hashed, truth = kind.__eq__, kind.__ne__, kind.__hash__, kind.__dict__.get("__bool__")

    def watched_equal(self: Any, other: Any) -> Any:
        found = equal(self, other)
        if found is not True and not (isinstance(other, int) and other < least and _plain(self)):
            _note(asked)
        return found

    def watched_unequal(self: Any, other: Any) -> Any:
        found = unequal(self, other)
        if found is not False and not (isinstance(other, int) and other < least and _plain(self)):
            _note(asked)
        return found

    def watched_hash(self: Any) -> int:
        _note(asked)
        return hashed(self)

    def watched_bool(self: Any) -> bool:
        if not _plain(self):
            _note(asked)
        return True if truth is None else truth(self)

    def watched_text(name: str) -> Callable[..., Any]:
        plain = kind.__dict__[name]

        def told(self: Any, *rest: Any) -> Any:
            _note(asked, text=name in TEXTS)
            return plain(self, *rest)

        return told

    texts = {name: watched_text(name) for name in TELLING if name in kind.__dict__}
    return {
        **texts,
        "__eq__": watched_equal,
        "__ne__": watched_unequal,
        "__hash__": watched_hash,
        "__bool__": watched_bool,
    }


def _plain(size: Any) -> bool:
    """Whether it is a size itself, and no expression in it."""
    return str(size) in ("K", "C")


# JAX names sizes in the errors that it makes; whoever catches those is seen.
ERRORS = ("_geq_decision", "from_index", "__int__", "__index__")


def _note(asked: list[str], *, text: bool = False) -> None:
    """Note who asks. A text of an array or of its type has the text of its sizes in it, though JAX makes it."""
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if name == __file__:  # our own question
            return
        if text and name.startswith(OURS) and not of_the_user(frame):  # no text that we make reaches the user
            return
        if text and name.startswith(JAX_FOLDERS[0]):
            if frame.f_code.co_name in ERRORS or frame.f_code.co_name.startswith("make_jaxpr"):
                return
            frame = frame.f_back
            continue
        if frame.f_code.co_name in BY_SHAPE and name.startswith(JAX_FOLDERS):
            asked.append(f"`{frame.f_code.co_name}`")
            return
        if not name.startswith(THROUGH[:2]) and not name.startswith("<") and "opt_einsum" not in name:
            if not name.startswith(JAX_FOLDERS):
                asked.append(f"{name}:{frame.f_lineno}")
            elif line := _compared_by(frame):
                asked.append(line)
            return
        frame = frame.f_back


def _compared_by(frame: FrameType | None) -> str:
    """The user's line that compares two values of JAX's with sizes inside, of which one frame of JAX's is given; "" where JAX
    compares for reasons of its own. Sizes themselves, and arrays, are watched where they are compared."""
    below = frame
    while frame is not None and frame.f_code.co_filename.startswith(JAX_FOLDERS):
        below, frame = frame, frame.f_back
    if frame is None or below is None or not of_the_user(frame) or below.f_code.co_name not in COMPARING:
        return ""
    own = below.f_locals.get("self")
    return "" if isinstance(own, Tracer | SIZE) else f"{frame.f_code.co_filename}:{frame.f_lineno}"
