"""Functions that take their teachers as training code has them: batches, lists, logits, no weights, other names."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from axiomkd import axioms
from axiomkd.axioms.weighted import of_weights
from axiomkd.checking import engine
from axiomkd.core import layout as layouts
from axiomkd.core.errors import Misbehaviour, UsageError
from axiomkd.core.operator import describe
from axiomkd.core.settings import Settings
from axiomkd.core.softener import softener
from axiomkd.operators import guess, mixing
from axiomkd.operators.evaluate import Evaluator
from axiomkd.operators.recorder import Recorder

jax.config.update("jax_enable_x64", True)

RNG = np.random.default_rng(0)
P, W = RNG.dirichlet(np.ones(4), (5, 3)), RNG.dirichlet(np.ones(3), 5)
LINEAR = np.einsum("bk,bkc->bc", W, P)

SPELLED = {
    "K C": lambda P, w: w @ P,
    "C K": lambda P, w: P @ w,
    "K B C": lambda P, w: jnp.einsum("kbc,k->bc", P, w),
    "B K C": lambda P, w: jnp.einsum("bkc,k->bc", P, w),
    "B C K": lambda P, w: jnp.einsum("bck,k->bc", P, w),
    "C B K": lambda P, w: jnp.einsum("cbk,k->bc", P, w),
    "[C]": lambda P, w: sum(w[k] * P[k] for k in range(len(P))),
    "[B C]": lambda P, w: sum(w[k] * P[k] for k in range(len(P))),
    "[C B]": lambda P, w: sum(w[k] * P[k] for k in range(len(P))).T,
}
WEIGHED = {
    "B K": lambda P, w: jnp.einsum("bkc,bk->bc", P, w),
    "K B": lambda P, w: jnp.einsum("bkc,kb->bc", P, w),
}


def evaluator(fn, **options) -> Evaluator:
    return Evaluator(describe(fn, name="pool", **options), softener("power"))


@pytest.mark.weekly(4)
@pytest.mark.parametrize("layout", SPELLED)
def test_a_layout_is_a_function_of_one_panel(layout):
    found = evaluator(SPELLED[layout], layout=layout)
    assert found.mode == "jax" and found.exactly
    np.testing.assert_allclose(found.batch(P, W), LINEAR, atol=1e-15)
    mixing.alone(found)


@pytest.mark.parametrize("weights", WEIGHED)
def test_weights_may_be_each_panels_own(weights):
    found = evaluator(WEIGHED[weights], layout="B K C", weights=weights)
    np.testing.assert_allclose(found.batch(P, W), LINEAR, atol=1e-15)
    mixing.alone(found)


def test_numpy_code_gets_the_batches_that_it_takes():
    found = evaluator(lambda P, w: np.einsum("bkc,bk->bc", P, w), layout="B K C", weights="B K", backend="numpy")
    assert found.mode == "numpy"
    many = np.concatenate([P] * 5), np.concatenate([W] * 5)
    np.testing.assert_allclose(found.batch(*many), np.concatenate([LINEAR] * 5), atol=1e-15)


@pytest.mark.parametrize("form", ["logits", "log-probabilities"])
def test_logarithms_go_in_and_out(form):
    found = evaluator(lambda z, w: jnp.log(w @ jax.nn.softmax(z, -1)), inputs=form, outputs="log-probabilities")
    np.testing.assert_allclose(found.batch(P, W), LINEAR, atol=1e-15)


def test_log_probabilities_are_not_normalised_again():
    found = evaluator(lambda z, w: jnp.log(w @ jnp.exp(z)) + 1, inputs="log-probabilities", outputs="log-probabilities")
    np.testing.assert_allclose(found.batch(P, W), np.e * LINEAR, atol=1e-14)


def test_a_temperature_has_any_name():
    def soften(P, w, tau):
        q = (w @ P) ** (1 / tau)
        return q / q.sum()

    operator = describe(soften, temperature="tau")
    assert operator.takes_temperature and not operator.constants
    q = Evaluator(operator, softener("power")).batch(P, W, 2.0)
    np.testing.assert_allclose(q, LINEAR**0.5 / (LINEAR**0.5).sum(-1, keepdims=True), atol=1e-14)


def test_temperatures_have_any_name():
    def soften(P, w, taus):
        q = P ** (1 / taus[:, None])
        return w @ (q / q.sum(-1, keepdims=True))

    operator = describe(soften, temperatures="taus")
    assert operator.each_temperature
    np.testing.assert_allclose(Evaluator(operator, softener("power")).batch(P, W, 1.0), LINEAR, atol=1e-14)


@pytest.mark.whole
def test_what_is_given_is_made_for_the_size():
    seen = []

    def pool(P, w, labels, alpha):
        assert labels.shape == (P.shape[0],) and alpha == 0.5
        return jnp.einsum("bkc,k->bc", P, w)

    def labels(K, C, B):
        seen.append((K, C, B))
        return np.zeros(B, int)

    found = evaluator(pool, layout="B K C", given={"labels": labels, "alpha": 0.5})
    np.testing.assert_allclose(found.batch(P, W), LINEAR, atol=1e-15)
    mixing.alone(found)
    assert {B for _, _, B in seen} > {1} and any(B not in (K, C) for K, C, B in seen)


def test_no_second_parameter_is_no_weights():
    def mean(teachers, T, alpha=0.5):
        return sum(teachers) / len(teachers) + 0 * alpha

    assert not describe(mean).has_weights
    assert not describe(lambda P: P.mean(0)).has_weights
    assert describe(lambda P, w: P.mean(0)).has_weights
    assert describe(lambda P, w=None: P.mean(0)).has_weights
    assert describe(lambda *args: args[0].mean(0)).has_weights
    assert not describe(lambda P, labels: P.mean(0), given={"labels": 0}).has_weights


@pytest.mark.parametrize("reading", axioms.EVERY, ids=lambda r: r.name)
def test_a_reading_speaks_of_weights_where_its_formula_does(reading):
    formula = reading.formula.replace("w_k > 0", "")  # where it is asked, not what is claimed
    speaks = any(word in formula for word in ("w_k", "w(t)", "e_k", "w +", "w_j"))
    assert of_weights(reading) == speaks or reading.axiom == "weight-monotonicity", reading.formula


@pytest.mark.whole
def test_of_what_has_no_weights_no_teacher_weighs_nothing():
    """A geometric mean keeps a class out that one teacher rules out; to say that this teacher has no weight says nothing of it."""

    def geometric(teachers):
        q = jnp.prod(jnp.stack(teachers), axis=0) ** (1 / len(teachers))
        return q / q.sum()

    made = describe(geometric, layout="[C]")
    done = list(
        engine.check(made, Settings(effort="quick", K=(2,), C=(2, 3), readings=("positivity/common-support",)))
    )[-1]
    assert [r.verdict for r in done.result.readings] != ["refuted"]


# ---- what nobody declared


@pytest.mark.parametrize("layout", [one for one in SPELLED if one not in ("K C", "[C]", "[B C]", "[C B]")])
def test_an_undeclared_layout_is_found(layout):
    found = guess.settled(describe(SPELLED[layout]))
    assert str(found.call.layout) == layout and found.assumed == {"layout": layout}


def test_undeclared_weights_of_each_panel_are_found():
    found = guess.settled(describe(lambda P, w: jnp.einsum("kbc,bk->bc", P, w)))
    assert found.assumed == {"layout": "K B C", "weights": "B K"}


def test_a_list_is_found():
    def pool(teachers, w):
        assert isinstance(teachers, list) and teachers[0].ndim == 2
        return sum(w[k] * one for k, one in enumerate(teachers))

    assert guess.settled(describe(pool)).assumed == {"layout": "[B C]"}


def test_numpy_code_is_tried_too():
    def pool(P, w):
        return np.einsum("bkc,k->bc", np.asarray(P, float), w)

    assert guess.settled(describe(pool, backend="numpy")).assumed == {"layout": "B K C"}
    assert guess.settled(describe(pool)).assumed == {"layout": "B K C"}


def test_what_works_as_usual_is_left_alone():
    for fn in (SPELLED["K C"], SPELLED["[C]"], lambda P, w: P.mean(0), lambda P, w: (w[:, None] * P).sum(1)):
        made = describe(fn)
        assert guess.settled(made).call == made.call


def test_two_ways_are_refused_with_both():
    def either(P):
        first = P[0] if isinstance(P, list) else None
        if first is None and P.ndim != 3:
            raise TypeError("three axes, or a list")
        return (sum(P) / len(P)) ** 2 if isinstance(P, list) else P.mean(1)

    with pytest.raises(Misbehaviour, match=r'layout="\[C\]", or layout="B K C"'):
        guess.settled(describe(either))


@pytest.mark.whole
def test_a_slip_that_would_be_right_for_batches_is_told_as_both():
    found = evaluator(lambda P, w: (w[:, None] * P).sum(1))
    with pytest.raises(Misbehaviour, match=r'sum\(axis=0\).*layout="B K C"'):
        found.checked(P[0], W[0])


# ---- batches are told from panels


MIXED = {
    "normalised over the batch": lambda P, w: (q := jnp.einsum("bkc,k->bc", P, w)) / q.sum(),
    "centred on the batch": lambda P, w: (q := jnp.einsum("bkc,k->bc", P, w)) - q.mean(0) + 1 / q.shape[1],
    "counted": lambda P, w: jnp.einsum("bkc,k->bc", P, w) / P.shape[0],
    "the first for all": lambda P, w: jnp.broadcast_to(w @ P[0], (P.shape[0], P.shape[2])),
    "the neighbour's": lambda P, w: jnp.roll(jnp.einsum("bkc,k->bc", P, w), 1, axis=0),
}


@pytest.mark.parametrize("how", MIXED)
def test_a_batch_that_is_mixed_is_found(how):
    found = evaluator(MIXED[how], layout="B K C")
    with pytest.raises(Misbehaviour, match="mixes its batch: panel . of 3 .*K = 2, C = 2"):
        mixing.alone(found)


def test_a_batch_that_is_mixed_where_a_panel_is_nearly_certain_is_found():
    def swaps(P, w):
        q = jnp.einsum("bkc,k->bc", P, w)
        return jnp.where(q[0, 0] > 0.99, q[::-1], q)

    with pytest.raises(Misbehaviour, match="mixes its batch"):
        mixing.alone(evaluator(swaps, layout="B K C"))


MIXED_SELDOM = {
    "many": lambda P, w: _mean_where(True, P, w, least=9),
    "two alike": lambda P, w: _mean_where(jnp.all(P[0] == P[1]), P, w, least=2),
}


def _mean_where(condition, P, w, *, least):
    q = jnp.einsum("bkc,k->bc", P, w)
    return jnp.where(condition & (len(P) >= least), q.mean(0), q)


@pytest.mark.parametrize("how", MIXED_SELDOM)
def test_a_batch_that_is_mixed_where_there_are_many_panels_or_two_alike_is_found(how):
    with pytest.raises(Misbehaviour, match="mixes its batch"):
        mixing.alone(evaluator(MIXED_SELDOM[how], layout="B K C"))


def test_a_batch_that_is_mixed_by_its_temperature_alone_is_found():
    def softened(P, w, T):
        q = jnp.einsum("bkc,k->bc", jax.nn.softmax(jnp.log(P) / T, -1), w)
        return q + jnp.log(T) * (q.mean(0) - q) / 9

    with pytest.raises(Misbehaviour, match="mixes its batch"):
        mixing.alone(evaluator(softened, layout="B K C"))


def test_what_a_batch_is_divided_by_may_be_shared_where_it_cancels():
    def scaled(P, w):
        z = jnp.einsum("bkc,k->bc", jnp.log(P), w)
        e = jnp.exp(z - z.max())
        return e / e.sum(-1, keepdims=True)

    mixing.alone(evaluator(scaled, layout="B K C"))


def test_a_function_that_takes_one_panel_only_is_told():
    found = evaluator(lambda P, w: (w @ P.squeeze(0))[None], layout="B K C")
    with pytest.raises(Misbehaviour, match="raised .* on one of 3"):
        mixing.alone(found)


# ---- what is refused


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"layout": "K K"}, "layout='K K' is not one of"),
        ({"layout": "[K C]"}, r"layout='\[K C\]' is not one of"),
        ({"layout": "B K"}, "is not one of"),
        ({"layout": 3}, "is not one of"),
        ({"weights": "w"}, "weights='w' is not one of"),
        ({"weights": "B K"}, 'has an axis B of panels, and layout="K C" has none'),
        ({"temperature": "tua"}, "names 'tua', and the function's parameters are P, w, tau. Did you mean 'tau'"),
        ({"given": {"label": 0}}, "given names 'label'"),
        ({"inputs": "log-probs"}, "inputs='log-probs' is not one of"),
    ],
)
def test_what_is_declared_wrongly_is_one_error(options, text):
    with pytest.raises(UsageError, match=text):
        describe(lambda P, w, tau=1.0: w @ P, **options)


@pytest.mark.parametrize("text", ["K C", "C K", "K B C", "[C]", "[B C]", "[C B]"])
def test_a_layout_is_written_as_it_is_read(text):
    assert str(layouts.layout(text)) == text


@pytest.mark.parametrize("names", ["w, P", "weights, probs"])
def test_parameters_the_other_way_round_are_no_layout(names, tmp_path):
    """`w @ P` of panels that are turned is a pool too: not the one that was written."""
    first, second = names.split(", ")
    fn = eval(f"lambda {names}: {first} @ {second}")
    recorder = Recorder(str(tmp_path / "calls"))  # as a worker has it
    for one in (describe(fn), replace(describe(fn), fn=recorder.around(fn))):
        with pytest.raises(Misbehaviour, match=rf"takes \({first}, {second}\), and is called with the teachers first"):
            guess.settled(one)
    assert guess.settled(describe(eval("lambda a, b: a @ b"))).assumed == {"layout": "C K"}
