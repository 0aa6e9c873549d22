"""Which readings an operator had to meet: by the profile of that name as it is defined here, or by the operator's own claims.

What a report says of its profile is never believed: the built-in table counts, and the user's pyproject.toml. It runs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from axiomkd import axioms
from axiomkd.axioms import summary
from axiomkd.axioms.weighted import of_weights
from axiomkd.core.errors import UsageError
from axiomkd.core.operator import Operator, told
from axiomkd.core.report import OperatorModel, Report
from axiomkd.gate import configuration
from axiomkd.operators import losses
from axiomkd.verify.line import Failed

Requires = dict[str, list[str]]


def profiles() -> dict[str, Requires]:
    """Every profile that there is here, by name: the built-in ones, then those of the nearest pyproject.toml."""
    return {name: _plain(needs) for name, needs in {**axioms.PROFILES, **_own()}.items()}


@cache
def _configuration() -> configuration.Configuration:
    try:
        return configuration.read(configuration.find())
    except UsageError as e:
        raise Failed(f"the profiles of this project cannot be read: {e}") from e


def _own() -> Mapping[str, Mapping[str, Sequence[str]]]:
    return _configuration().profiles if _given is None else _given


_given: Mapping[str, Mapping[str, Sequence[str]]] | None = None


def take(own: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
    """Let these be the user's own profiles in this process, in place of those of a pyproject.toml: whoever asked for the check has
    named them."""
    global _given
    _given = own


def _plain(needs: Mapping[str, Sequence[str]]) -> Requires:
    return {axiom: list(names) for axiom, names in needs.items()}


def profile(name: str) -> Requires:
    """Raises Failed where there is no profile of that name."""
    found = profiles().get(name)
    if found is None:
        raise Failed(
            f"the profile {name!r} is neither built in nor in a pyproject.toml here. Verify in the folder in which the "
            "report was made"
        )
    return found


def of_report(report: Report) -> None:
    """The profile in force is what its name says. Raises Failed."""
    expected = profile(report.profile.name)
    if report.profile.requires != expected:
        raise Failed(
            f"the report's profile {report.profile.name} requires {report.profile.requires}, the profile of that name "
            f"requires {expected}"
        )


def of_operator(report: Report, one: OperatorModel, operator: Operator) -> None:
    """The operator is held to the readings asked for one by one, else to its claims, else to the profile in force. Raises
    Failed."""
    if report.settings.readings:
        expected, whose = _plain(summary.asked_for(report.settings.readings)), "what was asked for"
    elif operator.claims is None:
        expected, whose = profile(report.profile.name), f"the profile {report.profile.name}"
    elif isinstance(operator.claims, str):
        expected, whose = profile(operator.claims), f"its claims, the profile {operator.claims},"
    else:
        expected, whose = _plain(operator.claims), "its claims"
    if one.requires != expected:
        raise Failed(f"{one.name}: it is held to {one.requires}, {whose} requires {expected}")


def of_call(one: OperatorModel, operator: Operator) -> None:
    """What the report says of how the operator is called. Raises Failed."""
    said_of = (one.takes_T, one.default_T, one.constants, one.call, one.assumed, one.loss)
    # What could not be looked at, as it was interrupted, is said to be nothing.
    guessed = dict(operator.assumed) if one.assumed or not one.message else {}
    unsaid = operator.assumed.keys() - guessed.keys()
    found = (
        operator.takes_temperature,
        operator.default_temperature,
        dict(operator.constants),
        {name: value for name, value in told(operator).items() if name not in unsaid},
        guessed,
        losses.told(operator) if one.loss or not one.message else "",
    )
    names = ("takes_T", "default_T", "constants", "call", "assumed", "loss")
    for name, said, is_so in zip(names, said_of, found, strict=True):
        if said != is_so:
            raise Failed(f"{one.name}: {name} is {said!r} in the report, and {is_so!r} of the operator")
    for r in one.readings:
        nothing = not operator.has_weights and of_weights(axioms.BY_NAME[r.reading]) and r.verdict == "inconclusive"
        if r.moot != nothing and (r.moot or not one.message):
            raise Failed(
                f"{one.name} {r.id}: moot is {r.moot}, and the operator has {'' if operator.has_weights else 'no '}weights"
            )


def forget() -> None:
    """Read the configuration anew the next time."""
    _configuration.cache_clear()
