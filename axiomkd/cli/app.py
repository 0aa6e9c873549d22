"""The command line: options in, exit codes out. Results go to standard output, everything else to standard error.

It imports no JAX and runs no user code for `check`; workers do. It knows no mathematics.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import date
from functools import wraps
from inspect import Parameter, signature
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from axiomkd.cli import streams
from axiomkd.cli.telling import tell
from axiomkd.core.codes import DEFECT, INTERRUPTED, USAGE
from axiomkd.core.errors import LoadError, UsageError, shortage
from axiomkd.core.package import VERSION
from axiomkd.gate.options import OPTIONS

# What a command needs is imported when it runs: `--version` and a mistyped option need none of it.
if TYPE_CHECKING:
    from rich.console import Console

    from axiomkd.cli.progress import Line
    from axiomkd.core.report import OperatorModel, Report
    from axiomkd.core.settings import Settings
    from axiomkd.gate.configuration import Configuration
    from axiomkd.run.answers import Answers
    from axiomkd.run.session import Elsewhere
    from axiomkd.run.stream import Stream

EXAMPLES = ".axiomkd/examples"  # what failed before, tried first by the next run

DERIVATIONS = ("text", "latex")

app = typer.Typer(
    name="axiomkd",
    help="Checks aggregation operators of multi-teacher knowledge distillation against their axioms.",
    add_completion=True,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(argv: Sequence[str] | None = None) -> None:
    """The console script: runs the command and exits with its code."""
    sys.exit(run(list(sys.argv[1:] if argv is None else argv)))


def run(argv: list[str]) -> int:
    """Run one command line and return its exit code. No exception of this package's own comes out."""
    with streams.guarded() as out:
        code = _guarded(argv)
    if out.problem:
        _tell(f"standard output: cannot be written ({out.problem}).")
        return code if code in (INTERRUPTED, DEFECT) else USAGE
    return code


def _guarded(argv: list[str]) -> int:
    try:
        with _Heard() as heard:
            code = app(_with_style(argv), prog_name="axiomkd", standalone_mode=False)
        if heard.once and code == INTERRUPTED:  # which Typer makes of the exception, and says nothing
            raise KeyboardInterrupt
        return code if isinstance(code, int) else 0
    except UsageError as e:
        _tell(str(e), e.details if isinstance(e, LoadError) else "")
        return USAGE
    except KeyboardInterrupt:
        _tell("interrupted")
        return INTERRUPTED
    except OSError as e:
        if not (why := _outside(e)):
            return _last_word(e)
        _tell(why)
        return USAGE
    except Exception as e:  # the last line of defence
        return _last_word(e)


def _outside(e: OSError) -> str:
    """What is wrong around the command, in a sentence; "" where it is the command itself."""
    try:
        os.getcwd()
    except OSError:
        return "the working folder is not there any more. Start in one that is."
    return shortage(e)


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr)


def _tell(message: str, details: str = "", *, label: str = "error") -> None:
    """One message on standard error."""
    tell(_console(stderr=True), message, details, label=label)


def _with_style(argv: list[str]) -> list[str]:
    """`--derivation` by itself asks for text: an option with a value that may be left out, which the parser doesn't know."""
    out = []
    for n, word in enumerate(argv):
        out.append(word)
        if word == "--derivation" and (n + 1 == len(argv) or argv[n + 1] not in DERIVATIONS):
            out.append("text")
    return out


