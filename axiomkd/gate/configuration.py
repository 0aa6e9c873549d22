"""Options that stand in pyproject.toml under [tool.axiomkd]: found, read, checked. The command line wins over them.

It knows the names of options and what they allow, not what they do.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from axiomkd import axioms
from axiomkd.core.errors import UsageError
from axiomkd.core.expected import Expected
from axiomkd.core.formats import FORMATS
from axiomkd.core.settings import EFFORTS, Settings
from axiomkd.core.softener import SOFTENERS

DEVICES = ("cpu", "gpu")
LONGEST = 200  # characters of a value that a message shows
ALLOWED = ("fragile", "inconclusive")
IN_FULL = "violations are expected, and behind one of them a new one could hide: every operator is checked in full."
Profiles = Mapping[str, Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Configuration:
    """What a pyproject.toml asks for: `options` by name, the user's own profiles, the violations that are expected."""

    options: Mapping[str, Any] = field(default_factory=dict)
    profiles: Profiles = field(default_factory=dict)
    expected: tuple[Expected, ...] = ()


def find(start: Path | None = None) -> Path | None:
    """The nearest pyproject.toml, from the working folder upwards."""
    here = (start or Path.cwd()).resolve()
    return next((one for folder in (here, *here.parents) if (one := folder / "pyproject.toml").is_file()), None)


def read(path: Path | None) -> Configuration:
    """The [tool.axiomkd] table of a file. Raises UsageError naming the file, the key and what is allowed."""
    if path is None:
        return Configuration()
    try:
        written = path.read_text(encoding="utf-8")
        table = tomllib.loads(written)
    except RecursionError:
        raise UsageError(f"{path.name}: cannot be read (it is nested too deeply).") from None
    except (OSError, ValueError) as e:  # bytes that are no text, no TOML, a number of thousands of digits
        raise UsageError(f"{path.name}: cannot be read ({e}).") from None
    table = _within(_within(table, "tool", path.name), "axiomkd", path.name)
    try:
        _own_names(table.get("profiles", {}), written)
        return _placed(checked(table), path.parent)
    except UsageError as e:
        raise UsageError(f"{path.name}, [tool.axiomkd]: {e}") from None


def _within(table: Mapping[str, Any], key: str, file: str) -> Mapping[str, Any]:
    found = table.get(key, {})
    if not isinstance(found, Mapping):
        raise UsageError(f"{file}: {key} = {_brief(found)} must be a table: options stand below [tool.axiomkd].")
    return found


def _brief(value: Any) -> str:
    """A value as text, cut where it is long."""
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


SINCE = {
    "classical": "it is what was called paper before",
    "promises": "it asks for the guarantees that the paper derives",
}
"""Built-in profiles that a project may have had as its own before they came to be."""


def _own_names(profiles: Any, written: str) -> None:
    """Raises UsageError, with the line, where a profile of the file has the name of a built-in one: it would not be told in a
    report which of the two was meant."""
    for name in profiles if isinstance(profiles, Mapping) else ():
        if name in axioms.PROFILES:
            raise UsageError(_taken(f"profiles.{name}{_at_line(name, written)}", name))


def _at_line(name: str, written: str) -> str:
    """Where in the file a profile begins, as a table of its own or within another one; "" where that is not found."""
    quoted = rf"""["']?{re.escape(name)}["']?"""
    forms = (
        rf"\[\s*tool\s*\.\s*axiomkd\s*\.\s*profiles\s*\.\s*{quoted}\s*[.\]]",
        rf"(?:profiles\s*\.\s*)?{quoted}\s*[.=]",
    )
    for form in forms:
        for n, line in enumerate(written.splitlines(), 1):
            if re.match(rf"\s*{form}", line):
                return f" (line {n})"
    return ""


def _taken(where: str, name: str) -> str:
    about = f", new in this version: {SINCE[name]}" if name in SINCE else ""
    return (
        f"{where}: {name!r} is a built-in profile{about}. Give yours another name, such as 'own-{name}', there and where it is "
        "asked for (`profile`, `--profile`, claims)."
    )


def _placed(found: Configuration, folder: Path) -> Configuration:
    """The files that are read, from where the configuration stands: a command may be given in a folder below."""
    options = dict(found.options)
    if "baseline" in options:
        options["baseline"] = replace(
            options["baseline"],
            file=os.path.relpath(folder / options["baseline"].file),
            folder=os.path.relpath(folder),
        )
    if "targets" in options:
        options["targets"] = tuple(from_here(folder, one) for one in options["targets"])
    expected = tuple(replace(one, target=from_here(folder, one.target)) for one in found.expected)
    return replace(found, options=options, expected=expected)


def from_here(folder: Path, target: str) -> str:
    """A target as seen from `folder`, as seen from the working folder."""
    where, separator, name = target.partition("::")
    if not where.endswith(".py") and not (folder / where).is_dir():
        return target
    return os.path.relpath(folder / where) + (os.sep if where.endswith("/") else "") + separator + name


def checked(table: Mapping[str, Any]) -> Configuration:
    """The table with every value of its type. Raises UsageError naming the key and what is allowed."""
    profiles = _profiles(table.get("profiles", {}))
    options = {}
    for key, value in table.items():
        if key in ("profiles", "expected"):
            continue
        if key not in _KEYS:
            raise UsageError(f"no option {key!r}; there are {', '.join(_KEYS)}, profiles, expected.")
        options[key] = _KEYS[key](key, value)
    if "profile" in options:
        axioms.profile(options["profile"], profiles)
    return Configuration(options, profiles, _expected(table.get("expected", [])))


