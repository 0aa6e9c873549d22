"""A prover that takes every sign and every identity for granted is caught: its certificates of false hypotheses are refused.

The near misses are those of the theorems' own tests; their shapes are found, and one hypothesis of each is false.
"""

from __future__ import annotations

import json

import pytest

from axiomkd import axioms
from axiomkd.checking import proofs
from axiomkd.core.operator import describe
from axiomkd.core.scope import All, over
from axiomkd.core.softener import SOFTENERS, softener
from axiomkd.operators.evaluate import Evaluator
from axiomkd.prove import normal, prover
from axiomkd.prove.claims import Derived
from axiomkd.prove.families import BY_NAME, guarantees, heated, hypotheses, temperature, weights
from axiomkd.prove.proof import Proof
from axiomkd.tracing import numerics
from axiomkd.verify.certificate import Checked
from axiomkd.verify.line import Failed
from axiomkd.verify.subject import Subject

from .families import MISSES

numerics.prepare()

SHAPED = {
    ("affine-transfer", "a may be 0"),
    ("affine-transfer", "a < 0"),
    ("affine-transfer-weak", "a < 0 somewhere"),
    ("linear-pool", "a billionth to the uniform distribution"),
    ("linear-pool", "w backwards"),
    ("linear-pool", "w squared"),
    ("fixed-shares", "Σ v = 1.1"),
    ("fixed-shares", "v may be negative"),
    ("small-shares", "v above w"),
    ("small-shares", "v = 1.001 w"),
    ("positive-shares", "v may be 0"),
    ("positive-shares", "Σ v = 1.001"),
    ("toward-uniform", "away from it"),
    ("means", "Σ c = 0.999"),
    ("means", "c < 0"),
    ("updating", "powers that sum to 0.999"),
    ("updating", "the product of experts"),
    ("rows-softened-hot", "the mean temperature for all"),
    ("rows-softened-hot", "its neighbour's temperature"),
    ("rows-softened-hot", "half of the heat"),
    ("rows-softened-cold", "no colder than a tenth"),
    ("rows-softened-cold", "weights with temperatures"),
    ("rows-softened-cold", "one warmer than it is told"),
}


def granted(kind):
    def claimed(a, *on, **_):
        *parts, text = on
        return hypotheses.claim(kind, a, *parts, text=text)

    return claimed


@pytest.fixture
def credulous(monkeypatch):
    for module in (guarantees, weights, temperature, heated, hypotheses):
        for kind in ("nonnegative", "positive", "equal"):
            if hasattr(module, kind):
                monkeypatch.setattr(module, kind, granted(kind))


def traced(fn):
    evaluator = Evaluator(describe(fn), softener("power"))
    found, why = prover._traced(evaluator, None, None)
    assert found is not None, why
    normal.begin()
    return found


def forged(fn, name):
    """The certificate that the theorem would have of this operator if all signs and identities were granted."""
    theorem, there = BY_NAME[name], traced(fn)
    found = theorem.attempt(there.subject)
    assert isinstance(found, Derived), found
    proof = prover._proof(theorem, theorem.concludes[0], found.claims, there, All(), {})
    return json.loads(json.dumps(proofs.certificate_of(proof)))


def check(fn, reading, certificate, proved=(), scope=None):
    checked = Checked(Subject(describe(fn), "power"), frozenset(proved))
    return checked.certificate(reading, certificate, scope or All())


MISSED = [miss for miss in MISSES if (miss.theorem, miss.why) in SHAPED]


def test_all_of_them_are_there():
    assert {(miss.theorem, miss.why) for miss in MISSED} == SHAPED


@pytest.mark.parametrize("miss", MISSED, ids=lambda miss: f"{miss.theorem}: {miss.why}")
@pytest.mark.weekly(12)
def test_what_was_granted_is_refused(credulous, miss, few_sizes):
    certificate = forged(miss.fn, miss.theorem)
    with pytest.raises(Failed):
        check(miss.fn, BY_NAME[miss.theorem].concludes[0], certificate)


