"""The options of a check, a row each: flags of the command, keys of [tool.axiomkd] and arguments in Python follow from the rows.

It knows what options are called and may be, not what they do. Importing it imports nothing heavy: the command line does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from axiomkd.core.formats import FORMATS
from axiomkd.core.settings import EFFORTS
from axiomkd.core.softener import SOFTENERS
from axiomkd.gate.values import baseline, one_of, room, seconds, sizes, some_of, text, texts, truth, whole

DEVICES = ("cpu", "gpu")
ALLOWED = ("fragile", "inconclusive")


@dataclass(frozen=True)
class Option:
    """An option by its key in [tool.axiomkd].

    `check(called, value)` gives the value as a check takes it, or raises UsageError that names it as `called`. `help` is the
    flag's, and "" where the command has no flag of it; `kind` is what a flag's text is read as: str, int, float, bool, or
    list[str] for one that may be repeated. `setting` is the field of `Settings` that it becomes, and `argument` the keyword of
    `axiomkd.check` that gives it; "" where there is none.
    """

    name: str
    check: Callable[[str, Any], Any]
    help: str = ""
    kind: Any = str
    metavar: str | None = None
    no: bool = False  # whether there is a flag --no-… beside it
    setting: str = ""
    argument: str = ""

    @property
    def flag(self) -> str:
        """As it is written on the command line: `--fail-fast`, `-K`."""
        return f"-{self.name}" if len(self.name) == 1 else f"--{self.name.replace('_', '-')}"


def _setting(
    name: str,
    check: Callable[[str, Any], Any],
    help: str,
    kind: Any = str,
    metavar: str | None = None,
    called: str = "",
) -> Option:
    """An option that is a field of `Settings` and an argument in Python, both of its own name unless `called` otherwise."""
    return Option(name, check, help, kind, metavar, setting=called or name, argument=called or name)


OPTIONS: tuple[Option, ...] = (
    Option("targets", texts),  # the command's arguments
    _setting("profile", text, "What is required [default: article].", metavar="NAME"),
    _setting(
        "reading",
        texts,
        "Ask for this reading, and for no others (repeatable).",
        list[str],
        metavar="AXIOM/READING",
        called="readings",
    ),
    _setting("effort", one_of(*EFFORTS), "quick, standard or thorough [default: standard]."),
    _setting("budget", seconds, "Stop the search of an operator by the clock.", float, metavar="SECONDS"),
    _setting("softener", one_of(*SOFTENERS), "What temperature does to a row [default: power].", metavar="NAME"),
    _setting("seed", whole(0, 2**63 - 1), "The seed of the search [default: 0].", int),
    _setting("guarantees", truth, "Ask for all guarantees too, beside the axioms.", bool),
    _setting("fail_fast", truth, "Stop an operator at the first required reading that is refuted.", bool),
    _setting("precision", truth, "Run the operator in each dtype too: what float16 loses.", bool),
    _setting("verify", truth, "Derive again, in a process of its own, what a check settles, before it is told.", bool),
    _setting(
        "tolerance",
        room,
        "By how much a claim may fail, in its unit, and still hold [default: 0].",
        float,
        metavar="NUMBER",
    ),
    _setting("K", sizes, "Numbers of teachers to look at: 2,3,5 or 2-5.", metavar="LIST"),
    _setting("C", sizes, "Numbers of classes to look at.", metavar="LIST"),
    *(Option(one.name, text, one.help, metavar="FILE") for one in FORMATS),
    Option("sarif_notes", truth, "In SARIF a note too for what fails and nothing requires.", bool),
    Option("github", truth, "Annotations and a job summary, for GitHub Actions.", bool),
    _setting("device", one_of(*DEVICES), "cpu or gpu [default: JAX's choice]."),
    _setting(
        "timeout", seconds, "End an operator's process after so long [default: by effort].", float, metavar="SECONDS"
    ),
    Option("memory", whole(64), setting="memory"),
    Option(
        "allow",
        some_of(*ALLOWED),
        "Let fragile or inconclusive pass (repeatable).",
        list[str],
        metavar="VERDICT",
    ),
    Option("jobs", whole(1), "Operators checked at the same time [default: 1].", int, metavar="N"),
    Option("dask", text, "Check on the workers of this Dask scheduler (extra `dask`).", metavar="ADDRESS"),
    Option("stream", text, "Write each result as it ends, a line of JSON an operator.", metavar="FILE.jsonl"),
    Option("resume", text, "Go on where the run stopped that wrote this with --stream.", metavar="FILE.jsonl"),
    Option("verbose", truth, "More: what operators printed, what was searched, why there is no proof.", bool),
    Option("quiet", truth, "Less: verdicts only.", bool),
    Option("baseline", baseline, "Violations that are known and let pass: a baseline, or a report.", metavar="FILE"),
    Option(
        "cache",
        truth,
        "Answer unchanged operators from .axiomkd_cache [default: cache].",
        bool,
        no=True,
        argument="cache",
    ),
)
BY_NAME = {one.name: one for one in OPTIONS}
ARGUMENTS = {one.argument: one for one in OPTIONS if one.argument}
