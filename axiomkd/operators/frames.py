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
    full = _full(file)
    return not full.startswith((_PACKAGE, *_LIBRARIES)) and f"{os.sep}site-packages{os.sep}" not in full


def _full(file: str) -> str:
    try:
        return os.path.abspath(file)
    except OSError:  # the working folder is gone, and the name is relative to it
        return file


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
        path = _full(frame.filename)
        if path.startswith(_PACKAGE) and not path.startswith(_ZOO):
            return (os.path.basename(frame.filename), frame.name) not in _CALLS
    return True


LONGEST = 2_000  # characters of what an exception says: more is no message
FRAMES = 20  # lines of the user's that a traceback shows, from each end where there are more


def said(e: BaseException) -> str:
    """`ValueError: text`, whatever the exception's own methods do: they are the user's code, and may raise, or return a gigabyte
    or what cannot be written."""
    return f"{named(e)}: {text_of(e)}"


def named(e: BaseException) -> str:
    """The name of an exception's class, past whatever a metaclass of the user's says."""
    return _written(type.__dict__["__name__"].__get__(type(e)))


def text_of(e: BaseException) -> str:
    """What an exception says, so far as it can be written, and no more of it than a reader wants."""
    try:
        return _written(str(e))
    except BaseException as other:  # whatever comes out of a __str__ of the user's
        return f"(its text cannot be told: __str__ raised {named(other)})"


def _written(text: str) -> str:
    size, text = len(text), str.__getitem__(text, slice(0, LONGEST))  # of a subclass, too
    more = f"… ({size:,} characters)" if size > LONGEST else ""
    return text.encode("utf-8", "backslashreplace").decode() + more


def user_frames(e: BaseException) -> list[traceback.FrameSummary]:
    return [frame for frame in traceback.extract_tb(e.__traceback__) if is_users(frame.filename)]


def user_traceback(e: BaseException) -> str:
    """The exception with the user's frames only, paths relative to the working folder; "" where there is none."""
    frames = user_frames(e)
    if not frames:
        return ""
    if len(frames) > 2 * FRAMES:
        frames = [*frames[:FRAMES], *frames[-FRAMES:]]
    shown = [traceback.FrameSummary(shorten(f.filename), f.lineno, f.name, line=_written(f.line or "")) for f in frames]
    return f"{''.join(traceback.format_list(shown))}{said(e)}\n"


def line_in(e: BaseException, file: str) -> int | None:
    """The innermost line of `file` that the exception went through."""
    lines = [f.lineno for f in traceback.extract_tb(e.__traceback__) if f.filename == file and f.lineno]
    return lines[-1] if lines else None


def shorten(path: str) -> str:
    """The path relative to the working folder where it lies below it, else as it is."""
    try:
        relative = os.path.relpath(path)
    except (ValueError, OSError):  # the working folder may be gone
        return path
    return path if relative.startswith(os.pardir) else relative
