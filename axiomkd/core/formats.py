"""The formats that a finished report is written in, a row each: what they are called and what an option's help says.

Options, keys of pyproject.toml and the writing follow from the rows. What is in a format is its own file's to know.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """`--name FILE` writes what `render(report, allow=…, code=…)` of the module `axiomkd.report.name` gives.

    `extra` are further arguments of `render`: its `notes` is the option `name_notes`.
    """

    name: str
    help: str
    extra: tuple[str, ...] = ()

    @property
    def option(self) -> str:
        return f"--{self.name.replace('_', '-')}"


FORMATS: tuple[Format, ...] = (
    Format("json", "Write the report as JSON (- is standard output)."),
    Format("junit", "Write JUnit XML, a test case a required reading."),
    Format("sarif", "Write SARIF 2.1.0, for code scanning.", extra=("notes",)),
    Format("html", "Write the report as one page with pictures."),
    Format("write_baseline", "Write what is violated as a baseline."),
)
BY_NAME = {one.name: one for one in FORMATS}
