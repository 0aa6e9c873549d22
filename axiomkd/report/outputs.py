"""Where a finished report goes besides the terminal: files, standard output, GitHub. Nothing is lost when one of them fails.

It knows the names of the options and not what is in a format.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from axiomkd.core.errors import UsageError
from axiomkd.core.files import write
from axiomkd.core.report import Report

STDOUT = "-"
SUMMARY = "GITHUB_STEP_SUMMARY"  # GitHub names the file that a step's summary is appended to


def _json(report: Report, options: Mapping[str, Any], code: int) -> str:
    return report.to_json()


def _junit(report: Report, options: Mapping[str, Any], code: int) -> str:
    from axiomkd.report import junit

    return junit.render(report, allow=options.get("allow", ()), code=code)


def _sarif(report: Report, options: Mapping[str, Any], code: int) -> str:
    from axiomkd.report import sarif

    return sarif.render(report, allow=options.get("allow", ()), code=code, notes=options.get("sarif_notes", False))


def _html(report: Report, options: Mapping[str, Any], code: int) -> str:
    from axiomkd.report import html

    return html.render(report, allow=options.get("allow", ()), code=code)


def _baseline(report: Report, options: Mapping[str, Any], code: int) -> str:
    from axiomkd.gate import baseline

    return baseline.written(report)


FORMATS: dict[str, Callable[[Report, Mapping[str, Any], int], str]] = {
    "json": _json,
    "junit": _junit,
    "sarif": _sarif,
    "html": _html,
    "write_baseline": _baseline,
}


def check(options: Mapping[str, Any]) -> None:
    """Before anything is run: that every folder is there and that no two outputs meet. Raises UsageError."""
    seen: dict[str, str] = {}
    for name in FORMATS:
        out = options.get(name)
        if not out:
            continue
        where = out if out == STDOUT else str(Path(out).absolute())
        if where in seen:
            both = f"{_option(seen[where])} and {_option(name)}"
            raise UsageError(f"{both} both write to {_called(out)}. Give one of them another file.")
        seen[where] = name
        if out == STDOUT and name == "html":
            raise UsageError("--html -: a page needs a file. Give it a name, such as axiomkd.html.")
        if out != STDOUT and not Path(out).parent.is_dir():
            raise UsageError(f"{_option(name)} {out}: there is no folder {Path(out).parent}. Create it first.")


def standard_output(options: Mapping[str, Any]) -> str | None:
    """The format that has standard output to itself, if one has."""
    return next((name for name in FORMATS if options.get(name) == STDOUT), None)


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
        say(FORMATS[alone](report, options, code))
    return problems


def _files(report: Report, options: Mapping[str, Any], code: int) -> Iterator[str]:
    for name, render in FORMATS.items():
        out = options.get(name)
        if not out or out == STDOUT:
            continue
        if name == "write_baseline" and report.partial:
            yield f"{_option(name)} {out}: not written, the run did not come to its end."
            continue
        try:
            write(out, render(report, options, code))
        except OSError as e:
            yield f"{_option(name)} {out}: cannot be written ({e.strerror})."


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


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _called(out: str) -> str:
    return "standard output" if out == STDOUT else out
