"""Losses, judged by the distribution at which they are least: read off where the algebra shows it, never from points alone."""

from dataclasses import replace
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import jax.scipy.special as jsp
import numpy as np
import pytest
from jax import export

from axiomkd import axioms
from axiomkd.checking import engine, sparse
from axiomkd.core.errors import Misbehaviour, UsageError
from axiomkd.core.operator import describe
from axiomkd.core.settings import Settings
from axiomkd.core.softener import softener
from axiomkd.core.verdict import Holds, Spent
from axiomkd.operators import losses, mixing
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.losses.least import Least
from axiomkd.prove import prover
from axiomkd.prove.proof import Proof
from axiomkd.prove.watch import watched
from axiomkd.tracing.exact import object_array
from axiomkd.verify.asked import at_all_sizes
from axiomkd.zoo import ENTRIES

jax.config.update("jax_enable_x64", True)

RNG = np.random.default_rng(0)
P, W = RNG.dirichlet(np.ones(4), (3, 3)), RNG.dirichlet(np.ones(3), 3)
LINEAR = np.einsum("bk,bkc->bc", W, P)
LOG = np.exp(np.einsum("bk,bkc->bc", W, np.log(P)))
LOG /= LOG.sum(-1, keepdims=True)
ls, sm = jax.nn.log_softmax, jax.nn.softmax


def evaluator(fn, **options) -> Evaluator:
    return Evaluator(describe(fn, **{"name": "loss", "outputs": "loss"} | options), softener("power"))


OF_THE_FORM = {
    "cross-entropy": (lambda z, P, w: -(w @ P) @ ls(z), {}),
    "divergences": (lambda z, P, w: jnp.sum(w * jnp.sum(P * (jnp.log(P) - ls(z)), 1)), {}),
    "of quotients": (lambda z, P, w: jnp.sum(w[:, None] * P * jnp.log(P / sm(z))), {}),
    "relative entropy": (lambda z, P, w: w @ jsp.rel_entr(P, sm(z)).sum(1), {}),
    "by hand": (lambda z, P, w: jnp.log(jnp.sum(jnp.exp(z))) - (w @ P) @ z, {}),
    "log-sum-exp": (lambda z, P, w: jsp.logsumexp(z) - jnp.sum(w @ P * z), {}),
    "a list of losses": (lambda z, P, w: jnp.stack([-(p * ls(z)).sum() for p in P]) @ w, {"layout": "[C]"}),
    "a mean over a batch": (lambda z, P, w: -(w[:, None, None] * P * ls(z)).sum() / len(z), {"layout": "K B C"}),
    "a loss a row": (lambda z, P, w: -jnp.einsum("bkc,k,bc->b", P, w, ls(z)), {"layout": "B K C"}),
    "float32": (lambda z, P, w: -(w @ P) @ ls(z.astype(jnp.float32)).astype(float), {}),
    "NumPy": (lambda z, P, w: -np.sum(w[:, None] * P * (z - np.log(np.sum(np.exp(z))))), {}),
}


@pytest.mark.weekly(6)
@pytest.mark.parametrize("how", OF_THE_FORM)
def test_summed_divergences_have_the_linear_pool_for_a_target(how):
    fn, options = OF_THE_FORM[how]
    found = evaluator(fn, **options)
    assert (found.mode, found.exactly) == ("jax", True)
    np.testing.assert_allclose(found.batch(P, W), LINEAR, atol=1e-14)
    assert losses.told(found.operator).startswith("Σ w_k KL(p_k‖s)")
    mixing.alone(found)


@pytest.mark.whole
def test_it_is_proved_as_its_twin_is_and_followed_exactly():
    found = evaluator(OF_THE_FORM["divergences"][0])
    readings = [r for r in axioms.READINGS if r.name in ("hull", "unanimity", "closed", "nonexpansive", "cold")]
    mine, twin = (
        prover.prove(one, "power", readings, effort="quick", sizes=[(2, 3)])
        for one in (found.operator, describe(ENTRIES["linear"].fn, name="linear"))
    )
    proved = {name for name, one in twin.items() if isinstance(one, Proof)}
    assert proved and {name for name, one in mine.items() if isinstance(one, Proof)} >= proved
    assert all(str(mine[name].scope) == str(twin[name].scope) for name in proved)
    certain = found.exact(object_array([[1, 0], [0, 1]]), object_array(["1/3", "2/3"]))
    assert [str(q) for q in certain] == ["1/3", "2/3"]  # a limit that no student attains


