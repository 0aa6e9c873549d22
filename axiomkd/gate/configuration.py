"""Options that stand in pyproject.toml under [tool.axiomkd]: found, read, checked. The command line wins over them.

Which options there are is `options`' to know, and what they may be `values`'.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from axiomkd import axioms
from axiomkd.core.errors import UsageError
from axiomkd.core.expected import Expected
from axiomkd.core.settings import Settings
from axiomkd.core.words import unknown
from axiomkd.gate.options import BY_NAME, OPTIONS
from axiomkd.gate.values import all_of, brief, day

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
        raise UsageError(f"{file}: {key} = {brief(found)} must be a table: options stand below [tool.axiomkd].")
    return found


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
        if key not in BY_NAME:
            raise UsageError(unknown("option", key, [*BY_NAME, "profiles", "expected"]))
        options[key] = BY_NAME[key].check(key, value)
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
            if not isinstance(readings, str) and not all_of(readings, str):
                raise UsageError(
                    f"profiles.{name}.{axiom} = {brief(readings)} must be a reading or a list of readings."
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
            raise UsageError(f"{where}: {unknown('key', key, allowed)}")
    for key in allowed[:3]:
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise UsageError(f"{where}: {key} is missing or not a text. Give target, reading and reason.")
    try:
        reading = axioms.reading_id(entry["reading"])
    except UsageError as e:
        raise UsageError(f"{where}: {e}") from None
    return Expected(entry["target"], reading, entry["reason"], until=day(f"{where}: until", entry.get("until")))


def merged(
    given: Mapping[str, Any], configuration: Configuration, named: Callable[[str], str] | None = None
) -> dict[str, Any]:
    """Options by name, checked: those given (None and empty lists are not), else those of the file. `named`: what an option is
    called where it was given, a flag of the command unless told otherwise."""
    named = named or (lambda key: BY_NAME[key].flag)
    out = dict(configuration.options)
    for key, value in given.items():
        if value is not None and value != [] and value != ():
            out[key] = BY_NAME[key].check(named(key), value)
    return out


def settings(options: Mapping[str, Any], profiles: Profiles) -> Settings:
    """The settings of a check."""
    given = {one.setting: options[one.name] for one in OPTIONS if one.setting and one.name in options}
    return Settings(**given, profiles=profiles)
