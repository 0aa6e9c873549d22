"""Did you mean: each usual mistake is noticed, its repair named, and nothing is offered that does not help."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

import axiomkd
from axiomkd import axioms
from axiomkd.checking import repairs
from axiomkd.core.operator import describe
from axiomkd.core.report import OperatorModel, ReadingModel
from axiomkd.core.settings import Settings

FAST = {"effort": "quick", "K": 2, "C": [2, 3]}


def forgets(P, w):
    q = w @ P  # noqa: F841


def forgets_too(P, w):
    w @ P


def mapping(P, w):
    return {"weights": w, "aggregate": w @ P}


def wrong_axis(P, w):
    return jnp.sum(w[:, None] * P, axis=1)


def wrong_side(P, w):
    return P @ w


def turned(P, w):
    return jnp.stack([(P[i] * w).sum() for i in range(P.shape[0])])


def writes(P, w):
    P *= w[:, None]
    return P.sum(0)


def log_mean(P, w):
    return w @ jnp.log(P)


def of_logits(P, w):
    z = w @ P
    return jnp.exp(z - z.max()) / jnp.exp(z - z.max()).sum()


def weights_do_not_sum_to_one(P, w):
    return (w * P.max(axis=1)) @ P


def rows_do_not_sum_to_one(P, w):
    return w @ P**2


def zero_log_zero(P, w):
    entropy = -(P * jnp.log(P)).sum(axis=1)
    a = w / (1 + entropy)
    return (a / a.sum()) @ P


def geometric(P, w):
    q = jnp.exp(w @ jnp.log(P))
    return q / q.sum()


# name of the row -> operator, what the words must say
MISTAKES = {
    "missing return": (forgets, "`return q` as its last line"),
    "a dict": (mapping, "`return d['aggregate']`"),
    "weights first": (lambda w, P: w @ P, "its parameters turned round, (P, w)"),
    "wrong axis": (wrong_axis, "`axis=0` in place of `axis=1` (line"),
    "writes in place": (writes, "P = P.copy()"),
    "logits returned": (log_mean, 'outputs="logits"'),
    "logits taken": (of_logits, 'inputs="logits"'),
    "not normalised": (weights_do_not_sum_to_one, "its weights made to sum to 1"),
    "0 log 0": (zero_log_zero, "xlogy(x, x), which is 0 at 0, in place of `P * jnp.log(P)`"),
}


def blank(status: str = "invalid", message: str = "") -> OperatorModel:
    return OperatorModel(
        name="f",
        target="",
        file="",
        line=0,
        status=status,  # type: ignore[arg-type]
        seconds=0.0,
        requires={},
        strongest={},
        profiles={},
        message=message,
        readings=[],
    )


def seen(fn, **options) -> repairs.Seen:
    message = "changed P in place" if fn is writes else ""
    return repairs._seen(describe(fn, **options), blank(message=message))


def test_every_row_has_its_mistake_and_no_other_row_takes_it_for_its_own():
    assert {row.name for row in repairs.REPAIRS} == set(MISTAKES)
    for name, (fn, _) in MISTAKES.items():
        noticed = {row.name for row in repairs.REPAIRS if row.notice(seen(fn))}
        assert name in noticed and noticed <= {name, "0 log 0"}, (name, noticed)


@pytest.mark.parametrize("name", MISTAKES)
def test_the_repair_is_named_and_is_the_function_that_was_meant(name):
    fn, words = MISTAKES[name]
    (row,) = (one for one in repairs.REPAIRS if one.name == name)
    first = next(row.attempt(seen(fn)))
    assert words in first.words
    if first.operator.inputs == first.operator.outputs == "probabilities":
        q = np.asarray(first.operator.fn(jnp.array([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]]), jnp.array([0.5, 0.5])))
        assert q.shape == (3,) and np.allclose(q.sum(), 1)


def test_a_product_of_powers_has_no_weights_to_blame():
    """Where all agree it is what they say, so that neither its weights nor its rows are at fault."""
    (row,) = (one for one in repairs.REPAIRS if one.name == "not normalised")
    (trial,) = row.attempt(seen(lambda P, w: jnp.exp(w @ jnp.log(P))))
    assert trial.words == "the result divided by its sum, q / q.sum()"


def test_other_spellings():
    (words,) = (one.words for one in repairs._with_return(seen(forgets_too)))
    assert "`return w @ P`" in words
    assert next(repairs._other_axis(seen(wrong_side))).words.startswith("`w @ P` in place of `P @ w`")
    assert [one.words for one in repairs._other_axis(seen(turned))][-1].startswith("P.T in place of P")
    assert next(repairs._divided(seen(rows_do_not_sum_to_one))).words.startswith("its rows made to sum to 1")


@pytest.mark.parametrize("fn", [lambda P, w: w @ P, geometric])
def test_nothing_is_noticed_of_a_pool(fn):
    found = {row.name for row in repairs.REPAIRS if row.notice(seen(fn))}
    assert found <= {"0 log 0"}


def test_what_has_no_source_or_leans_on_a_closure_is_not_rewritten():
    q = 1.0
    assert repairs._source(describe(lambda P, w: q * w @ P)) is None
    assert repairs._source(describe(max, name="m")) is None


def test_it_is_offered_once_it_has_been_checked_again():
    report = axiomkd.check(forgets, **FAST, readings=["envelope"])
    assert report.operators[0].repairs == ["with `return q` as its last line: meets what was asked for"]


@pytest.mark.whole
def test_what_does_not_help_is_not_offered():
    def nothing(P, w):
        q = P[0] * P[1]  # noqa: F841

    assert axiomkd.check(nothing, **FAST, readings=["unanimity"]).operators[0].repairs == []


def test_what_cannot_help_is_not_checked_whole():
    """A trial that changes nothing where the operator was refuted is seen to be hopeless in a fraction of a check."""

    def both(P, w):
        v = w * jnp.exp((P * jnp.log(P)).sum(axis=1))
        return v / v.sum() @ P

    def asked(*names):
        return {"one": {axioms.BY_NAME[name].axiom: (name,) for name in names}}

    mean = {"pull": "refuted", "closed": "refuted", "hull": "proved"}
    row = ReadingModel.model_construct
    readings = [row(axiom=axioms.BY_NAME[one].axiom, reading=one, verdict=verdict) for one, verdict in mean.items()]
    seen = repairs._seen(describe(both), blank().model_copy(update={"readings": readings}))
    assert repairs._is_nan_on_faces(seen)
    trial, *_ = repairs._with_xlogy(seen)
    assert not repairs._hopeful(trial.operator, seen, asked("pull"))  # refuted inside, where nothing has changed
    assert not repairs._hopeful(trial.operator, seen, asked("pull", "closed"))
    assert not repairs._hopeful(trial.operator, seen, asked("hull"))  # met before
    assert not repairs._hopeful(trial.operator, seen, asked("closed", "jensen"))  # which nothing has looked at
    assert repairs._hopeful(trial.operator, seen, asked("closed"))
    assert repairs._hopeful(replace(trial.operator, fn=lambda P, w: w @ P), seen, asked("pull"))


def test_whatever_goes_wrong_costs_the_hint_alone(monkeypatch):
    def broken(*args):
        raise RuntimeError("on purpose")

    for name in ("_seen", "_met"):
        with monkeypatch.context() as patch:
            patch.setattr(repairs, name, broken)
            assert repairs.offered(describe(forgets), Settings(), blank("error")) == []


def test_a_valid_operator_and_a_report_of_proofs_have_none():
    assert repairs.offered(describe(forgets), Settings(), blank("valid")) == []
    assert repairs.offered(describe(forgets), Settings(search=False), blank("error")) == []


def test_claims_of_another_profile():
    profiles = {"permissive": True, "paper": True, "article": False, "log": True}
    requires = {axiom: list(names) for axiom, names in axioms.PROFILES["article"].items()}
    one = blank().model_copy(update={"profiles": profiles, "requires": requires})
    told = list(repairs._claims(repairs.Seen(describe(geometric), one, [], []), Settings()))
    assert told == ['as it is it meets log: ask for that with --profile log, or @operator(claims="log")']


def test_it_stands_in_the_text_of_a_violation():
    with pytest.raises(axiomkd.AxiomViolation, match="did you mean: with `return q` as its last line: meets"):
        axiomkd.assert_valid(forgets, **FAST, readings=["envelope"])