@pytest.mark.whole
def test_a_target_of_logits_and_of_labels():
    log_pool = evaluator(lambda z, t, w: -sm(w @ t) @ ls(z), inputs="logits")
    np.testing.assert_allclose(log_pool.batch(P, W), LOG, atol=1e-14)

    def labelled(z, P, w, labels):
        return 0.3 * -jnp.take_along_axis(ls(z), labels[:, None], 1)[:, 0] - 0.7 * jnp.einsum(
            "kbc,k,bc->b", P, w, ls(z)
        )

    found = evaluator(labelled, layout="K B C", given={"labels": lambda K, C, B: np.arange(B) % C})
    np.testing.assert_allclose(found.batch(P, W), 0.3 * np.eye(4)[0] + 0.7 * LINEAR, atol=1e-14)
    mixing.alone(found)  # a row alone has the first label, and in a batch another


@pytest.mark.whole
def test_weights_out_of_entropies_and_of_labels():
    """Confidence as in losses of several teachers: by the teacher's entropy, or by what it gives the label."""

    def by_entropy(z, P):
        share = sm(jnp.sum(jsp.xlogy(P, P), -1))
        return -jnp.sum(share[:, None] * P * ls(z))

    np.testing.assert_allclose(evaluator(by_entropy).batch(P, W), [_shared(p, np.sum(p * np.log(p), -1)) for p in P])

    def by_label(z, P, label):
        share = sm(jnp.log(P[:, label]))
        return -jnp.sum(share[:, None] * P * ls(z)) - ls(z)[label]

    found = evaluator(by_label, given={"label": 1}).batch(P, W)
    np.testing.assert_allclose(found, [(_shared(p, np.log(p[:, 1])) + np.eye(4)[1]) / 2 for p in P])


def _shared(p, score):
    share = np.exp(score) / np.exp(score).sum()
    return share @ p


# ---- other divergences

QUADRATIC = {
    "the other way": ("KL(s‖", LOG, lambda z, P, w: sm(z) @ (ls(z) - w @ jnp.log(P))),
    "the other way, a teacher each": ("KL(s‖", LOG, lambda z, P, w: w @ jnp.sum(sm(z) * jnp.log(sm(z) / P), 1)),
    "with shares first": ("KL(s‖", LOG, lambda z, P, w: jnp.sum(w[:, None] * sm(z) * (ls(z) - jnp.log(P)))),
    "by xlogy": ("KL(s‖", LOG, lambda z, P, w: w @ (jsp.xlogy(sm(z), sm(z)) - sm(z) * jnp.log(P)).sum(1)),
    "stopped": (
        "KL(s‖",
        LOG,
        lambda z, P, w: jnp.sum(w * jnp.sum(jax.lax.stop_gradient(sm(z)) * (ls(z) - jnp.log(P)), 1)),
    ),
    "a list": (
        "KL(s‖",
        LOG,
        lambda z, P, w: jnp.stack([(sm(z) * (ls(z) - jnp.log(p))).sum() for p in P]) @ w,
    ),
    "squares": ("‖s − ", LINEAR, lambda z, P, w: jnp.sum((sm(z) - w @ P) ** 2)),
    "squares, a teacher each": ("‖s − ", LINEAR, lambda z, P, w: w @ jnp.mean(jnp.square(P - sm(z)), 1)),
    "squares, as sums of products": (
        "‖s − ",
        LINEAR,
        lambda z, P, w: w @ jnp.einsum("kc,kc->k", sm(z) - P, sm(z) - P),
    ),
    "squares of logits": ("‖z − ", LOG, lambda z, P, w: jnp.sum(w * jnp.mean((z - jnp.log(P)) ** 2, 1))),
    "in NumPy": ("‖s − ", LINEAR, lambda z, P, w: np.sum(w[:, None] * (np.exp(z) / np.exp(z).sum() - P) ** 2)),
}


