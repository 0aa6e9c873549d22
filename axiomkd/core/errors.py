"""What a user did that the checker cannot go on from. Each text names the culprit, shows the value and says what to do."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from axiomkd.core.verdict import Witness


class UsageError(Exception):
    """The command or the call cannot run as given (exit code 2): a bad argument, a file that cannot be loaded."""


class LoadError(UsageError):
    """A target could not be turned into operators. `details` is the user's own traceback, cut to the user's frames."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class Failed(LoadError):
    """This package itself failed on a target, which says nothing about the target. `details` is the traceback."""


class Lost(UsageError):
    """What the operators of a run are checked on is gone: none of them can be checked any more, and no one of them is at fault."""


_SHORT = {
    errno.EMFILE: "Let it open more files (`ulimit -n`), or take fewer --jobs.",
    errno.ENFILE: "The whole system has too many files open.",
    errno.ENOSPC: "Make room on that disk.",
    errno.EDQUOT: "Make room on that disk.",
    errno.EFBIG: "Let it write files (`ulimit -f`).",
    errno.EROFS: "It needs a folder that it can write to: set TMPDIR to one.",
    errno.ENOMEM: "Free some memory, or take fewer --jobs.",
    errno.EAGAIN: "Let it start more processes (`ulimit -u`), or take fewer --jobs.",
}


def shortage(e: OSError) -> str:
    """What the system is out of and what to do about it, in a sentence; "" where the error is of another kind."""
    if e.errno == errno.ENOENT and "temporary directory" in str(e):
        return "no temporary folder can be written to. Set TMPDIR to one, and let it write files (`ulimit -f`)."
    where = f" ({e.filename})" if isinstance(e.filename, str) else ""
    return f"the system refuses: {e.strerror}{where}. {_SHORT[e.errno]}" if e.errno in _SHORT else ""


class Misbehaviour(Exception):
    """The operator broke the rules of an operator at a point of the interior: the verdict is `error`.

    `point` holds the inputs of the call as nested lists of floats, so that a reproducer can be printed.
    """

    def __init__(self, message: str, point: dict[str, Any] | None = None, details: str = "") -> None:
        super().__init__(message)
        self.point = point
        self.details = details


class Clash(Exception):
    """A proof and an exactly confirmed counterexample of one reading: never the operator's fault, always this package's.

    `reading` is its name, `details` are lines that show both sides, `witness` is the counterexample.
    """

    def __init__(self, reading: str, message: str, details: str, witness: Witness) -> None:
        super().__init__(message)
        self.reading = reading
        self.details = details
        self.witness = witness


class AxiomViolation(AssertionError):
    """Raised by `assert_valid`: the text is the witness. `report` is the whole report."""

    def __init__(self, message: str, report: object = None) -> None:
        super().__init__(message)
        self.report = report
