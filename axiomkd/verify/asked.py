"""What a function asks of sizes that have no value: each question that has not one answer at all sizes is written down.

Sizes here look like whole numbers to whoever asks for their kind, so that no code can tell them from real ones and go another
way. It judges nothing but single questions; who asks is told by the frames.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import jax
from jax import export
from jax.core import Tracer

from axiomkd.core import modules
from axiomkd.core.package import PACKAGE
from axiomkd.verify.ran import of_a_user, place

# What tells a value, besides comparisons (whatever makes it a number raises), and those functions of libraries that tell a user
# something by sizes alone.
TEXTS = ("__str__", "__repr__", "__format__")
BY_SIZE = (
    "array_equal",
    "array_equiv",
    "__eq__",
    "__ne__",
    "__hash__",
    "__contains__",
    "__lt__",
    "__le__",
    "__gt__",
    "__ge__",
)
ABOUT_KINDS = (
    "abc.py",
    "abc>",
    "numbers.py",
    "typing.py",
)  # files of the standard library that ask for the kind of a thing
OURS, JAX = str(PACKAGE), str(Path(jax.__file__ or "").parent)
# What lifts a loss to its target asks as JAX does: whatever the answer is, what it makes of it holds at every size.
ASK_AS_JAX = (str(PACKAGE / "tracing" / "student"), str(PACKAGE / "verify"))
SIZE: type = type(export.symbolic_shape("C")[0])
_TYPES: Any = type(jax.typeof(1.0))
# An error in the making names the sizes in its text; whoever then catches it is seen.
ERRORS = ("_geq_decision", "from_index", "__int__", "__index__")


def at_all_sizes(trace: Callable[[], Any], spaces: list[dict[str, Any]]) -> tuple[Any, list[str]]:
    """A trace at sizes without a value, and what is asked of them in it. `spaces` are the user's modules."""
    asked: list[str] = []
    torch = sys.modules.get("torch")
    others = [modules.attribute(torch, name) for name in ("SymInt", "SymFloat", "SymBool")]
    kinds = [SIZE, *(one for one in others if isinstance(one, type))]
    methods = {(kind, "__getattribute__"): _looks_like_a_number(kind, asked) for kind in kinds}
    methods |= {(SIZE, name): method for name, method in _telling(SIZE, asked).items()}
    # A type of JAX's has a shape in it, and there is one object of each.
    methods |= {(_TYPES, name): method for name, method in _compared(_TYPES, asked).items()}
    with _kinds_hidden(tuple(kinds), spaces), _put(methods):
        found = trace()
    return found, asked


@contextmanager
def _put(methods: dict[tuple[type, str], Any]) -> Iterator[None]:
    """These methods in the place of those that the types have."""
    before = [(kind, name, kind.__dict__.get(name)) for kind, name in methods]
    for (kind, name), method in methods.items():
        setattr(kind, name, method)
    try:
        yield
    finally:
        for kind, name, own in reversed(before):
            if own is None:
                delattr(kind, name)
            else:
                setattr(kind, name, own)


def _compared(kind: Any, asked: list[str]) -> dict[str, Callable[..., Any]]:
    equal, hashed = kind.__eq__, kind.__hash__

    def same(self: Any, other: Any) -> Any:
        frame = sys._getframe(1)
        if self is not other and of_a_user(frame):
            asked.append(place(frame.f_code, frame.f_lasti))
        return equal(self, other)

    def number(self: Any) -> int:
        frame = sys._getframe(1)
        if of_a_user(frame):
            asked.append(place(frame.f_code, frame.f_lasti))
        return hashed(self)

    return {"__eq__": same, "__hash__": number}