def _last_word(e: Exception) -> int:
    said = getattr(e, "format_message", None)
    if type(e).__name__ == "NoArgsIsHelpError" and said is not None:
        _console(stderr=True).print(said(), markup=False, highlight=False)
        return USAGE
    if said is not None:
        text = said().rstrip(".")
        stop = "" if text.endswith("?") else "."
        _tell(f"{text}{stop} `axiomkd --help` lists commands, `axiomkd COMMAND --help` their options.")
        return USAGE
    if type(e).__name__ == "Abort":
        return INTERRUPTED
    if os.environ.get("AXIOMKD_DEBUG") == "1":
        raise e
    _tell(
        f"{type(e).__name__}: {e}\nThis is a defect of axiomkd {VERSION}: please report it with the "
        "command that you ran. AXIOMKD_DEBUG=1 shows where it happened.",
        label="internal error",
    )
    return DEFECT


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"axiomkd {VERSION}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def _with_options(command: Callable[..., int]) -> Callable[..., int]:
    """The command with a flag for each option that has one, before its own: Typer reads flags from a signature."""
    plain = signature(command, eval_str=True)
    flags = [
        Parameter(
            one.name,
            Parameter.POSITIONAL_OR_KEYWORD,
            default=None,
            annotation=Annotated[
                one.kind | None,
                typer.Option(f"{one.flag}/--no-{one.name}" if one.no else one.flag, metavar=one.metavar, help=one.help),
            ],
        )
        for one in OPTIONS
        if one.help
    ]
    own = [one for one in plain.parameters.values() if one.kind is not Parameter.VAR_KEYWORD]
    after = next(n for n, one in enumerate(own) if one.name == "targets") + 1

    @wraps(command)
    def wrapped(*args: Any, **given: Any) -> int:
        return command(*args, **given)

    wrapped.__signature__ = plain.replace(parameters=[*own[:after], *flags, *own[after:]])  # type: ignore[attr-defined]
    return wrapped


@_with_options
def _command(
    context: typer.Context,
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TARGET...", help="FILE.py, FILE.py::name, FOLDER/, package.module[:name], zoo:name, zoo:"
        ),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Check again whenever a file is saved, until Ctrl-C.")] = False,
    derivation: Annotated[
        str | None,
        typer.Option(
            metavar="[text|latex]", help="Print the proofs step by step, to read or for an appendix, and no table."
        ),
    ] = None,
    **options: Any,
) -> int:
    from axiomkd.run.answers import Answers

    given = {"targets": targets, **options}
    if watch and (options["stream"] or options["resume"]):
        raise UsageError("--stream, --resume: not with --watch.")
    search = context.info_name != "prove"
    if derivation is not None:
        if watch or derivation not in DERIVATIONS:
            raise UsageError(f"--derivation: one of {', '.join(DERIVATIONS)}, and not with --watch.")
        return _once(given, Answers(), search=search, derivation=derivation)
    return _watch(given, search=search) if watch else _once(given, Answers(), search=search)


# One function for both: they take the same options and differ in whether anything is searched.
app.command("check", help="Check the operators of the targets against a profile: proofs first, then a search.")(
    _command
)
app.command("prove", help="Proofs only, no search, so that --seed and --budget change nothing.")(_command)


def _watch(given: dict[str, Any], *, search: bool) -> int:
    """Check now and whenever a file is saved, until Ctrl-C. The exit code is that of the last check.

    Between checks two workers warm up: one to find what a file holds, one to check it.
    """
    from axiomkd.run.answers import Answers
    from axiomkd.run.pool import Errand, Pool

    pool = Pool(2)
    try:
        return _watching(given, Answers(work=Errand(pool, refill=True)), search=search)
    finally:
        pool.close()


def _watching(given: dict[str, Any], answers: Answers, *, search: bool) -> int:
    from axiomkd.gate import configuration
    from axiomkd.operators.frames import shorten
    from axiomkd.run import watching

    options = configuration.merged(given, configuration.read(configuration.find()))

    def watched() -> set[str]:
        return watching.files(options.get("targets", ()), answers.leaned_on)

    before = watching.state(watched())
    code = _once(given, answers, search=search)  # what is wrong with the command itself ends it here
    while code != INTERRUPTED:
        _tell(f"watching {len(watched())} files; Ctrl-C ends it", label="axiomkd")
        try:
            names = watching.changed(watched, {**watching.state(watched()), **before})
        except KeyboardInterrupt:
            break
        _tell(f"changed: {', '.join(map(shorten, names))}", label="\naxiomkd")
        before = watching.state(watched())
        try:
            code = _once(given, answers, search=search)
        except UsageError as e:  # a file half written, an option mistyped: the next save may mend it
            _tell(str(e))
            code = USAGE
    return code