@pytest.mark.weekly(6)
@pytest.mark.parametrize("how", QUADRATIC)
def test_quadratic_divergences_are_read_off(how):
    form, target, fn = QUADRATIC[how]
    found = evaluator(fn)
    assert (found.mode, found.exactly, found.operator.domain) == ("jax", True, "interior")
    np.testing.assert_allclose(found.batch(P, W), target, atol=1e-13)
    assert form in losses.told(found.operator)


def test_what_is_added_in_entropy_is_a_power_of_the_pool():
    found = evaluator(lambda z, P, w: sm(z) @ (ls(z) - w @ jnp.log(P)) + 0.5 * jnp.sum(sm(z) * ls(z)))
    np.testing.assert_allclose(found.batch(P, W), powered(LOG, 1 / 1.5), atol=1e-13)


@pytest.mark.whole
def test_the_other_way_is_proved_as_the_log_pool_is():
    found = evaluator(QUADRATIC["with shares first"][2])
    readings = [axioms.BY_NAME[name] for name in ("unanimity", "commutation", "hot")]
    mine = prover.prove(found.operator, "power", readings, effort="quick", sizes=[(2, 3)])
    assert all(isinstance(one, Proof) and str(one.scope) == "all K, C" for one in mine.values())


@pytest.mark.parametrize(
    ("fn", "inputs"),
    [
        (QUADRATIC["the other way"][2], "probabilities"),
        (QUADRATIC["squares, a teacher each"][2], "probabilities"),
        (lambda z, t, w: jnp.sum(w * jnp.mean((z - t) ** 2, 1)), "logits"),  # the student is repeated for each teacher
    ],
)
def test_reading_a_loss_asks_no_size_for_its_value(fn, inputs):
    """Neither as the prover asks nor as verify does: no proof for all sizes would come of it."""
    found = evaluator(fn, inputs=inputs)
    sizes = export.symbolic_shape("K, C", constraints=["K >= 2", "C >= 2"])

    def trace():
        given = jax.ShapeDtypeStruct(sizes, jnp.float64), jax.ShapeDtypeStruct(sizes[:1], jnp.float64)
        return jax.make_jaxpr(found.traceable)(*given)

    assert not at_all_sizes(trace, [])[1]
    with watched(sizes[0], 2, found.operator.fn) as asked:
        trace()
    assert not asked


def test_a_square_that_no_student_attains_is_not_read_off():
    """Its centre has a negative entry: the least value is at an edge, which the panels that are looked at show."""
    fn = lambda z, P, w: jnp.sum((sm(z) - 4 * (w @ P - 1 / len(z))) ** 2) - 1e-3 * 0 * z[0]  # noqa: E731
    operator = losses.judged(describe(fn, name="loss", outputs="loss"))
    assert isinstance(operator.fn, Least) and "attained by no student" in operator.fn.reason


# ---- temperatures


def powered(q, n):
    return q**n / (q**n).sum(-1, keepdims=True)


@pytest.mark.parametrize(
    ("fn", "target"),
    [
        (lambda z, t, w, T=4.0: T**2 * -jnp.sum(w[:, None] * sm(t / T) * ls(z / T)), lambda q, T: q),
        (lambda z, t, w, T: -jnp.sum(w[:, None] * sm(t / T) * ls(z)), lambda q, T: powered(q, 1 / T)),
        (lambda z, t, w, T: -jnp.sum(w[:, None] * sm(t / T) * ls(z / 4)), lambda q, T: powered(q, 4 / T)),
    ],
)
def test_the_student_is_softened_where_the_loss_takes_T(fn, target):
    found = evaluator(fn, inputs="logits")
    q = np.einsum("bk,bkc->bc", W, powered(P, 1 / 2.5))
    np.testing.assert_allclose(found.batch(P, W, 2.5), target(q, 2.5), atol=1e-13)


