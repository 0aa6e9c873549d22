"""Checking from Python: `check` and `assert_valid`.

A callable is checked in this process, a target string in a worker. It shows nothing: the report is the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import zip_longest
from typing import Any

from axiomkd import axioms, configuration, session
from axiomkd.aftermath import reproduced
from axiomkd.core.errors import AxiomViolation, LoadError, UsageError
from axiomkd.core.events import Finished
from axiomkd.core.operator import REGISTERED, Operator, describe
from axiomkd.core.report import OperatorModel, ReadingModel, Report, WitnessModel
from axiomkd.core.settings import Settings
from axiomkd.core.verdict import GOOD

Sizes = int | str | Iterable[int] | None


def check(
    op: str | Operator | Callable[..., Any],
    profile: str = "article",
    effort: str = "standard",
    seed: int = 0,
    *,
    softener: str = "power",
    K: Sizes = None,
    C: Sizes = None,
    readings: Sequence[str] = (),
    budget: float | None = None,
    timeout: float | None = None,
    device: str | None = None,
    profiles: Mapping[str, Mapping[str, Any]] | None = None,
) -> Report:
    """Check an operator A(P, w) -> q, P (K, C), w (K,), q (C,), and return the report.

    `op` is a callable, registered or not, an Operator, or a target string ("my_op.py::name"). Callables run in this
    process: one that does not return holds it, and `timeout` (seconds) is for target strings. `readings` limits the
    check to these, `K` and `C` are the sizes to search, `profiles` adds profiles of your own.

    Raises UsageError on an unknown name or value, LoadError (a UsageError) where a target string cannot be loaded.
    """
    settings = _settings(
        {"profile": profile, "effort": effort, "seed": seed, "softener": softener, "budget": budget, "timeout": timeout}
        | {"K": _sizes(K), "C": _sizes(C), "reading": list(readings), "device": device},
        profiles,
    )
    if isinstance(op, str):
        return _target(op, settings)
    if timeout is not None:
        raise UsageError(
            "timeout: a callable runs in this process, which cannot be ended. Give a target: 'my_op.py::name'."
        )
    with _float64(device):
        return session.report_of([_run(one, settings) for one in operators_of(op)], settings)


def assert_valid(
    op: str | Operator | Callable[..., Any], profile: str = "article", *, allow: Sequence[str] = (), **options: Any
) -> None:
    """Raise AxiomViolation, whose text is the witnesses, unless every required reading is proved or holds.

    `allow` ("fragile", "inconclusive") lets these verdicts pass. Other arguments and errors are those of `check`.
    """
    allowed = configuration.some_of("fragile", "inconclusive")("allow", list(allow))
    report = check(op, profile, **options)
    if session.exit_code(report, allowed):
        raise AxiomViolation(violation(report, allowed), report)


def operators_of(op: Operator | Callable[..., Any]) -> list[Operator]:
    """The operators that a callable was registered as, one a combination of parameters, or the one that it is."""
    if isinstance(op, Operator):
        return [op]
    registered = [one for one in REGISTERED if one.fn is op or (one.params and _unbound(one) is op)]
    return registered or [describe(op)]


def _unbound(one: Operator) -> Any:
    return one.fn.func if isinstance(one.fn, partial) else one.fn


def _settings(options: Mapping[str, Any], profiles: Mapping[str, Mapping[str, Any]] | None) -> Settings:
    own = configuration.checked({"profiles": profiles or {}}).profiles
    return session.resolved(configuration.settings(configuration.merged(options, configuration.Configuration()), own))


def _sizes(value: Sizes) -> Any:
    return value if value is None or isinstance(value, int | str) else list(value)


def _target(text: str, settings: Settings) -> Report:
    report = session.check([text], settings)
    if report.failures:
        raise LoadError("\n".join(one.message for one in report.failures))
    return report


def _run(operator: Operator, settings: Settings) -> Finished:
    from axiomkd import engine

    last = None
    for event in engine.check(operator, settings):
        last = event
    assert isinstance(last, Finished)
    return last.model_copy(update={"result": reproduced(last.result, settings)}) if operator.target else last


@contextmanager
def _float64(device: str | None) -> Iterator[None]:
    """JAX as the check needs it, and afterwards as the caller had it."""
    import jax

    from axiomkd.numerics import prepare

    before = {name: getattr(jax.config, name) for name in ("jax_enable_x64", "jax_default_device")}
    try:
        prepare(device)
        yield
    finally:
        for name, value in before.items():
            jax.config.update(name, value)


# --- the text of a violation -----------------------------------------------------------------------------------------


def violation(report: Report, allowed: Sequence[str] = ()) -> str:
    """What stands in the way of `valid`, one paragraph a reading, with its witness as a table."""
    return "\n\n".join(part for one in report.operators for part in _paragraphs(one, report, allowed))


def _paragraphs(one: OperatorModel, report: Report, allowed: Sequence[str]) -> Iterator[str]:
    required = {name for wanted in one.requires.values() for name in wanted}
    wrong = [r for r in one.readings if r.reading in required and r.verdict not in GOOD and r.verdict not in allowed]
    if one.status == "error" and one.message:
        yield f"`{one.name}`: {one.message}"
        wrong = [r for r in wrong if r.verdict != "error"]
    for reading in wrong:
        yield _paragraph(one, reading, report)


def _paragraph(one: OperatorModel, reading: ReadingModel, report: Report) -> str:
    statement = axioms.BY_NAME[reading.reading].formula
    head = f"`{one.name}` · {reading.axiom}/{reading.reading} · {reading.verdict}: {reading.message}"
    lines = [head, f"  the claim: {statement}", f"  softener {report.settings.softener}, seed {report.settings.seed}"]
    return "\n".join([*lines, *(f"  {line}" for line in _table(reading.witness))])


def _table(witness: WitnessModel | None) -> list[str]:
    """The witness in rows, numbers under numbers."""
    if witness is None:
        return []
    rows = [(f"p_{k}", row, f"w_{k} = {witness.w[k]}") for k, row in enumerate(witness.P)]
    rows += [(name, row, "") for name, row in _second(witness)]
    rows += [("q" if i == 0 else f"q'{i if i > 1 else ''}", row, "") for i, row in enumerate(witness.value)]
    if witness.direction:
        rows.append(("d", witness.direction, ""))
    widths = [max(map(len, column)) for column in zip_longest(*(row for _, row, _ in rows), fillvalue="")]
    return [*(_line(name, row, note, widths) for name, row, note in rows), *_rest(witness)]


def _line(name: str, row: Sequence[str], note: str, widths: Sequence[int]) -> str:
    numbers = "  ".join(x.rjust(width) for x, width in zip(row, widths, strict=False))
    return f"{name:>4} = {numbers}   {note}".rstrip()


def _second(witness: WitnessModel) -> Iterator[tuple[str, list[str]]]:
    for k, row in enumerate(witness.P2 or []):
        yield f"p'_{k}", row
    if witness.w2:
        yield "w'", witness.w2


def _rest(witness: WitnessModel) -> Iterator[str]:
    named = {"class": witness.cls, "teacher": witness.teacher, "t": witness.t, "T": witness.T, "margin": witness.margin}
    told = {key: ", ".join(map(str, x)) if isinstance(x, list) else x for key, x in named.items() if x is not None}
    said = [f"{key} = {x}" for key, x in told.items()]
    yield "; ".join([*said, f"confirmed: {witness.confirmed}"])
