"""Which instructions of a user's code run while it is called, and where an exception goes by unseen.

A branch on a size, on the kind of what it is given, or on an exception shows as other instructions, however it is spelled. It
knows no size and no operator.
"""

from __future__ import annotations

import gc
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from axiomkd.core.package import PACKAGE

ITERATED = (StopIteration, StopAsyncIteration, GeneratorExit)  # how a loop ends, and no answer to anything
ZOO = str(PACKAGE / "zoo")
OTHERS = (
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
    "opt_einsum",
)


@dataclass
class Ran:
    """`at`: the offsets that ran, of each code object of the user's; `caught`: where exceptions came by, the first first; `spaces`:
    the names that this code sees, by module."""

    at: dict[CodeType, set[int]] = field(default_factory=dict)
    caught: list[str] = field(default_factory=list)
    spaces: dict[int, dict[str, Any]] = field(default_factory=dict)

    def unlike(self, other: Ran) -> str:
        """A line that ran in one of two calls and not in the other, "" where there is none. What ran in the first alone may be
        remembered by JAX in the second."""
        return self.differs(other) or next((place(code, 0) for code in other.at if code not in self.at), "")

    def differs(self, other: Ran) -> str:
        """The same, of the code that ran in both."""
        for code, mine in self.at.items():
            theirs = other.at.get(code)
            if theirs is not None and mine != theirs:
                return place(code, min(mine ^ theirs))
        return ""

    def beside(self, other: Ran) -> Ran:
        """What ran in either of two calls."""
        return Ran({code: self.at.get(code, set()) | other.at.get(code, set()) for code in {**self.at, **other.at}})


@cache
def folders() -> tuple[str, ...]:
    """Where code lies that is no user's: the standard library, the libraries that operators are written in, and ours."""
    specs = [find_spec(name) for name in (*OTHERS, "typing_extensions")]
    found = [Path(one.origin) for one in specs if one is not None and one.origin]
    own = [str(path.parent) if path.stem == "__init__" else str(path) for path in found]
    return (sysconfig.get_paths()["stdlib"], str(PACKAGE), *own)


def of_a_user(frame: FrameType) -> bool:
    """Whether code is neither a library's nor ours. Code made from text is its module's, and an operator of the zoo a user's."""
    file = frame.f_code.co_filename
    if not file.startswith("<"):
        return _users(file)
    if file.startswith("<frozen"):
        return False
    module = str(frame.f_globals.get("__name__", ""))
    return not module.startswith("namedtuple_") and _users(getattr(sys.modules.get(module), "__file__", None) or file)


@cache
def _users(file: str) -> bool:
    return file.startswith(ZOO) or not file.startswith(folders())


def _imports(frame: FrameType) -> bool:
    """Whether it is Python's import that calls, from inside of our call: finders of others, and modules that are made, once."""
    above = frame.f_back
    while above is not None and not above.f_code.co_filename.startswith(str(PACKAGE)):
        if above.f_code.co_filename.startswith("<frozen importlib"):
            return True
        above = above.f_back
    return False


def place(code: CodeType, offset: int) -> str:
    """A line of code as a message names it."""
    line = next((line for start, end, line in code.co_lines() if start <= offset < end and line), code.co_firstlineno)
    return f"{Path(code.co_filename).name}:{line}"


@contextmanager
def following() -> Iterator[Ran]:
    """What runs until the block ends. Whoever else follows the interpreter is interrupted meanwhile, and so is the collector of
    cycles, which calls what it likes."""
    found, before, collects = Ran(), sys.gettrace(), gc.isenabled()

    def within(frame: FrameType, event: str, arg: Any) -> Any:
        if event == "opcode":
            found.at[frame.f_code].add(frame.f_lasti)
        elif event == "exception" and not issubclass(arg[0], ITERATED):
            found.caught.append(place(frame.f_code, frame.f_lasti))
        return within

    def entered(frame: FrameType, _event: str, _arg: Any) -> Any:
        if not of_a_user(frame) or _imports(frame):
            return None
        found.at.setdefault(frame.f_code, set())
        found.spaces.setdefault(id(frame.f_globals), frame.f_globals)
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        return within

    gc.disable()
    sys.settrace(entered)
    try:
        yield found
    finally:
        sys.settrace(before)
        if collects:
            gc.enable()