def test_a_student_is_not_softened_by_a_temperature_for_each_teacher():
    found = evaluator(lambda z, t, w, Ts: -jnp.sum(w[:, None] * sm(t / Ts[:, None]) * ls(z)), inputs="logits")
    each = np.array([1.0, 2.5, 0.5])
    softened = np.stack([powered(P[:, k], 1 / each[k]) for k in range(3)], 1)
    target = np.einsum("bk,bkc->bc", W, softened)
    np.testing.assert_allclose(found.batch(P, W, np.tile(each, (3, 1))), target, atol=1e-13)


def test_a_temperature_that_is_written_in_is_not_undone():
    found = evaluator(lambda z, P, w: -(w @ P) @ ls(z / 4))
    assert found.exactly
    np.testing.assert_allclose(found.batch(P, W), powered(LINEAR, 4), atol=1e-13)


# ---- what is found in floats

IN_FLOATS = {
    "both ways": (lambda z, P, w: (sm(z) - w @ P) @ (ls(z) - jnp.log(w @ P)), LINEAR),
    "a root": (lambda z, P, w: jnp.sqrt(1 + jnp.sum((sm(z) - w @ P) ** 2)), LINEAR),
    "in a loop": (
        lambda z, P, w: jax.lax.fori_loop(0, 2, lambda _, x: x + jnp.sum((sm(z) - w @ P) ** 2), 0.0),
        LINEAR,
    ),
    "NumPy": (lambda z, P, w: np.sqrt(1 + np.sum((np.exp(z) / np.exp(z).sum() - w @ P) ** 2)), LINEAR),
}


@pytest.mark.weekly(6)
@pytest.mark.parametrize("how", IN_FLOATS)
def test_other_losses_are_minimised(how):
    fn, target = IN_FLOATS[how]
    found = evaluator(fn)
    assert isinstance(found.operator.fn, Least) and found.operator.domain == "interior" and not found.exactly
    np.testing.assert_allclose(found.batch(P[:2], W[:2]), target[:2], atol=1e-5 if how == "NumPy" else 1e-8)
    assert found.rounding.iterates and found.rounding.coarse
    assert "in floats" in losses.told(found.operator)


def test_a_search_that_stays_at_the_edge_that_it_begins_at_begins_anew_beside_it():
    """The cross-entropies of each class by itself are least at log m/(1 − m); as it is written |z| has no slope at 0."""

    def loss(z, P, w):
        return jnp.sum((1 - w @ P) * z + jnp.maximum(-z, 0) + jnp.log1p(jnp.exp(-jnp.abs(z))))

    target = LINEAR / (1 - LINEAR)
    found = evaluator(loss).operator.fn
    target /= target.sum(-1, keepdims=True)
    for way in (np.stack([found(p, w) for p, w in zip(P, W, strict=True)]), found.many(P, W)):
        assert np.allclose(way, target, atol=1e-8)


@pytest.mark.whole
def test_a_stopped_gradient_changes_no_target():
    """By its gradient this would be a cross-entropy with shares of the student's; by its value it is another function."""
    found = evaluator(lambda z, P, w: -jnp.sum((1 - jax.lax.stop_gradient(sm(z))) ** 2 * (w @ P) * ls(z)))
    plain = evaluator(lambda z, P, w: -jnp.sum((1 - sm(z)) ** 2 * (w @ P) * ls(z)))
    np.testing.assert_allclose(found.batch(P[:1], W[:1]), plain.batch(P[:1], W[:1]), atol=1e-8)


@pytest.mark.parametrize(("cases", "verdict"), [(sparse.FEWEST - 1, "inconclusive"), (sparse.FEWEST, "holds")])
def test_few_cases_of_a_minimised_loss_leave_a_claim_open(cases, verdict):
    operator = describe(lambda z, P, w: 0.0, name="loss", outputs="loss", domain="interior")
    minimised = SimpleNamespace(operator=replace(operator, fn=Least(operator.fn, operator, "")))
    assert sparse.judged(minimised, "transfer", Holds(Spent(cases)))[0].verdict == verdict
    assert sparse.judged(SimpleNamespace(operator=operator), "transfer", Holds(Spent(cases)))[0].verdict == "holds"


