"""One function a kind of claim: re-derived from the term where these rules can, and held against exact points always.

A contradiction raises Failed; what is not re-derived becomes a layer that the reader has to trust.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from axiomkd.core.tolerances import EXACT
from axiomkd.tracing import numbers
from axiomkd.tracing.numbers import Undecided
from axiomkd.verify import breadth, flowing, opinion
from axiomkd.verify.agree import sign
from axiomkd.verify.line import Failed
from axiomkd.verify.scene import Claim, Scene, Tally, compare, shown
from axiomkd.verify.shapes import class_index
from axiomkd.verify.smooth import Smooth
from axiomkd.verify.terms import Node, free, walk
from axiomkd.verify.values import Point, Unknown, value
from axiomkd.verify.wide import Exact

DERIVED = "signs and continuity re-derived"


def check(scene: Scene, claim: Claim) -> None:
    """Check one claim by itself. Raises Failed."""
    CHECKS[claim.kind](scene, claim)


def _form(scene: Scene, claim: Claim) -> None:
    (q,) = _terms(claim, 1)
    i = class_index(q)
    if claim.given or (i is None and q.loose):
        raise Failed("the form claim is no term of one class index")
    if i is not None and i.args[0] is not scene.axes[1]:
        raise Failed("the form claim's index does not run over the classes")
    with_T, each, tally = bool(claim.more.get("T")), bool(claim.more.get("each")), Tally()
    if with_T and each or each and not scene.subject.operator.each_temperature:
        raise Failed("the form claim is on temperatures that the operator does not take")
    if "T" in q.reads and not (with_T or each):
        raise Failed("the form claim has T in it and does not say so")
    for at in scene.points(claim.domain):
        for c in range(at.size[1]):
            aggregate = _aggregate(scene, at, with_T, each)
            if aggregate is not None:
                compare(
                    tally,
                    lambda at=at, c=c: value(q, at, {} if i is None else {i: c}),
                    lambda a=aggregate, c=c: a[c],
                    lambda x, y, at=at, c=c: (
                        f"claim form: at {shown(at)} the term gives class {c} the value {x}, the operator {y}"
                    ),
                    slack=EXACT,  # what the rounding of a literal, such as 1/K at a fixed K, can explain
                )
                _finite(q, at, {} if i is None else {i: c})
    if not each:
        opinion.ask(
            scene,
            "claim form",
            lambda at: _formula_and_code(scene, q, i, at, with_T),
            loosely=True,
            same=("form", q, i, with_T),
        )
    if tally.opaque:
        scene.trust(f"rule table (the formula has {tally.opaque} in it, which cannot be evaluated)")
    elif not tally.stood:
        scene.trust("rule table (the formula could not be compared at any point)")
    else:
        scene.trust(f"formula compared at {tally.stood} values")
    if tally.rounded:
        scene.trust("formula compared up to the rounding of literals")


def _formula_and_code(scene: Scene, q: Node, i: Node | None, at: Point, with_T: bool) -> Iterator[opinion.Sides]:
    """The term, and what the operator's code gives, for every class."""
    takes = scene.subject.operator.takes_temperature
    key = ("code", takes and with_T)
    if key not in at.memo:
        at.memo[key] = scene.subject.evaluator.exact(at.P, at.w, None if not takes else at.T if with_T else numbers.ONE)
    code = at.memo[key]
    for c in range(at.size[1]):
        yield (lambda c=c: value(q, at, {} if i is None else {i: c})), (lambda c=c: code[c])


def _finite(q: Node, at, env) -> None:
    """Where the operator has a value, so must its term."""
    try:
        x = value(q, at, env)
    except (Undecided, Unknown):
        return
    if numbers.is_special(x):
        raise Failed(f"claim form: at {shown(at)} the term is {x}, the operator has a value")


def _aggregate(scene: Scene, at, with_T: bool, each: bool = False):
    try:
        return scene.subject.aggregate(at, with_T=with_T, each=each)
    except Undecided:
        return None


def _terms(claim: Claim, count: int) -> tuple[Node, ...]:
    if len(claim.terms) != count:
        raise Failed(f"the {claim.kind} claim has {len(claim.terms)} terms, expected {count}")
    return claim.terms


def _equal(scene: Scene, claim: Claim) -> None:
    x, y = _terms(claim, 2)
    tally = Tally()
    for at, env in scene.everywhere(claim):
        compare(
            tally,
            lambda at=at, env=env: value(x, at, env),
            lambda at=at, env=env: value(y, at, env),
            lambda a, b, at=at: f"claim equal ({claim.text}): at {shown(at)} the sides are {a} and {b}",
        )
    breadth.equal(scene, claim)
    if not claim.given:
        opinion.ask(scene, f"claim equal ({claim.text})", lambda at: _in_letters(claim, at))
    _counted(scene, claim, tally, "the identity")


def _in_letters(claim: Claim, at: Point) -> Iterator[opinion.Sides]:
    """Both sides with every value of their free indices."""
    x, y = claim.terms
    variables = list(dict.fromkeys(v for n in claim.terms for v in free(n)))
    for places in itertools.product(*(range(at.length(v.args[0], {})) for v in variables)):
        env = dict(zip(variables, places, strict=True))
        yield (lambda env=env: value(x, at, env)), (lambda env=env: value(y, at, env))


