"""Derivations by SymPy, verified; and altered ones, caught."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from axiomkd import axioms
from axiomkd.core.softener import softener
from axiomkd.explain.derivation import steps
from axiomkd.explain.derivation.formulas import Writer
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.loading import load
from axiomkd.prove.proof import Proof
from axiomkd.prove.symbolic.attempt import attempt
from axiomkd.prove.symbolic.regions import Purse
from axiomkd.tracing.numerics import prepare
from axiomkd.verify import certificate, derivation, scope
from axiomkd.verify.line import Failed
from axiomkd.verify.subject import Subject


@pytest.fixture(autouse=True)
def _float64():
    prepare("cpu")


def subject(target: str, softening: str = "power") -> Subject:
    return Subject(load(target)[0], softening)


def made(target: str, reading: str, size=(2, 2), softening: str = "power") -> dict[str, Any]:
    evaluator = Evaluator(load(target)[0], softener(softening))
    found = attempt(evaluator, axioms.BY_NAME[reading], size, Purse(40_000, 400_000))
    assert isinstance(found, Proof), found
    return json.loads(json.dumps(found.certificate))


STANDING = [
    ("zoo:linear", "envelope", (2, 2)),
    ("zoo:linear", "coordinate", (2, 2)),
    ("zoo:wmedian", "common-support", (2, 2)),
    ("zoo:w2", "simplex", (2, 2)),
    ("zoo:w1", "unanimity", (2, 2)),
    ("zoo:softmax5", "unanimity", (2, 2)),
    pytest.param("zoo:linear", "entropy-mean", (2, 2), marks=pytest.mark.whole),
]


@pytest.mark.parametrize(("target", "reading", "size"), STANDING)
@pytest.mark.weekly(2)
def test_a_derivation_stands(target, reading, size):
    assert derivation.check(subject(target), reading, made(target, reading, size)) == (derivation.LAYER,)


def test_a_derivation_under_a_rational_softener():
    found = made("zoo:linear", "commutation", softening="uniform-mix")
    assert derivation.check(subject("zoo:linear", "uniform-mix"), "commutation", found) == (derivation.LAYER,)
    with pytest.raises(Failed):
        derivation.check(subject("zoo:linear"), "commutation", found)


def leaves(node: dict) -> Iterator[dict]:
    yield from node.get("margins", ())
    for part in node.get("sides", {}).values():
        yield from leaves(part["node"])


def splits(node: dict) -> Iterator[dict]:
    if "sides" in node:
        yield node
        for part in node["sides"].values():
            yield from splits(part["node"])


def nodes(found: dict) -> Iterator[dict]:
    for case in found["derivations"][0]["cases"]:
        yield case["node"]


def a_coefficient(found: dict) -> None:
    leaf = next(x for node in nodes(found) for x in leaves(node) if "*" in x["numerator"])
    leaf["numerator"] = "7*" + leaf["numerator"].lstrip("0123456789*")


def a_denominator(found: dict) -> None:
    next(x for node in nodes(found) for x in leaves(node) if x["denominator"])["denominator"].append("2")


def another_part(found: dict) -> None:
    next(x for node in nodes(found) for x in leaves(node))["part"] = "sum"


def a_part_less(found: dict) -> None:
    node = next(n for n in nodes(found) if True)
    while "margins" not in node:
        node = next(iter(node["sides"].values()))["node"]
    node["margins"].pop()


def a_side_less(found: dict) -> None:
    next(s for node in nodes(found) for s in splits(node))["sides"].pop("-")


def ties_to_either_side(found: dict) -> None:
    split = next(s for node in nodes(found) for s in splits(node) if not s["loose"])
    split["loose"] = True
    split["sides"].pop("0")


def another_split(found: dict) -> None:
    next(s for node in nodes(found) for s in splits(node))["split"] = "-1*v0 + x00"


def another_letter(found: dict) -> None:
    side = next(s for node in nodes(found) for s in splits(node))["sides"]["+"]
    side["solved"] = "v0"


def a_case_less(found: dict) -> None:
    found["derivations"][0]["cases"].pop()


def an_undefined_region(found: dict) -> None:
    found["derivations"][0]["cases"][0]["node"] = {"undefined": True}


def another_size(found: dict) -> None:
    found["derivations"][0]["size"] = [2, 3]


def another_reading(found: dict) -> None:
    found["derivations"][0]["claim"] = "nonnegative"


def no_derivations(found: dict) -> None:
    found["derivations"] = []


def sloping(found: dict) -> Iterator[dict]:
    """The margins that a slope shows, and what a slope shows in them."""
    yield from (x for node in nodes(found) for x in leaves(node) if x.get("by") == "slope")


def another_slope(found: dict) -> None:
    slope = next(sloping(found))["slope"]
    slope["numerator"] = "2*" + slope["numerator"]


def a_slope_below(found: dict) -> None:
    """The right value, and the wrong side of it."""
    slope = next(sloping(found))["slope"]
    slope["numerator"], slope["denominator"] = "-1*" + slope["numerator"], slope["denominator"].replace("+ ", "+ -1*")


def along_another_letter(found: dict) -> None:
    next(sloping(found))["letter"] = "v0"


def along_no_letter(found: dict) -> None:
    next(sloping(found))["letter"] = "a0"


def another_start(found: dict) -> None:
    next(sloping(found))["start"]["numerator"] = "v0"


def another_logarithm(found: dict) -> None:
    said = next(sloping(found))["where"]
    name = next(iter(said))
    said[name] = ["log", ["1", "1"]]


def an_exponential_for_a_logarithm(found: dict) -> None:
    said = next(sloping(found))["where"]
    said[next(iter(said))][0] = "exp"


def a_letter_for_a_logarithm(found: dict) -> None:
    next(sloping(found))["where"]["x10"] = ["log", ["2", "1"]]


def a_logarithm_of_what_is_open(found: dict) -> None:
    next(sloping(found))["where"]["a9"] = ["log", ["x10 + -1*v0", "1"]]


def over_what_is_open(found: dict) -> None:
    next(sloping(found))["over"] = "1 + -1*x10"


SLOPES = (
    another_slope,
    a_slope_below,
    along_another_letter,
    along_no_letter,
    another_start,
    another_logarithm,
    an_exponential_for_a_logarithm,
    a_letter_for_a_logarithm,
    a_logarithm_of_what_is_open,
    over_what_is_open,
)


@pytest.fixture(scope="module")
def by_slope() -> tuple[Subject, dict[str, Any]]:
    prepare("cpu")
    return subject("zoo:linear"), made("zoo:linear", "log-loss")


def test_a_slope_stands(by_slope):
    one, found = by_slope
    assert any(True for _ in sloping(found))
    assert derivation.check(one, "log-loss", found) == (derivation.LAYER,)


def test_a_slope_is_told(by_slope):
    """A reader is told what the letters stand for, the derivative, and where it starts."""
    told = [(step.words, step.formula(Writer()) if step.formula else "") for step in steps.of(by_slope[1])]
    assert ("There", "a1 = log((1)/(1 + d0 + x10)), a3 = log((1)/(1 + x10)), a5 = log(") in [
        (words, formula[: formula.index("a5 = log(") + 9] if "a5 = log(" in formula else formula)
        for words, formula in told
    ]
    assert ("Along d0, with the other letters fixed, let", "h = a5 + a5*v0 - a1*v0 - a3") in told
    assert any(
        words == "Its derivative in d0 is" and formula.startswith("d0*v0 / (1 + 2*d0") for words, formula in told
    )
    assert ("At d0 = 0 it is", "0") in told


@pytest.mark.parametrize("change", SLOPES, ids=lambda x: x.__name__)
def test_a_slope_that_is_altered_is_refused(by_slope, change):
    one, found = by_slope
    altered = json.loads(json.dumps(found))
    change(altered)
    assert altered != found
    with pytest.raises(Failed):
        derivation.check(one, "log-loss", altered)


ALTERED = [
    ("zoo:linear", "coordinate", change)
    for change in (
        a_coefficient,
        a_denominator,
        another_part,
        a_part_less,
        a_side_less,
        another_split,
        another_letter,
        a_case_less,
    )
]
ALTERED += [
    ("zoo:linear", "envelope", change)
    for change in (an_undefined_region, another_size, another_reading, no_derivations)
]
ALTERED += [("zoo:topteacher", "envelope", ties_to_either_side)]


@pytest.mark.parametrize(("target", "reading", "change"), ALTERED, ids=lambda x: getattr(x, "__name__", x))
@pytest.mark.weekly(2)
def test_what_is_altered_is_refused(target: str, reading: str, change: Callable[[dict], None]):
    found = made(target, reading)
    change(found)
    with pytest.raises(Failed):
        derivation.check(subject(target), reading, found)


def test_a_derivation_of_another_operator():
    with pytest.raises(Failed, match="not the quotient that the derivation gives"):
        derivation.check(subject("zoo:wsq"), "envelope", made("zoo:linear", "envelope"))


@pytest.mark.parametrize("text", ["x00**2", "__import__('os')", "x00 - x01", "x00*x00", "", "x00 + x00", "1/2*x00", 3])
def test_no_text_is_run(text):
    with pytest.raises(Failed, match="no polynomial"):
        derivation.polynomial(text)


def test_what_does_not_follow():
    """x² − 3xy + y² is below 0 at x = y, whatever is said of it."""
    from axiomkd.verify.ratios import Field

    field = Field(("x", "y"))
    f = field.polynomial(derivation.polynomial("x^2 + -3*x*y + y^2"))
    says: list[dict[str, Any]] = [
        {"by": "signs"},
        {"by": "power", "of": "x^2 + -3*x*y + y^2", "sum": "x + y", "power": 3},
        {"by": "power", "of": "x^2 + -3*x*y + y^2", "sum": "x + -1*y", "power": 2},
        {"by": "means", "of": "x^2 + -3*x*y + y^2", "pairs": [["1", "x^2", "y^2"]]},
        {"by": "means", "of": "x^2 + -3*x*y + y^2", "pairs": [["-1", "x^2", "y^2"]]},
        {"by": "known", "of": "x^2 + -3*x*y + y^2", "known": "x*y", "multiple": "3"},
        {"by": "faith"},
    ]
    assert [derivation._nonnegative(field, f, one) for one in (s | {"of": s.get("of", "1")} for s in says)] == [
        False
    ] * len(says)
    g = field.polynomial(derivation.polynomial("x^2 + -2*x*y + y^2"))
    assert derivation._nonnegative(
        field, g, {"by": "means", "of": "x^2 + -2*x*y + y^2", "pairs": [["1", "x^2", "y^2"]]}
    )


def test_a_part_for_one_size_is_on_that_size():
    """A certificate for several sizes cannot cite the derivation of one for another."""
    found = made("zoo:linear", "envelope")
    both = {"kind": "sizes", "sizes": [{"size": [2, 2], "certificate": found}, {"size": [3, 3], "certificate": found}]}
    one = subject("zoo:linear")
    covered = scope.of(one.operator, both)
    with pytest.raises(Failed, match="on other sizes"):
        certificate.Checked(one, frozenset({"envelope"})).certificate("envelope", both, covered)