NOT_OF_THE_FORM = {
    "a sign": lambda z, P, w: jnp.sum((sm(z) - w @ P) ** 2) + 0.1 * sm(z) @ (ls(z) - w @ jnp.log(P)),
    "a label too": lambda z, P, w: sm(z) @ (ls(z) - w @ jnp.log(P)) - 0.1 * ls(z)[0],
    "another student's logarithm": lambda z, P, w: sm(z) @ (ls(z / 2) - w @ jnp.log(P)) + 0.1 * jnp.sum(z**2),
    "logits that are not normalised": lambda z, P, w: sm(z) @ (z - w @ jnp.log(P)) + jnp.sum(z**2),
    "shares by class": lambda z, P, w: jnp.sum(w[:, None] * P * sm(z) * (ls(z) - jnp.log(P))),
    "squares by class": lambda z, P, w: jnp.sum(jnp.arange(1.0, len(z) + 1) * (sm(z) - w @ P) ** 2),
    "cubes": lambda z, P, w: jnp.sum(jnp.abs(sm(z) - w @ P) ** 3) - 1e-2 * (w @ P) @ ls(z),
    "squares of log-probabilities": lambda z, P, w: jnp.sum((ls(z) - w @ jnp.log(P)) ** 2),
    "off the simplex": lambda z, P, w: jnp.sum((sm(z) - 3 * (w @ P) + jnp.arange(len(z))) ** 2) - 0.1 * (w @ P) @ ls(z),
    "by the logit itself": lambda z, P, w: jnp.sum((z - jnp.log(P[0])) ** 2 * (1 + 0.1 * jnp.arange(len(z)))),
    "squares and a cross-entropy": lambda z, P, w: jnp.sum((sm(z) - w @ P) ** 2) - (w @ P) @ ls(z),
    "mixed temperatures": lambda z, P, w: -(w @ P) @ (ls(z) + ls(z / 3)),
    "near 0 alone": lambda z, P, w: jnp.where(jnp.abs(z).max() < 3, 1.0, 1.1) * -(w @ P) @ ls(z),
    "few classes alone": lambda z, P, w: -(w @ P) @ (ls(z) if len(z) < 5 else jnp.log(0.9 * sm(z) + 0.1 / len(z))),
    "clipped": lambda z, P, w: -(w @ P) @ jnp.log(jnp.clip(sm(z), 1e-8, 1)),
    "a small number in the logarithm": lambda z, P, w: -(w @ P) @ jnp.log(sm(z) + 1e-8),
    "the student's choice": lambda z, P, w: -(w @ P) @ ls(z) + 0.01 * P[0, jnp.argmax(z)],
    "focal": lambda z, P, w: -jnp.sum((w @ P) * (1 - sm(z)) ** 2 * ls(z)),
}


@pytest.mark.whole
@pytest.mark.weekly(9)
@pytest.mark.parametrize("how", NOT_OF_THE_FORM)
def test_what_is_not_of_the_form_is_never_read_off(how, one_size):
    operator = losses.judged(describe(NOT_OF_THE_FORM[how], name="loss", outputs="loss"))
    assert isinstance(operator.fn, Least) and operator.fn.reason
    answers = prover.prove(operator, "power", axioms.READINGS[:3], effort="quick", sizes=[(2, 3)])
    assert not any(isinstance(one, Proof) for one in answers.values())


