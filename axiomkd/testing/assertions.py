"""For tests of operators that are written by hand: a test for each reading of each of them.

It knows pytest's `parametrize`; what is checked is `axiomkd.check`'s to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import pytest

from axiomkd.api import check
from axiomkd.axioms.summary import requires_of
from axiomkd.core.errors import AxiomViolation
from axiomkd.core.operator import Operator
from axiomkd.core.report import Report
from axiomkd.gate import configuration, judge
from axiomkd.operators.objects import operators_of
from axiomkd.report.outcomes import outcome
from axiomkd.report.plain import paragraph, trouble
from axiomkd.run import session


def parametrize_with_readings(
    ops: Iterable[Callable[..., Any] | Operator], profile: str = "article", **options: Any
) -> pytest.MarkDecorator:
    """Parametrize a test over the readings that the operators have to meet: its argument `check` is a function to call.

    `check()` raises AxiomViolation, whose text is the witness, unless the reading is proved or holds. Each operator is checked
    once, on the first call. `options` are those of `axiomkd.check`. The ids are `name-axiom/reading`. Raises UsageError.
    """
    profiles = configuration.checked({"profiles": options.get("profiles") or {}}).profiles
    asked = {"profile": profile, "reading": tuple(options.get("readings", ()))}
    settings = session.resolved(configuration.settings(asked, profiles))
    cases = []
    for operator in (one for op in ops for one in operators_of(op)):
        report = _checked(operator, profile, options)
        for axiom, names in requires_of(operator.name, operator.claims, settings).items():
            cases += [pytest.param(_check(report, name), id=f"{operator.name}-{axiom}/{name}") for name in names]
    return pytest.mark.parametrize("check", cases)


def _checked(operator: Operator, profile: str, options: dict[str, Any]) -> Callable[[], Report]:
    return cache(lambda: check(operator, profile, **options))


def _check(report: Callable[[], Report], name: str) -> Callable[[], None]:
    def run() -> None:
        __tracebackhide__ = True
        found = report()
        (one,) = found.operators
        reading = next((r for r in judge.required(one) if r.reading == name), None)
        if reading is None or outcome(found, one, reading) == "error":
            raise AxiomViolation(trouble(one), found)
        if outcome(found, one, reading) != "met":
            raise AxiomViolation(paragraph(one, reading, found), found)

    return run
