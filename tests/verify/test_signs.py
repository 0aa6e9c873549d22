"""The calculus by containment: every value of every part of the zoo's terms lies in the bounds that are derived for it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import Undecided, precision
from axiomkd.tracing.numerics import prepare
from axiomkd.verify import points, scene, terms
from axiomkd.verify.intervals import Interval
from axiomkd.verify.signs import Signs
from axiomkd.verify.smooth import Smooth
from axiomkd.verify.terms import Node, free, node, walk
from axiomkd.verify.values import Point, Unknown, value
from axiomkd.zoo import ENTRIES

from .reports import proved

FEW = ("log", "entropyw", "trimmed", "topk_rows")


def axes() -> tuple[Node, Node]:
    return node("size", data="K"), node("size", data="C")


def claims(json) -> Iterator[scene.Claim]:
    match json.get("kind"):
        case "implied":
            yield from claims(json["certificate"])
        case "theorem":
            yield from map(scene.read, json["claims"])


def inside(bounds: Interval, x) -> bool:
    low, high = numbers.bounds(x)
    above = bounds.low is None or high > bounds.low or (high == bounds.low and not bounds.above)
    below = bounds.high is None or low < bounds.high or (low == bounds.high and not bounds.below)
    return above and below


def checked(signs: Signs, x: Node, at: Point) -> int:
    lengths = [range(at.length(v.args[0], {})) for v in free(x)]
    count = 0
    for places in itertools.islice(itertools.product(*lengths), 40):
        try:
            found = value(x, at, dict(zip(free(x), places, strict=True)))
        except (Undecided, Unknown):
            continue
        if not numbers.is_special(found):
            assert inside(signs.of(x), found), (x, signs.of(x), numbers.text(found), scene.shown(at))
            count += 1
    return count


@pytest.mark.parametrize("name", [n if n in FEW else pytest.param(n, marks=pytest.mark.slow) for n in ENTRIES])
@pytest.mark.weekly(3)
@pytest.mark.whole
def test_every_value_lies_in_its_bounds(name):
    prepare("cpu")
    terms.forget()
    entry = ENTRIES[name]
    smallest = (min(entry.K or (2,)), min(entry.C or (2,)))
    sizes = [s for s in ((2, 2), (3, 3), (4, 3)) if s[0] >= smallest[0] and s[1] >= smallest[1]]
    at = {
        (True, True): [p for s in sizes for p in points.inside(s)[:2]],
        (True, False): [p for s in sizes for p in points.with_zero_weights(s)[:4]],
        (False, True): [p for s in sizes for p in points.on_faces(s, 8) if all(numbers.sign_of(x) > 0 for x in p.w)],
        (False, False): [p for s in sizes for p in points.on_faces(s, 8)],
    }
    with precision(256):
        every = {(c.domain, c.terms): c for v in proved(f"zoo:{name}").values() for c in claims(v.certificate)}
        for claim in every.values():
            P, w = (one == "positive" for one in claim.domain)
            signs = Signs(P_positive=P, w_positive=w, smallest=smallest, axes=axes())
            for x in {x for term in claim.terms for x in walk(term)}:
                if x.op not in terms.CONDITIONS and "T" not in x.reads:
                    for point in at[P, w]:
                        checked(signs, x, point)


def bounds(json, *, P_positive: bool = True, w_positive: bool = True) -> Interval:
    signs = Signs(P_positive=P_positive, w_positive=w_positive, smallest=(2, 2), axes=axes())
    return signs.of(terms.read(json))


K_, C_ = ["bound", 1, "K"], ["bound", 2, "C"]
k = ["index", "k", "K"]


@pytest.mark.parametrize(
    "json, positive, nonnegative",
    [
        (["add", "1", ["mul", "-1", ["w", k]]], True, True),
        (["add", ["w", k], ["mul", "-1", ["P", k, "0"]]], False, False),
        (["sum", K_, ["mul", ["w", K_], ["pow", "2", ["P", K_, "0"]]]], True, True),
        (["log", ["P", k, "0"]], False, False),
        (["add", ["log", "C"], ["sum", C_, ["mul", ["P", k, C_], ["log", ["P", k, C_]]]]], False, True),
        (["add", ["log", "K"], ["sum", C_, ["mul", ["P", k, C_], ["log", ["P", k, C_]]]]], False, False),
        (["add", "1", ["mul", "-1", ["w", k], ["pow", "-1", ["sum", K_, ["w", K_]]]]], True, True),
    ],
)
def test_bounds_of_small_terms(json, positive, nonnegative):
    assert (bounds(json).positive, bounds(json).nonnegative) == (positive, nonnegative)


def test_on_faces_some_entry_is_positive():
    some = ["sum", C_, ["amax", K_, ["P", K_, C_]]]
    assert bounds(some, P_positive=False, w_positive=False).positive
    none = ["sum", C_, ["amin", K_, ["P", K_, C_]]]
    assert not bounds(none, P_positive=False, w_positive=False).positive


def test_an_exponential_of_minus_infinity_is_zero():
    assert not bounds(["exp", ["log", ["P", k, "0"]]], P_positive=False).positive
    assert bounds(["exp", ["log", ["P", k, "0"]]]).positive


def rough(json, *, closed: bool, lipschitz: bool = False) -> str | None:
    signs = Signs(P_positive=not closed, w_positive=not closed, smallest=(2, 2), axes=axes())
    return Smooth(signs, frozenset("Pw"), lipschitz).obstacle(terms.read(json))


@pytest.mark.parametrize(
    "json, interior, closed, slopes",
    [
        (["pow", "1/2", ["P", k, "0"]], True, True, False),
        (["mul", ["P", k, "0"], ["logp", ["P", k, "0"]]], True, True, False),
        (["mul", ["pow", "2", ["P", k, "0"]], ["logp", ["P", k, "0"]]], True, True, True),
        (["logp", ["P", k, "0"]], True, False, False),
        (["pow", "-1", ["w", k]], True, False, False),
        (["ind", ["ge", ["w", k], ["P", k, "0"]]], False, False, False),
        (["P", ["argmax", K_, ["w", K_]], "0"], False, False, False),
        (["P", k, ["argmax", C_, ["P", k, C_]]], True, True, True),
        (["opaque", ["erf", "P"]], False, False, False),
    ],
)
def test_continuity_of_small_terms(json, interior, closed, slopes):
    assert (rough(json, closed=False) is None) == interior
    assert (rough(json, closed=True) is None) == closed
    assert (rough(json, closed=True, lipschitz=True) is None) == slopes
