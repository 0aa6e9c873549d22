"""Texts that somebody else wrote, made fit for a terminal, a log and a page: nothing in them acts, all of it can be read.

Control sequences move a terminal's cursor and paint over lines; a line that begins with `::` is a command to GitHub's runner, and
`##[` to older ones; marks of direction make a line read as another. It knows no report.
"""

from __future__ import annotations

import json
import re
from typing import Any

_ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_COMMAND = re.compile(r"^([^\S\n]*)::|##\[", re.MULTILINE)
# The same as they may stand in JSON: escapes of any kind, and what is not escaped.
_IN_JSON = re.compile(
    rb"\\[ubfr]|\x7f|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]|(?:\"|\\n|\\t|\s)::|##\["
)


def text(given: str) -> str:
    """The text with what would act written out: `\\x1b`, `\\::error::`."""
    shown = _ACTS.sub(lambda found: _escaped(found[0]), given.replace("\r\n", "\n"))
    return _COMMAND.sub(lambda found: f"{found[1]}\\::" if found[1] is not None else "#\\#[", shown)


def _escaped(one: str) -> str:
    return f"\\x{ord(one):02x}" if ord(one) < 256 else f"\\u{ord(one):04x}"


def document(given: str) -> str:
    """A JSON document with every text in it made harmless. What is none stays as it is: who reads it says so."""
    if not suspect(given.encode("utf-8", "replace")):
        return given
    try:
        return json.dumps(value(json.loads(given)))
    except (ValueError, RecursionError):
        return given


def value(given: Any) -> Any:
    """A plain JSON value with every text in it made harmless, keys too."""
    match given:
        case str():
            return text(given)
        case dict():
            return {text(key): value(one) for key, one in given.items()}
        case list():
            return [value(one) for one in given]
    return given


def suspect(document: bytes) -> bool:
    """Whether texts in a JSON document have to be looked at one by one: few have."""
    return _IN_JSON.search(document) is not None