def _counted(scene: Scene, claim: Claim, tally: Tally, what: str) -> None:
    if tally.stood:
        scene.trust("identities compared at exact points")
    else:
        scene.trust(f"rule table ({what} {claim.text} could be looked at nowhere)")


def _bounded(scene: Scene, claim: Claim) -> None:
    (x,) = _terms(claim, 1)
    strict, stood = claim.kind == "positive", 0
    for at, env in scene.everywhere(claim):
        found = _sign(x, at, env)
        if found is not None and (found < 0 or (strict and found == 0 and numbers.is_rational(value(x, at, env)))):
            raise Failed(
                f"claim {claim.kind} ({claim.text}): at {shown(at)} the term is {numbers.text(value(x, at, env))}"
            )
        stood += found is not None
    breadth.bounded(scene, claim)
    bounds = scene.signs(claim).of(x)
    if bounds.positive if strict else bounds.nonnegative:
        scene.trust(DERIVED)
    else:
        scene.trust(f"rule table (sign of {claim.text.split()[0]} not re-derived, {stood} points checked)")


def _sign(x: Node, at, env) -> int | None:
    try:
        found = value(x, at, env)
        return None if numbers.is_special(found) else sign(found)
    except (Undecided, Unknown):
        return None


def _free(scene: Scene, claim: Claim) -> None:
    for x in claim.terms:
        touched = x.reads & set(claim.more.get("of", ("P", "w", "T")))
        if touched:
            raise Failed(f"claim free ({claim.text}): the term contains {', '.join(sorted(touched))}")
        if any(n.op == "opaque" for n in walk(x)):
            scene.trust("rule table (what an opaque part of the formula depends on is the certificate's word)")


def _smooth(scene: Scene, claim: Claim) -> None:
    (x,) = _terms(claim, 1)
    of = frozenset(claim.more.get("of", ("P", "w", "T")))
    if claim.more.get("extended"):
        if claim.kind != "continuous" or of != {"P"} or claim.given:
            raise Failed("continuity with infinities on the way is claimed in P alone")
        found = flowing.obstacle(x, scene.signs(claim))
        scene.trust(DERIVED if found is None else f"rule table ({claim.kind} not re-derived: {found})")
        return
    found = Smooth(scene.signs(claim), of, claim.kind == "lipschitz", bool(claim.more.get("where_defined"))).obstacle(x)
    scene.trust(DERIVED if found is None else f"rule table ({claim.kind} not re-derived: {found})")


def _defined(scene: Scene, claim: Claim) -> None:
    count = 0
    for at in scene.points(claim.domain):
        try:
            if scene.subject.aggregate(at) is None:
                raise Failed(f"claim defined: at {shown(at)} the operator has no value")
            count += 1
        except Undecided:
            continue
    scene.trust(f"rule table (defined, {count} patterns checked)")


def _signed(scene: Scene, claim: Claim) -> None:
    strict = bool(claim.more.get("strict"))
    count = _patterns(scene, claim, lambda _at, _i: True, strict)
    count += breadth.signs(scene, claim, lambda _at, _i: True, strict)
    scene.trust(f"rule table (signs of the code, {count} patterns checked)")


def _supported(scene: Scene, claim: Claim) -> None:
    if claim.more.get("scenario") not in ("common", "any"):
        raise Failed(f"the support claim has a scenario that is not known: {claim.more.get('scenario')!r}")
    some = {"common": all, "any": any}[claim.more["scenario"]]

    def wanted(at, i: int) -> bool:
        return some(at.P[k, i] > 0 for k in range(at.size[0]) if at.w[k] > 0)

    def wanted_at(at: Exact, i: int) -> bool:
        return bool(some(at.P[k, i] > 0 for k in range(len(at.w)) if at.w[k] > 0))

    count = _patterns(scene, claim, wanted, True) + breadth.signs(scene, claim, wanted_at, True)
    scene.trust(f"rule table (supports, {count} patterns checked)")


def _patterns(scene: Scene, claim: Claim, wanted: Callable, strict: bool) -> int:
    """Exact aggregates at all points of the domain: nowhere negative, and positive where that is wanted."""
    count = 0
    for at in scene.points(claim.domain):
        q = _aggregate(scene, at, False)
        if q is None:
            continue
        count += 1
        for i, x in enumerate(q):
            found = sign(x)
            lost = strict and found == 0 and numbers.is_rational(x)
            if found is not None and wanted(at, i) and (found < 0 or lost):
                raise Failed(f"claim {claim.kind}: at {shown(at)} class {i} gets {numbers.text(x)}")
    return count


def _shape(scene: Scene, claim: Claim) -> None:
    """A shape says nothing by itself: the theorem's hypotheses are held against it in `hypotheses`."""


CHECKS: dict[str, Callable[[Scene, Claim], None]] = {
    "form": _form,
    "equal": _equal,
    "nonnegative": _bounded,
    "positive": _bounded,
    "free": _free,
    "continuous": _smooth,
    "lipschitz": _smooth,
    "defined": _defined,
    "sign": _signed,
    "support": _supported,
    "shape": _shape,
}
