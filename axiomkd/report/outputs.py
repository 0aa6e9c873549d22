"""Where a finished report goes besides the terminal: files, standard output, GitHub. Nothing is lost when one of them fails.

It knows the names of the options and not what is in a format.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from axiomkd.core.errors import UsageError
from axiomkd.core.files import write
from axiomkd.core.formats import FORMATS, Format
from axiomkd.core.report import Report

STDOUT = "-"
SUMMARY = "GITHUB_STEP_SUMMARY"  # GitHub names the file that a step's summary is appended to


def _rendered(one: Format, report: Report, options: Mapping[str, Any], code: int) -> str:
    # Formats are imported when they are asked for: most runs want none of them.
    render = import_module(f"axiomkd.report.{one.name}").render
    extra = {name: options[key] for name in one.extra if (key := f"{one.name}_{name}") in options}
    return render(report, allow=options.get("allow", ()), code=code, **extra)


def check(options: Mapping[str, Any]) -> None:
    """Before anything is run: that every folder is there and that no two outputs meet. Raises UsageError."""
    seen: dict[str, Format] = {}
    for one in FORMATS:
        out = options.get(one.name)
        if not out:
            continue
        where = out if out == STDOUT else str(Path(out).absolute())
        if where in seen:
            both = f"{seen[where].option} and {one.option}"
            raise UsageError(f"{both} both write to {_called(out)}. Give one of them another file.")
        seen[where] = one
        if out == STDOUT and one.name == "html":
            raise UsageError("--html -: a page needs a file. Give it a name, such as axiomkd.html.")
        if out != STDOUT and not Path(out).parent.is_dir():
            raise UsageError(f"{one.option} {out}: there is no folder {Path(out).parent}. Create it first.")


def standard_output(options: Mapping[str, Any]) -> Format | None:
    """The format that has standard output to itself, if one has."""
    return next((one for one in FORMATS if options.get(one.name) == STDOUT), None)


def so_far(options: Mapping[str, Any]) -> Callable[[Report], None] | None:
    """What keeps a partial report in the JSON file while a check runs; None where there is no such file."""
    out = options.get("json")
    if not out or out == STDOUT:
        return None

    def keep(report: Report) -> None:
        with contextlib.suppress(OSError):  # the finished report will say what is wrong with the file
            report.save(out)

    return keep


def deliver(report: Report, options: Mapping[str, Any], code: int) -> list[str]:
    """Write everything that was asked for, files first. Returns a sentence for each output that could not be written."""
    problems = [*_files(report, options, code), *(_github(report, options, code) if options.get("github") else ())]
    alone = standard_output(options)
    if alone is not None:
        say(_rendered(alone, report, options, code))
    return problems


def _files(report: Report, options: Mapping[str, Any], code: int) -> Iterator[str]:
    for one in FORMATS:
        out = options.get(one.name)
        if not out or out == STDOUT:
            continue
        if one.name == "write_baseline" and report.partial:
            yield f"{one.option} {out}: not written, the run did not come to its end."
            continue
        try:
            write(out, _rendered(one, report, options, code))
        except OSError as e:
            yield f"{one.option} {out}: cannot be written ({e.strerror})."


def _github(report: Report, options: Mapping[str, Any], code: int) -> Iterator[str]:
    from axiomkd.report import github

    allow = options.get("allow", ())
    file = os.environ.get(SUMMARY)
    if file:
        try:
            with open(file, "a", encoding="utf-8") as out:
                out.write(github.summary(report, allow=allow, code=code))
        except OSError as e:
            yield f"--github: {SUMMARY} names {file}, which cannot be written ({e.strerror})."
    # GitHub reads both streams: a format that has standard output to itself stays whole.
    say(github.annotations(report, allow=allow), error=standard_output(options) is not None)


def say(text: str, *, error: bool = False) -> None:
    """Print `text` as it is, in UTF-8 whatever the terminal: programs read it."""
    stream = sys.stderr if error else sys.stdout
    stream.flush()
    stream.buffer.write(text.encode(errors="replace"))
    stream.buffer.flush()


def _called(out: str) -> str:
    return "standard output" if out == STDOUT else out