@pytest.mark.parametrize(
    ("fn", "text"),
    [
        (lambda z, P, w: jnp.sum(w @ P), "the same whatever the student is"),
        (lambda z, P, w: (w @ P) @ z, "linear in the student's logits"),
        (lambda z, P, w: (w @ P) @ ls(z), "concave"),
        (lambda z, P, w: jsp.logsumexp(z) - 2 * (w @ P) @ z, "falls without end"),
        (lambda z, P, w: -sm(z)[0], "puts all on one class"),
        (lambda z, P, w: (sm(z)[0] - 0.3) ** 2, "flat"),
        (lambda z, P, w: jnp.abs(sm(z) - w @ P).sum(), "an edge where it is least"),
        (lambda z, P, w: -(w @ P) * ls(z), "returned shape"),
    ],
)
def test_a_loss_without_a_single_minimum_is_an_error(fn, text):
    with pytest.raises(Misbehaviour, match=text):
        found = evaluator(fn, C=range(3, 9))
        found.checked(np.array([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]]), np.array([0.25, 0.75]))


def test_a_loss_that_mixes_its_batch_is_found():
    def mixed(z, P, w):
        q = jnp.einsum("kbc,k->bc", P, w)
        return -jnp.sum((q + q.mean(0)) * ls(z))

    with pytest.raises(Misbehaviour, match="mixes its batch"):
        mixing.alone(evaluator(mixed, layout="K B C"))


@pytest.mark.parametrize("labels", [np.arange, lambda B: [*range(B)], lambda B: np.arange(B)[:, None]])
def test_what_is_given_with_each_row_is_no_mixing(labels):
    def pool(P, labels, share):
        return P.mean(0) + 0 * share + jnp.asarray(labels).reshape(-1, 1) * 1e-3

    given = {"labels": lambda K, C, B: labels(B), "share": 0.5}
    options = {"outputs": "probabilities", "layout": "K B C", "weights": "none", "given": given}
    mixing.alone(evaluator(pool, **options))
    with pytest.raises(Misbehaviour, match="mixes its batch"):
        mixing.alone(evaluator(lambda P, labels, share: P.mean(0).mean(0) + 0 * pool(P, labels, share), **options))


def test_what_is_declared_is_looked_at():
    loss = describe(lambda student, teachers, T: 0.0, name="x", outputs="loss")
    assert not loss.has_weights and loss.takes_temperature
    assert describe(lambda student, teachers, w: 0.0, name="x", outputs="loss").has_weights
    with pytest.raises(UsageError, match="'probabilities', 'logits', 'log-probabilities', 'loss'"):
        describe(lambda z, P, w: 0.0, name="x", outputs="losses")


def test_an_undeclared_layout_of_a_loss_is_found():
    found = evaluator(lambda z, P, w: -jnp.einsum("bkc,k,bc->b", P, w, ls(z, axis=1)))
    assert found.operator.assumed == {"layout": "B K C"}
    np.testing.assert_allclose(found.batch(P, W), LINEAR, atol=1e-14)


@pytest.mark.slow
def test_a_whole_check_of_a_minimised_loss_ends_with_verdicts_that_are_true():
    """Σ_k w_k JS(p_k, s) in two ways: where the target is known, and where what is refuted was found by hand."""

    def jensen_shannon(z, P, w):
        s = sm(z)
        m = (P + s) / 2
        return w @ (jsp.rel_entr(P, m) + jsp.rel_entr(s, m)).sum(1) / 2

    operator = describe(jensen_shannon, name="loss", outputs="loss")
    *_, finished = engine.check(operator, Settings(effort="quick"))
    verdicts = {one.reading: one.verdict for one in finished.result.readings}
    assert {name for name, one in verdicts.items() if one == "refuted"} == {
        *("envelope", "hull", "favourite", "coordinate", "transfer", "strict-transfer"),
        *("nonexpansive", "ranking", "entropy", "commutation"),
    }
    assert all(verdicts[name] == "holds" for name in ("unanimity", "inheritance", "interior", "pull", "hot"))


@pytest.mark.whole
def test_a_minimised_loss_beside_a_face_is_no_error():
    """Where a probability underflows no number says what the loss is: it is undefined there, and not without a minimum."""
    found = evaluator(lambda z, P, w: w @ jsp.rel_entr((P + sm(z)) / 2, P).sum(1))
    q = found.batch(np.array([[[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]]]), np.array([[0.5, 0.5]]))
    assert np.isnan(q).all()