# --- implications ---------------------------------------------------------------------------------------------------------


def linear(P, w):
    return w @ P


def softened(P, w, T):
    return w @ P


def proof(reading, scope=None):
    return Proof(reading, scope or All(), "theorem", "t", {"kind": "theorem", "theorem": "t"}, f"by {reading}")


def followed(*readings, **facts):
    where = proofs.Operators(**{"takes_T": False, "softener": "power", **facts})
    return proofs.carried({name: proof(name) for name in readings}, [one.name for one in axioms.EVERY], where)


@pytest.mark.parametrize("rule", axioms.CONDITIONAL, ids=lambda rule: f"{'+'.join(rule.premises)} {rule.conclusion}")
def test_an_implication_is_followed_where_it_speaks_and_nowhere_else(rule):
    facts = {"K": rule.most_K and (rule.most_K,), "C": rule.most_C and (rule.most_C,)}
    assert rule.conclusion in followed(*rule.premises, **facts)
    for one in rule.premises:
        others = [name for name in rule.premises if name != one]
        if one not in axioms.IMPLIED and not any(one in axioms.IMPLIED[name] for name in others):
            assert rule.conclusion not in followed(*others, **facts)
    more = {axis: n and (2, n[0] + 1) for axis, n in facts.items()}
    if any(more.values()):
        assert rule.conclusion not in followed(*rule.premises)
        assert rule.conclusion not in followed(*rule.premises, **more)
    if rule.softened_from_outside:
        assert rule.conclusion not in followed(*rule.premises, **facts, takes_T=True)
    if not SOFTENERS["uniform-mix"].has(*rule.facts):
        assert rule.conclusion not in followed(*rule.premises, **facts, softener="uniform-mix")


@pytest.fixture(scope="module")
def certificates():
    found = prover.prove(describe(linear), "power", axioms.EVERY, effort="quick", sizes=())
    return {name: proofs.certificate_of(one) for name, one in found.items() if isinstance(one, Proof)}


def by(main, certificates, *beside):
    with_those = {"with": {name: certificates[name] for name in beside}} if beside else {}
    return {"kind": "implied", "by": main, "certificate": certificates[main], **with_those}


@pytest.mark.whole
def test_an_implication_is_verified_with_all_that_it_needs(certificates, few_sizes):
    made = by("jensen", certificates, "simplex")
    assert check(linear, "variance", made)
    assert check(linear, "variance", by("jensen", certificates), proved=["simplex"])
    with pytest.raises(Failed, match="for operators with simplex, which is not proved"):
        check(linear, "variance", by("jensen", certificates))
    with pytest.raises(Failed, match="does not need"):
        check(linear, "pareto", by("hull", certificates, "simplex"))
    with pytest.raises(Failed, match="jensen does not imply bayes"):
        check(linear, "bayes", made)


@pytest.mark.whole
def test_an_implication_speaks_of_some_sizes_only(certificates, few_sizes):
    made = by("favourite", certificates)
    assert check(linear, "transfer", made, scope=over("K", [2]))
    for scope in (All(), over("K", [2, 3]), over("C", [2])):
        with pytest.raises(Failed, match="K <= 2 only"):
            check(linear, "transfer", made, scope=scope)


@pytest.mark.whole
def test_an_implication_speaks_of_some_operators_only(certificates, few_sizes):
    made = by("interior", certificates)
    assert check(linear, "hot", made)
    with pytest.raises(Failed, match="operators that take no temperature only"):
        check(softened, "hot", made)


@pytest.mark.whole
def test_merging_needs_every_number_of_classes(certificates, few_sizes):
    assert check(linear, "merge", certificates["merge"], scope=over("K", [2, 3]))
    with pytest.raises(Failed, match="every number of classes"):
        check(linear, "merge", certificates["merge"], scope=over("C", [3]))