def _profiles(table: Any) -> Profiles:
    if not isinstance(table, Mapping):
        raise UsageError(
            "profiles must be tables [tool.axiomkd.profiles.NAME]: each axiom with a reading or a list of them."
        )
    out = {}
    for name, requires in table.items():
        if not isinstance(requires, Mapping) or not requires:
            raise UsageError(f"profiles.{name} must be a table axiom = reading or list of readings.")
        if name in axioms.PROFILES:
            raise UsageError(_taken(f"profiles.{name}", name))
        for axiom, readings in requires.items():
            if not isinstance(readings, str) and not _all(readings, str):
                raise UsageError(
                    f"profiles.{name}.{axiom} = {_brief(readings)} must be a reading or a list of readings."
                )
        out[name] = axioms.checked(f"profiles.{name}", requires, axioms.NAMES)
    return out


def _expected(entries: Any) -> tuple[Expected, ...]:
    if not isinstance(entries, list) or not all(isinstance(one, Mapping) for one in entries):
        raise UsageError("expected must be tables [[tool.axiomkd.expected]], each with target, reading and reason.")
    return tuple(_one_expected(f"expected, entry {n}", one) for n, one in enumerate(entries, 1))


def _one_expected(where: str, entry: Mapping[str, Any]) -> Expected:
    allowed = ("target", "reading", "reason", "until")
    for key in entry:
        if key not in allowed:
            raise UsageError(f"{where}: no key {key!r}; there are {', '.join(allowed)}.")
    for key in allowed[:3]:
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise UsageError(f"{where}: {key} is missing or not a text. Give target, reading and reason.")
    try:
        reading = axioms.reading_id(entry["reading"])
    except UsageError as e:
        raise UsageError(f"{where}: {e}") from None
    return Expected(entry["target"], reading, entry["reason"], until=_day(f"{where}: until", entry.get("until")))


def _day(key: str, value: Any) -> date | None:
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        return date.fromisoformat(text(key, value))
    except (UsageError, ValueError):
        raise _bad(key, value, "a date such as 2027-03-31") from None


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
        value["file"], text(f"{key}.reason", value.get("reason", "")), _day(f"{key}.until", value.get("until"))
    )


def sizes(key: str, value: Any) -> tuple[int, ...]:
    """Sizes from `3`, `[2, 3]`, "2,3,5" or "2-5". Raises UsageError."""
    if isinstance(value, int) and not isinstance(value, bool):
        found = [value]
    elif isinstance(value, str):
        found = [n for part in value.split(",") for n in _span(key, value, part.strip())]
    elif isinstance(value, list | tuple) and _all(value, int):
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


def _all(value: Any, kind: type) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, kind) and not isinstance(one, bool) for one in value)


def _bad(key: str, value: Any, allowed: str) -> UsageError:
    return UsageError(f"{key}: {_brief(value)} will not do; give {allowed}.")


def one_of(*allowed: str) -> Callable[[str, Any], str]:
    def check(key: str, value: Any) -> str:
        if value not in allowed:
            raise UsageError(f"{key}: {_brief(value)} is not one of {', '.join(allowed)}.")
        return value

    return check


def some_of(*allowed: str) -> Callable[[str, Any], tuple[str, ...]]:
    def check(key: str, value: Any) -> tuple[str, ...]:
        values = [value] if isinstance(value, str) else value
        if not _all(values, str):
            raise _bad(key, value, f"a list of {', '.join(allowed)}")
        return tuple(one_of(*allowed)(key, one) for one in values)

    return check


def text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _bad(key, value, "a text")
    return value


def texts(key: str, value: Any) -> tuple[str, ...]:
    values = (value,) if isinstance(value, str) else value
    if not _all(values, str):
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


_KEYS: dict[str, Callable[[str, Any], Any]] = {
    "profile": text,
    "reading": texts,
    "effort": one_of(*EFFORTS),
    "budget": seconds,
    "softener": one_of(*SOFTENERS),
    "seed": whole(0, 2**63 - 1),
    "guarantees": truth,
    "fail_fast": truth,
    "tolerance": room,
    "precision": truth,
    "verify": truth,
    "K": sizes,
    "C": sizes,
    **{one.name: text for one in FORMATS},
    "sarif_notes": truth,
    "github": truth,
    "baseline": baseline,
    "targets": texts,
    "cache": truth,
    "device": one_of(*DEVICES),
    "timeout": seconds,
    "memory": whole(64),
    "allow": some_of(*ALLOWED),
    "jobs": whole(1),
    "dask": text,
    "stream": text,
    "resume": text,
    "verbose": truth,
    "quiet": truth,
}
KEYS = tuple(_KEYS)


def merged(
    given: Mapping[str, Any], configuration: Configuration, named: Callable[[str], str] | None = None
) -> dict[str, Any]:
    """Options by name, checked: those given (None and empty lists are not), else those of the file. `named`: what an option is
    called where it was given, a flag of the command unless told otherwise."""
    named = named or (lambda key: f"--{key}" if len(key) > 1 else key)
    out = dict(configuration.options)
    for key, value in given.items():
        if value is not None and value != [] and value != ():
            out[key] = _KEYS[key](named(key), value)
    return out


_OF_SETTINGS = (
    "profile",
    "effort",
    "budget",
    "softener",
    "seed",
    "guarantees",
    "fail_fast",
    "precision",
    "verify",
    "K",
    "C",
    "device",
    "timeout",
    "memory",
    "tolerance",
)


def settings(options: Mapping[str, Any], profiles: Profiles) -> Settings:
    """The settings of a check."""
    given = {key: options[key] for key in _OF_SETTINGS if key in options}
    return Settings(**given, readings=tuple(options.get("reading", ())), profiles=profiles)
