"""What the value of an option may be: each function gives it as a check takes it, or raises UsageError.

`key` is what the option is called where it was given; the message names it, the value, and what is allowed. No option is named
here: which of them is what stands in `options`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from axiomkd.core.errors import UsageError

LONGEST = 200  # characters of a value that a message shows


def brief(value: Any) -> str:
    """A value as text, cut where it is long."""
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


@dataclass(frozen=True)
class Baseline:
    """A committed report whose violations are known, with the reason and the last day for all of them.

    The targets in it are those of `folder`, from which it was written.
    """

    file: str
    reason: str = ""
    until: date | None = None
    folder: str = "."


def baseline(key: str, value: Any) -> Baseline:
    """A file, or a table of file, reason and until. Raises UsageError."""
    if isinstance(value, str):
        return Baseline(value)
    allowed = ("file", "reason", "until")
    if not isinstance(value, Mapping) or not isinstance(value.get("file"), str) or set(value) - set(allowed):
        raise _bad(key, value, 'a file, or a table such as {file = "baseline.json", reason = "…", until = 2027-03-31}')
    return Baseline(
        value["file"], text(f"{key}.reason", value.get("reason", "")), day(f"{key}.until", value.get("until"))
    )


def sizes(key: str, value: Any) -> tuple[int, ...]:
    """Sizes from `3`, `[2, 3]`, "2,3,5" or "2-5". Raises UsageError."""
    if isinstance(value, int) and not isinstance(value, bool):
        found = [value]
    elif isinstance(value, str):
        found = [n for part in value.split(",") for n in _span(key, value, part.strip())]
    elif isinstance(value, list | tuple) and all_of(value, int):
        found = list(value)
    else:
        raise _bad(key, value, 'sizes such as 3, "2,3,5" or "2-5"')
    lowest, highest = 2, 64 if key == "K" else 1000
    if not found or not all(lowest <= n <= highest for n in found):
        raise _bad(key, value, f"sizes from {lowest} to {highest}")
    return tuple(dict.fromkeys(found))


def _span(key: str, value: str, part: str) -> Iterable[int]:
    match = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", part)
    if not match:
        raise _bad(key, value, 'sizes such as "2,3,5" or "2-5"')
    low, high = int(match[1]), int(match[2] or match[1])
    if low > high or high > 1000:
        raise _bad(key, value, "ranges from low to high, up to 1000")
    return range(low, high + 1)


def all_of(value: Any, kind: type) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, kind) and not isinstance(one, bool) for one in value)


def _bad(key: str, value: Any, allowed: str) -> UsageError:
    return UsageError(f"{key}: {brief(value)} will not do; give {allowed}.")


def one_of(*allowed: str) -> Callable[[str, Any], str]:
    def check(key: str, value: Any) -> str:
        if value not in allowed:
            raise UsageError(f"{key}: {brief(value)} is not one of {', '.join(allowed)}.")
        return value

    return check


def some_of(*allowed: str) -> Callable[[str, Any], tuple[str, ...]]:
    def check(key: str, value: Any) -> tuple[str, ...]:
        values = [value] if isinstance(value, str) else value
        if not all_of(values, str):
            raise _bad(key, value, f"a list of {', '.join(allowed)}")
        return tuple(one_of(*allowed)(key, one) for one in values)

    return check


def text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _bad(key, value, "a text")
    return value


def texts(key: str, value: Any) -> tuple[str, ...]:
    values = (value,) if isinstance(value, str) else value
    if not all_of(values, str):
        raise _bad(key, value, "a list of texts")
    return tuple(values)


def truth(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _bad(key, value, "true or false")
    return value


def whole(lowest: int, highest: int = 2**31 - 1) -> Callable[[str, Any], int]:
    def check(key: str, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < lowest:
            raise _bad(key, value, f"a whole number, at least {lowest}")
        if value > highest:
            raise _bad(key, value, f"a whole number, at most {highest}")
        return value

    return check


def seconds(key: str, value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < float("inf"):
        raise _bad(key, value, "a positive number of seconds")
    return float(value)


def room(key: str, value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 1:
        raise _bad(key, value, "a number from 0 to 1, such as 1e-6: by how much a claim may fail and still hold")
    return float(value)


def day(key: str, value: Any) -> date | None:
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        return date.fromisoformat(text(key, value))
    except (UsageError, ValueError):
        raise _bad(key, value, "a date such as 2027-03-31") from None