def _once(given: dict[str, Any], answers: Answers, *, search: bool, derivation: str | None = None) -> int:
    from axiomkd.gate import configuration
    from axiomkd.run.cache.store import Store

    found = configuration.read(configuration.find())
    options = configuration.merged(given, found) | {"derivation": derivation}
    answers.store = Store() if options.get("cache", True) else None
    return _check(options, found, answers, search=search)


def _check(options: dict[str, Any], found: Configuration, answers: Answers, *, search: bool) -> int:
    from axiomkd.cli.progress import Line
    from axiomkd.gate import baseline, configuration, judge
    from axiomkd.report import outputs
    from axiomkd.run import session

    targets = options.get("targets", ())
    if not targets:
        raise UsageError(
            "no TARGET. Name one (`axiomkd check FILE.py`), or set targets in pyproject.toml, [tool.axiomkd]."
        )
    settings = replace(
        session.resolved(configuration.settings(options, found.profiles)),
        examples=EXAMPLES,
        search=search,
        pictures=bool(options.get("html")),
    )
    expected = baseline.expectations(options, found)
    quiet = options.get("quiet", False)
    if note := baseline.renamed(options):
        _tell(note, label="warning")
    if expected and settings.fail_fast:
        _tell(f"fail-fast: {configuration.IN_FULL}", label="warning")
        settings = replace(settings, fail_fast=False)
    outputs.check(options)
    if options.get("derivation") and outputs.standard_output(options) is not None:
        raise UsageError("--derivation: something else is written to standard output already.")
    errors = _console(stderr=True)
    code = None
    with _Interrupts() as interrupts, _stream(options, settings) as stream, _elsewhere(options) as elsewhere:
        asked = [one.partition("/")[2] for one in settings.readings]
        with Line(errors, show=not quiet, asked=asked) as line:
            try:
                report = session.check(
                    targets,
                    settings,
                    jobs=options.get("jobs", 1),
                    watcher=line,
                    so_far=outputs.so_far(options),
                    answers=answers,
                    stream=stream,
                    elsewhere=elsewhere,
                )
            except session.Interrupted as e:
                report, code = e.report, USAGE if e.why else INTERRUPTED
                if e.why:
                    _tell(e.why)
            interrupts.held = True
        report = judge.judged(report, expected, date.today())
        every = options.get("targets") == found.options.get("targets")
        for entry in judge.unmatched(report, expected, every=every):
            what = judge.why_unmatched(report, entry)
            tell(errors, f"expected: {what}. Correct or remove the entry in {entry.source}.", label="warning")
        code = _told(report, options, line, code)
    if stream is not None and stream.problem:
        _tell(stream.problem)
        return USAGE
    return code


def _stream(options: Mapping[str, Any], settings: Settings) -> AbstractContextManager[Stream | None]:
    """The file that results are written to as they end, where one is asked for. Raises UsageError."""
    from axiomkd.run.stream import Stream

    new, old = options.get("stream"), options.get("resume")
    if new and old:
        raise UsageError("--stream, --resume: give one of them. What --resume goes on from, it writes to.")
    path = new or old
    return Stream(path, settings, resume=bool(old)) if path else nullcontext()


def _elsewhere(options: Mapping[str, Any]) -> AbstractContextManager[Elsewhere | None]:
    """The Dask cluster, where one is asked for. Raises UsageError."""
    if not options.get("dask"):
        return nullcontext()
    from axiomkd.run.cluster import Cluster

    return Cluster(options["dask"])


