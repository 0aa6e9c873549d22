"""Which of a function's own instructions run while it is traced, and which exceptions it swallows on the way.

A trace at symbolic sizes stands for fixed ones only if the same instructions run there. `isinstance(n, int)`, a fallback after
`except TypeError`, a comparison that JAX makes within: however a branch on a size is spelled, it shows here without being known.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

from axiomkd.core.package import PACKAGE
from axiomkd.prove.collector import uncollected
from axiomkd.tracing.askers import of_the_user

IMPORT, OURS = "<frozen importlib", str(PACKAGE)
# What ends a loop over an iterator, and no answer to a question about sizes.
ENDS = (StopIteration, GeneratorExit, StopAsyncIteration)


@dataclass
class Followed:
    """`ran`: the offsets that ran of each of the user's code objects; `swallowed`: where an exception went by, in order."""

    ran: dict[CodeType, set[int]] = field(default_factory=dict)
    swallowed: list[str] = field(default_factory=list)


@contextmanager
def followed() -> Iterator[Followed]:
    """What runs until the block ends. A debugger or a coverage tool that traces is interrupted meanwhile; so is the collector
    of cycles, which calls finalizers and other libraries' callbacks in the midst of whatever runs."""
    found, before = Followed(), sys.gettrace()

    def inside(frame: FrameType, event: str, arg: Any) -> Any:
        if event == "opcode":
            found.ran[frame.f_code].add(frame.f_lasti)
        elif event == "exception" and not issubclass(arg[0], ENDS):
            found.swallowed.append(f"{frame.f_code.co_filename}:{frame.f_lineno}")
        return inside

    def outside(frame: FrameType, _event: str, _arg: Any) -> Any:
        if not of_the_user(frame) or _imported(frame):
            return None
        found.ran.setdefault(frame.f_code, set())
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return inside

    with uncollected():
        sys.settrace(outside)
        try:
            yield found
        finally:
            sys.settrace(before)


def _imported(frame: FrameType) -> bool:
    """Whether an import calls it: finders of others, and the modules themselves, run the first time and not the second."""
    one = frame.f_back
    while one is not None and not one.f_code.co_filename.startswith(OURS):
        if one.f_code.co_filename.startswith(IMPORT):
            return True
        one = one.f_back
    return False


def otherwise(one: Followed, other: Followed) -> str | None:
    """A line that runs in one of two traces and not in the other; None where there is none.

    A function that did not run at all in the other one may have been traced before, and be remembered by JAX: that says nothing.
    """
    if line := differing(one, other):
        return line
    new = next((code for code in other.ran if code not in one.ran), None)
    return None if new is None else f"{new.co_filename}:{new.co_firstlineno}"


def differing(one: Followed, other: Followed) -> str | None:
    """The same of what runs in both: of functions that run in one alone nothing is said."""
    for code, offsets in one.ran.items():
        if code in other.ran and (apart := offsets ^ other.ran[code]):
            return f"{code.co_filename}:{_line(code, min(apart))}"
    return None


def _line(code: CodeType, offset: int) -> int:
    return next((line for start, end, line in code.co_lines() if start <= offset < end and line), code.co_firstlineno)
