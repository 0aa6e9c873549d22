"""Tracebacks as the user should see them: the user's own frames, nothing of this package and nothing of the libraries.

It knows where code lives, not what it does.
"""

from __future__ import annotations

import os
import sysconfig
import traceback

from axiomkd.core.package import PACKAGE

_PACKAGE = str(PACKAGE) + os.sep
_ZOO = _PACKAGE + "zoo" + os.sep  # operators like any other: users call them, and may do it wrongly
_LIBRARIES = tuple({sysconfig.get_path(key) + os.sep for key in ("stdlib", "platstdlib", "purelib", "platlib")})


def is_users(file: str) -> bool:
    """Whether a file name in a traceback is the user's: not generated, not a library's, not this package's."""
    if file.startswith("<"):
        return False
    full = os.path.abspath(file)
    return not full.startswith((_PACKAGE, *_LIBRARIES)) and f"{os.sep}site-packages{os.sep}" not in full


# Where this package calls an operator: what is raised inside is the operator's, though a library has raised it.
_CALLS = {
    ("recorder.py", "recorded"),
    ("evaluate.py", "plain"),
    ("evaluate.py", "raw"),
    ("evaluate.py", "_object_call"),
}


def is_ours(e: BaseException) -> bool:
    """Whether an exception came out of this package, or out of a library that it had called, and not out of user code."""
    for frame in reversed(traceback.extract_tb(e.__traceback__)):
        if is_users(frame.filename):
            return False
        path = os.path.abspath(frame.filename)
        if path.startswith(_PACKAGE) and not path.startswith(_ZOO):
            return (os.path.basename(frame.filename), frame.name) not in _CALLS
    return True


def user_frames(e: BaseException) -> list[traceback.FrameSummary]:
    return [frame for frame in traceback.extract_tb(e.__traceback__) if is_users(frame.filename)]


def user_traceback(e: BaseException) -> str:
    """The exception with the user's frames only, paths relative to the working folder; "" where there is none."""
    frames = user_frames(e)
    if not frames:
        return ""
    shown = [traceback.FrameSummary(shorten(f.filename), f.lineno, f.name, line=f.line) for f in frames]
    return "".join([*traceback.format_list(shown), *traceback.format_exception_only(e)])


def line_in(e: BaseException, file: str) -> int | None:
    """The innermost line of `file` that the exception went through."""
    lines = [f.lineno for f in traceback.extract_tb(e.__traceback__) if f.filename == file and f.lineno]
    return lines[-1] if lines else None


def shorten(path: str) -> str:
    """The path relative to the working folder where it lies below it, else as it is."""
    try:
        relative = os.path.relpath(path)
    except ValueError:
        return path
    return path if relative.startswith(os.pardir) else relative