def _told(report: Report, options: dict[str, Any], line: Line, code: int | None) -> int:
    """Show and write the report, all of it: the exit code."""
    from axiomkd.gate import judge
    from axiomkd.report import outputs
    from axiomkd.run.cache.store import FOLDER

    errors = _console(stderr=True)
    verbose, quiet = options.get("verbose", False), options.get("quiet", False)
    if line.answered and not quiet:
        again = "`--no-cache` checks again"
        tell(errors, f"{line.answered} of {len(report.operators)} from {FOLDER}, unchanged; {again}", label="axiomkd")
    if line.gone_on and not quiet:
        many = f"{line.gone_on} of {len(report.operators)}"
        tell(errors, f"{many} from {options['resume']}, as they were when it was interrupted", label="axiomkd")
    if verbose:
        _more(report, line, errors)
    if report.operators and options.get("derivation"):
        from axiomkd.explain.derivation.writing import written

        outputs.say(written(report, options["derivation"]) + "\n")
    elif report.operators and outputs.standard_output(options) is None:
        _show(report, verbose=verbose, quiet=quiet)
    code = code or judge.exit_code(report, options.get("allow", ()))
    problems = outputs.deliver(report, options, code)
    if code == INTERRUPTED:
        tell(errors, "interrupted; what was settled is above", label="axiomkd")
    for problem in problems:
        tell(errors, problem)
    return USAGE if problems else code