def _telling(kind: Any, asked: list[str]) -> dict[str, Callable[..., Any]]:
    equal, hashed = kind.__eq__, kind.__hash__

    def same(self: Any, other: Any) -> bool:
        found = equal(self, other)
        if found is not True and _asker(texts=False) and not _never(self, other):
            _note(asked, texts=False)
        return found

    def number(self: Any) -> int:
        _note(asked, texts=False)
        return hashed(self)

    def true(self: Any) -> bool:
        if not _never(self, 0):
            _note(asked, texts=False)
        return True

    def of(plain: Callable[..., Any]) -> Callable[..., Any]:
        def told(self: Any, *rest: Any) -> Any:
            _note(asked, texts=True)
            return plain(self, *rest)

        return told

    own = {name: of(kind.__dict__[name]) for name in TEXTS if name in kind.__dict__}
    return own | {
        "__eq__": same,
        "__ne__": lambda self, other: not same(self, other),
        "__hash__": number,
        "__bool__": true,
    }


def _never(size: Any, other: Any) -> bool:
    """Whether a size is nowhere that number: the difference is at least 1, or at most −1, by what JAX knows of all sizes."""
    try:
        apart = size - other
        if isinstance(apart, int):
            return apart != 0
        for least, most in ((apart, 1), (-1, apart)):
            try:
                if least >= most:
                    return True
            except Exception:  # neither is known
                continue
    except Exception:  # of another kind, which nothing is equal to
        return not isinstance(other, int | float)
    return False


def _looks_like_a_number(kind: Any, asked: list[str]) -> Callable[[Any, str], Any]:
    plain = kind.__getattribute__

    def got(self: Any, name: str) -> Any:
        frame = sys._getframe(1)
        if not of_a_user(frame) and (name != "__class__" or not frame.f_code.co_filename.endswith(ABOUT_KINDS)):
            return plain(self, name)
        if name == "__class__":
            return int
        asked.append(place(frame.f_code, frame.f_lasti))
        return plain(self, name)

    return got


def _asker(*, texts: bool) -> str:
    """The place in a user's code, or in ours around it, that a question comes from; "" where a library asks for itself."""
    frame: FrameType | None = sys._getframe(2)
    below: FrameType | None = None
    making = False
    while frame is not None and not of_a_user(frame):
        name, file = frame.f_code.co_name, frame.f_code.co_filename
        if file == __file__ and name in ("_never", "at_all_sizes"):
            return ""  # our own question, or the end of the call
        if file.startswith(ASK_AS_JAX[0]):
            return ""
        if file.startswith(OURS) and not file.startswith(ASK_AS_JAX):
            break
        making = making or name in ERRORS
        if file.startswith(JAX):
            below = frame  # in the end, that of JAX which the user's code called
        frame = frame.f_back
    if frame is None or (texts and making):
        return ""
    if below is not None and not texts:
        own = below.f_locals.get("self")
        # A size compared with another raises where there is no one answer.
        if below.f_code.co_name not in BY_SIZE or isinstance(own, Tracer | SIZE):
            return ""
    return place(frame.f_code, frame.f_lasti)


def _note(asked: list[str], *, texts: bool) -> None:
    found = _asker(texts=texts)
    if found:
        asked.append(found)


# --- kinds, asked for by `type` ----------------------------------------------------------------------------------------------


class _Kind(type):
    """The metaclass of what stands for `type` in a user's module meanwhile."""

    def __call__(cls, *args: Any, **named: Any) -> Any:
        if len(args) == 1 and not named:
            return int if type(args[0]) in cls.open else type(args[0])  # type: ignore[attr-defined]
        return type(*args, **named)

    def __instancecheck__(cls, one: Any) -> bool:
        return isinstance(one, type)


@contextmanager
def _kinds_hidden(kinds: tuple[type, ...], spaces: list[dict[str, Any]]) -> Iterator[None]:
    """`type` in these modules says of a size what it would of a number."""
    stand_in = _Kind("type", (), {"open": kinds})
    changed = [(space, "type" in space) for space in spaces if space.get("type", builtins.type) is builtins.type]
    for space, _ in changed:
        space["type"] = stand_in
    try:
        yield
    finally:
        for space, there in changed:
            if there:
                space["type"] = builtins.type
            else:
                del space["type"]
