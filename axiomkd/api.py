"""Checking from Python: `check`, `prove` and `assert_valid`.

A callable is checked in this process, a target string in a worker. It shows nothing: the report is the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from axiomkd.core.audit import AuditReport
from axiomkd.core.errors import AxiomViolation, LoadError, UsageError
from axiomkd.core.events import Finished
from axiomkd.core.operator import Operator
from axiomkd.core.report import Report
from axiomkd.core.settings import Settings
from axiomkd.core.softener import DEFAULT
from axiomkd.gate import configuration, judge
from axiomkd.gate.options import ARGUMENTS, BY_NAME
from axiomkd.operators.objects import operators_of
from axiomkd.report.violation import violation
from axiomkd.run import auditing, session
from axiomkd.run.aftermath import reproduced
from axiomkd.run.answers import Answers
from axiomkd.run.cache.store import Store
from axiomkd.tracing.numerics import float64

Sizes = int | str | Iterable[int] | None


def check(
    op: str | Operator | Callable[..., Any],
    profile: str = "article",
    effort: str = "standard",
    seed: int = 0,
    *,
    softener: str = DEFAULT,
    guarantees: bool = False,
    fail_fast: bool = False,
    precision: bool = False,
    verify: bool = False,
    tolerance: float = 0.0,
    K: Sizes = None,
    C: Sizes = None,
    readings: Sequence[str] = (),
    budget: float | None = None,
    timeout: float | None = None,
    device: str | None = None,
    profiles: Mapping[str, Mapping[str, Any]] | None = None,
    cache: bool = True,
) -> Report:
    """Check an operator A(P, w) -> q, P (K, C), w (K,), q (C,), and return the report.

    `op` is a callable, registered or not, an Operator, or a target string ("my_op.py::name"). Callables run in this
    process: one that does not return holds it, and `timeout` (seconds) is for target strings. `readings` limits the
    check to these, `K` and `C` are the sizes to search, `profiles` adds profiles of your own. `guarantees` asks for all of the
    group `guarantees` beside the axioms, `precision` for an audit in each dtype. `fail_fast` stops at the first required reading
    that is refuted: what was not looked at is `inconclusive`, and says so. `tolerance`: by how much a claim that is a margin may
    fail, in its unit, and still hold. `verify` (for target strings): what is settled is derived again by the checker of `axiomkd
    verify`, in a process that has not run the check, and is an error where that does not accept it. A target string whose files
    are unchanged is answered from .axiomkd_cache in the working folder, as by the command, unless `cache` is False; a callable
    is checked anew, since what it leans on in this process cannot be known.

    Raises UsageError on an unknown name or value, LoadError (a UsageError) where a target string cannot be loaded.
    """
    return _report(op, settings_of(locals()), cache)


def precision(
    op: str | Operator | Callable[..., Any],
    dtypes: Sequence[str] = (),
    seed: int = 0,
    *,
    timeout: float | None = None,
) -> AuditReport:
    """Run an operator as it is written in each dtype, and hold it against its exact value at the same inputs.

    `op` is as for `check`; `dtypes` are of float64, float32, bfloat16, float16 (all by default), `seed` that of random inputs,
    `timeout` (seconds) for target strings. Raises UsageError on an unknown dtype, LoadError where a target cannot be loaded.
    """
    from axiomkd.audit.engine import audit

    asked = auditing.checked(dtypes)
    if isinstance(op, str):
        failures: list[LoadError] = []
        found = auditing.audits([op], asked, Settings(seed=seed, timeout=timeout), failures.append)
        if failures:
            raise failures[0]
        return found
    with float64():
        return auditing.report([audit(one, asked, seed) for one in operators_of(op)], asked, seed)


def prove(
    op: str | Operator | Callable[..., Any],
    profile: str = "article",
    effort: str = "standard",
    *,
    softener: str = DEFAULT,
    guarantees: bool = False,
    verify: bool = False,
    K: Sizes = None,
    C: Sizes = None,
    readings: Sequence[str] = (),
    timeout: float | None = None,
    device: str | None = None,
    profiles: Mapping[str, Mapping[str, Any]] | None = None,
    cache: bool = True,
) -> Report:
    """Proofs only, no search: every reading of the report is `proved`, or `inconclusive` with the reason why.

    `K` and `C` are the sizes of proofs at fixed sizes, `effort` how far those go. Other arguments and errors are those of
    `check`.
    """
    return _report(op, replace(settings_of(locals()), search=False), cache)


def assert_valid(
    op: str | Operator | Callable[..., Any], profile: str = "article", *, allow: Sequence[str] = (), **options: Any
) -> None:
    """Raise AxiomViolation, whose text is the witnesses, unless every required reading is proved or holds.

    `allow` ("fragile", "inconclusive") lets these verdicts pass. Other arguments and errors are those of `check`.
    """
    __tracebackhide__ = True  # pytest shows the witness, not these lines
    allowed = BY_NAME["allow"].check("allow", list(allow))
    report = check(op, profile, **options)
    if judge.exit_code(report, allowed):
        raise AxiomViolation(violation(report, allowed), report)


def _report(op: str | Operator | Callable[..., Any], settings: Settings, cache: bool) -> Report:
    if isinstance(op, str):
        return _target(op, settings, cache)
    if settings.verify:
        raise UsageError("verify: a callable runs in this process alone. Give a target: 'my_op.py::name'.")
    if settings.timeout is not None:
        raise UsageError(
            "timeout: a callable runs in this process, which cannot be ended. Give a target: 'my_op.py::name'."
        )
    with float64(settings.device):
        return session.report_of([_run(one, settings) for one in operators_of(op)], settings)


def settings_of(given: Mapping[str, Any]) -> Settings:
    """The settings of a check from the arguments of a function that takes them, by name; others are left alone. `profiles` are
    the caller's own. Raises UsageError."""
    options = {ARGUMENTS[key].name: value for key, value in given.items() if key in ARGUMENTS}
    options |= {"K": _sizes(given["K"]), "C": _sizes(given["C"]), "reading": list(given["readings"])}
    own = configuration.checked({"profiles": given["profiles"] or {}}).profiles
    checked = configuration.merged(options, configuration.Configuration(), lambda key: BY_NAME[key].argument)
    return session.resolved(configuration.settings(checked, own))


def _sizes(value: Sizes) -> Any:
    """Sizes as an option is given them: a number, a text, or a list."""
    return value if value is None or isinstance(value, int | str) else list(value)


def _target(text: str, settings: Settings, cache: bool) -> Report:
    return loaded(session.check([text], settings, answers=Answers(Store() if cache else None)))


def loaded(report: Report) -> Report:
    """The report. Raises LoadError where a target could not be loaded."""
    if report.failures:
        raise LoadError("\n".join(one.message for one in report.failures))
    return report


def _run(operator: Operator, settings: Settings) -> Finished:
    from axiomkd.checking import engine, repairs

    last = None
    for event in engine.check(operator, settings):
        last = event
    assert isinstance(last, Finished)
    result = last.result.model_copy(update={"repairs": repairs.offered(operator, settings, last.result)})
    if settings.precision:
        from axiomkd.audit.engine import with_audit

        result = with_audit(result, operator, settings.seed)
    return last.model_copy(update={"result": reproduced(result, settings) if operator.target else result})