class _Heard:
    """Whether a Ctrl-C, or a request to end, has come that nothing below has taken for its own."""

    def __init__(self) -> None:
        self.once = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> _Heard:
        if threading.current_thread() is threading.main_thread():
            for one in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(one) == signal.default_int_handler:
                    self._before[one] = signal.signal(one, self._interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        for one, before in self._before.items():
            signal.signal(one, before)

    def _interrupt(self, signum: int, frame: FrameType | None) -> None:
        self.once = True
        signal.default_int_handler(signum, frame)


class _Interrupts:
    """Ctrl-C, and a request to end (SIGTERM, as CI systems send it when a job is cancelled).

    The first ends the check. While what was settled is told and written (`held`), and while an ended check is cleared away,
    further ones wait: some systems send two. The third always ends the command.
    """

    def __init__(self) -> None:
        self.held = False
        self._count = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> _Interrupts:
        if threading.current_thread() is threading.main_thread():
            for one in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(one) is not signal.SIG_IGN:
                    self._before[one] = signal.signal(one, self._interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        for one, before in self._before.items():
            signal.signal(one, before)

    def _interrupt(self, _signum: int, _frame: object) -> None:
        self._count += 1
        if self._count == 3 or (self._count == 1 and not self.held):
            raise KeyboardInterrupt


def _more(report: Report, line: Line, errors: Console) -> None:
    """What operators printed, what was searched and what was verified, for --verbose."""
    from axiomkd.verify.line import NOTHING

    for one in report.operators:
        for text in line.searched.get(one.target, []):
            tell(errors, text, label=one.name)
        if one.confined:
            outside = f"; held against it {one.outside}" if one.outside else ""
            tell(errors, f"its process had given up: {', '.join(one.confined)}{outside}", label=one.name)
        if one.verified:
            bare = sum(any(NOTHING in layer for layer in layers) for layers in one.verified.values())
            again = f"{len(one.verified) - bare} of {len(one.verified)} verdicts derived again"
            tell(errors, f"verified: {again}, {bare} with nothing to verify", label=one.name)
        if one.output:
            tell(errors, "printed", one.output, label=one.name)


def _show(report: Report, *, verbose: bool, quiet: bool) -> None:
    from axiomkd.report.terminal import render

    render(report, verbose=verbose, quiet=quiet, console=_console())


@app.command()
def explain(
    name: Annotated[str, typer.Argument(help="An axiom, a reading, a profile, a verdict, a softener or a theorem.")],
) -> int:
    """Explain an axiom, a reading with an example that fails it, a profile, a verdict, a softener or a theorem."""
    from axiomkd.explain.names import explain as explained

    explained(name, _console())
    return 0


@app.command("list")
def list_all() -> int:
    """List the axioms with their readings, the profiles, the softeners, the theorems and the operators of the zoo."""
    from axiomkd.explain.names import overview

    overview(_console())
    return 0


def _running(one: OperatorModel) -> None:
    """Said before anything of a report's is run."""
    _tell(f"running {one.file}, which the report names and has the hash of, for {one.name}", label="axiomkd")


@app.command()
def verify(
    report: Annotated[str, typer.Argument(metavar="REPORT.json")],
    folder: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Where the report was made; no file outside is run [working folder]."),
    ] = None,
) -> int:
    """Re-run every witness of a report and re-check every certificate, trusting neither the search nor the prover."""
    from axiomkd.core.report import Report
    from axiomkd.run import isolate
    from axiomkd.verify import home, process
    from axiomkd.verify.line import Failed, total

    lines, read, path = [], Report.load(report), os.path.abspath(report)
    trusted = home.within(folder)
    os.chdir(home.of(read, path, trusted))
    try:
        for line in process.verify(path, about=_running, trusted=trusted):
            lines.append(line)
            print(line.text, flush=True)
        for problem in isolate.against(read):
            raise Failed(problem)
    except Failed as e:
        _tell(str(e), label="not verified")
        return 1
    print(total(lines))
    return 0


@app.command()
def witness(
    report: Annotated[str, typer.Argument(metavar="REPORT.json")],
    reading: Annotated[str, typer.Argument(metavar="READING", help="envelope, or convexity/envelope.")],
    operator: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which operator, where several have a witness.")
    ] = None,
    latex: Annotated[bool, typer.Option("--latex", help="As a counterexample for a paper (needs amsmath).")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As a sentence and a table.")] = False,
    python: Annotated[bool, typer.Option("--python", help="As the lines of Python that see it again.")] = False,
    largest: Annotated[bool, typer.Option("--largest", help="The one that fails by most, where there is one.")] = False,
) -> int:
    """A witness of a report, to look at or to paste: as a table, or in LaTeX, Markdown or Python."""
    if latex + markdown + python > 1:
        raise UsageError("--latex, --markdown, --python: give one of them.")
    from axiomkd.core.report import Report

    found = Report.load(report).witness(reading, operator, largest=largest)
    print(found.to_latex() if latex else found.to_markdown() if markdown else found.to_python() if python else found)
    return 0


@app.command()
def compare(
    old: Annotated[str, typer.Argument(metavar="OLD.json")], new: Annotated[str, typer.Argument(metavar="NEW.json")]
) -> int:
    """What changed from one report to another: verdicts, margins, scope, time. Exit code 1 where a reading that held no
    longer does."""
    from axiomkd.core.report import Report
    from axiomkd.gate.comparison import compared
    from axiomkd.report.differences import render

    found = compared(Report.load(old), Report.load(new))
    render(found, console=_console())
    return 1 if found.lost else 0


@app.command("precision")
def audit(
    targets: Annotated[list[str], typer.Argument(metavar="TARGET...", help="As of `check`.")],
    dtype: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="float64, float32, bfloat16 or float16 (repeatable) [default: all]."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The seed of random inputs.")] = 0,
    json: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write JSON; - is standard output.")
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="End an operator's process after so long.")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="The reproducer of each loss, not of the first only.")
    ] = False,
) -> int:
    """How an operator fares in floating point: what each dtype loses, the smallest reproducer, and a stable form. Exit code 1
    where something is lost, 3 where nothing is and a dtype could not be judged."""
    from axiomkd.cli.precision import told

    with _Interrupts():
        return told(targets, dtype or (), seed, json, timeout, verbose=verbose, tell=_tell)


@app.command()
def init(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="Where to write [default: here].")] = ".",
) -> int:
    """Write a starter operator file, a test, a workflow for GitHub Actions and a pre-commit hook. Overwrites nothing."""
    from axiomkd.cli.starter import write

    for line in write(folder):
        print(line)
    return 0
