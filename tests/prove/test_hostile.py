"""Operators built to break a theorem or a rule, one hypothesis each: what is false of them is never proved.

Each comes with the readings that are false, and those that are to be proved all the same.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from axiomkd import axioms
from axiomkd.core.operator import describe
from axiomkd.core.scope import AtSizes
from axiomkd.prove import prover
from axiomkd.prove.proof import Proof
from axiomkd.tracing import numerics

pytestmark = pytest.mark.usefixtures("one_size")

numerics.prepare()

CASES: dict[str, tuple] = {}
WEIGHTS = "pull responsive favourite coordinate"


def case(why: str, false: str = "", true: str = "", **options):
    """Record the decorated operator: why it is hard, what is false of it, and what is proved of it nevertheless."""

    def record(fn):
        CASES[fn.__name__] = (fn, why, false.split(), true.split(), options)
        return fn

    return record


def unit(q):
    return q / q.sum()


# --- axes that may be empty, sizes that code asks for -------------------------------------------------------------------


@case("nothing is left of two teachers: 0/0", "interior closed lipschitz", "simplex nonnegative")
def all_but_two(P, w):
    return unit(w[2:] @ P[2:])


@case("a trimmed mean of two teachers is 0/0", "interior closed lipschitz")
def trimmed(P, w):
    return unit(jnp.sort(P, axis=0)[1:-1].sum(0))


@case("the sum over no teacher is 0, not positive", "common-support any-support simplex", "nonnegative")
def rest_of_two(P, w):
    return jnp.sum(jnp.exp(P[2:]), axis=0)


@case("the sum over no class is 0", "simplex interior closed lipschitz unanimity")
def beyond_two_classes(P, w):
    return w @ P / jnp.sum(jnp.exp(P[0, 2:]))


@case("the sum of no teacher is below any entry", "nonnegative")
def sum_of_all_but_two(P, w):
    return P[:-2].sum(0) - P[0]


@case("entry 0 is not among none", "nonnegative")
def none_of_two(P, w):
    return lax.slice_in_dim(P, 0, P.shape[0] - 2, axis=0).sum(0) - P[0]


@case("the least of 2 and of no entry is 2", "nonnegative")
def least_of_none(P, w):
    rest = lax.slice_in_dim(P, 0, P.shape[0] - 2, axis=0)
    return 1.5 - lax.scan(lambda s, x: (jnp.minimum(s, x), None), 2 + 0 * P[0], rest)[0]


@case("the product of none is 1, not below it", "common-support any-support", "nonnegative")
def all_but_product(P, w):
    return 1 - lax.slice_in_dim(P, 0, P.shape[0] - 2, axis=0).prod(0)


@case("no place is 1/2", "common-support any-support", "nonnegative")
def half_a_place(P, w):
    return jnp.sum(jnp.where(jnp.arange(P.shape[0]) == 0.5, jnp.exp(w), 0.0)) * P.mean(0)


@case("no place is K/2 where K is odd", "common-support any-support simplex hull", "nonnegative")
def middle_place(P, w):
    return jnp.sum(jnp.where(jnp.arange(P.shape[0]) == P.shape[0] / 2, jnp.exp(w), 0.0)) * P.mean(0)


@case("an attained 0: a sum of what is at least 1, less 2", "common-support any-support", "nonnegative")
def attained(P, w):
    return jnp.sum(jnp.exp(jnp.maximum(P - 0.5, 0.0)), axis=0) - 2


@case("the empty product is 1", "simplex common-support")
def empty_product(P, w):
    return w @ P - jnp.prod(P[2:]) * jnp.ones_like(P[0]) / P.shape[1]


@case("another function at two teachers")
def at_two_teachers(P, w):
    return -P[0] if P.shape[0] == 2 else w @ P


@case("another function at five teachers: no other size tells")
def at_five_teachers(P, w):
    return -P[0] if P.shape[0] == 5 else w @ P


@case("another function where K = C")
def at_square_panels(P, w):
    return -P[0] if P.shape[0] == P.shape[1] else w @ P


@case("another function where K is odd")
def at_odd_numbers(P, w):
    if P.shape[0] % 2 != 1:
        return w @ P
    return -P[0]


@case("another function at listed sizes")
def at_listed_sizes(P, w):
    return -P[0] if P.shape[0] in (5, 7) else w @ P


@case("a factor by the number of teachers")
def by_table(P, w):
    return {5: -1.0}.get(P.shape[0], 1.0) * (w @ P)


@case("a whole number that is negative at small sizes", "nonnegative simplex common-support any-support")
def less_than_five(P, w):
    return P.mean(0) * ((P.shape[0] - 5) // 2)


@case("K - 3 is negative at K = 2", "nonnegative simplex common-support any-support")
def less_than_three(P, w):
    return P.mean(0) * (P.shape[0] - 3)


@case("1/(K - 2) is infinite at K = 2", "interior closed")
def over_two_less(P, w):
    return P.sum(0) / (P.shape[0] - 2)


# --- entries, maxima and order statistics that are not of one row ------------------------------------------------------------


@case("the last teacher is not among those of the maximum", "nonnegative")
def below_the_others(P, w):
    return jnp.sum(-(P - jnp.max(P[:-1], axis=0)), axis=0)


@case("the first teacher is not among those of the minimum", "nonnegative")
def above_the_others(P, w):
    return jnp.sum(P - jnp.min(P[1:], axis=0), axis=0)


@case("a softmax over fewer teachers, read at all of them", "simplex nonexpansive")
def shifted_softmax(P, w):
    logits = jnp.log(P)
    rest = logits[:-1]
    top = jnp.max(rest, axis=0)
    return jnp.mean(jnp.exp(logits - top) / jnp.sum(jnp.exp(rest - top), axis=0), axis=0)


@case("the place of an order statistic jumps with w", "interior closed lipschitz responsive")
def place_by_weight(P, w):
    return unit(jnp.sort(P, axis=0)[jnp.argmax(w)])


@case("the place of an order statistic jumps with P", "interior closed lipschitz")
def place_by_panel(P, w):
    return unit(jnp.sort(P, axis=0)[jnp.argmax(P[:, 0])])


@case("order statistics of two different arrays", "nonnegative simplex")
def two_orders(P, w):
    return jnp.sort(P, axis=0)[-1] - jnp.sort(w[:, None] + P, axis=0)[0]


@case("weights in order are no teacher's weights", f"{WEIGHTS} hull common-support any-support")
def sorted_weights(P, w):
    return jnp.sort(w) @ P


@case("columns in order are no teacher's rows", "hull unanimity responsive")
def sorted_classes(P, w):
    return w @ jnp.sort(P, axis=1)


@case("cumulated weights", WEIGHTS)
def cumulated(P, w):
    return unit(jnp.cumsum(w)) @ P


# --- weights: shares, choices, the pull lemma ---------------------------------------------------------------------------


@case("shares that do not vanish with w", "pull responsive coordinate", "hull")
def half_equal(P, w):
    return (w + 1 / P.shape[0]) / 2 @ P


@case("exponent -1: more weight, less say", WEIGHTS, "hull")
def inverse_weights(P, w):
    return unit(1 / w) @ P


@case("c_k depends on w", WEIGHTS)
def own_strength(P, w):
    return unit(w * jnp.exp(-5 * w)) @ P


@case("w_k^a with a that depends on the teacher", WEIGHTS)
def power_by_teacher(P, w):
    v = w ** (1 + 3 * P[:, 0])
    return unit(v) @ P


@case("c_k may be 0: then the vertex is 0/0", "interior closed", "hull pull favourite coordinate")
def strength_zero(P, w):
    return unit(w * jnp.maximum(P[:, 0] - P[:, 1], 0)) @ P


@case("c_k may be 0, and vertices are limits: A(P, e_k) is the others' pool", "responsive interior", domain="interior")
def strength_zero_inside(P, w):
    return unit(w * jnp.maximum(P[:, 0] - P[:, 1], 0)) @ P


@case("the choice by a score that may be 0: at a vertex all tie", "responsive")
def choice_zero(P, w):
    return P[jnp.argmax(w * jnp.maximum(P[:, 0] - P[:, 1], 0))]


@case("the last of the largest, by counting down", "interior", "")
def last_choice(P, w):
    K = P.shape[0]
    return P[K - 1 - jnp.argmax(w[::-1])]


@case("the teacher of the least weight", WEIGHTS, "hull")
def least_weight(P, w):
    return P[jnp.argmin(w)]


@case("the largest of 1 - w", WEIGHTS, "hull")
def most_of_the_others(P, w):
    return P[jnp.argmax(1 - w)]


@case("the largest sum of weight and confidence: ties move with t", "responsive pull coordinate", "hull")
def added_score(P, w):
    return P[jnp.argmax(w + P[:, 0])]


@case("scores of squared weights have no winner's lemma", "", "simplex entropy")
def winner_of_squares(P, w):
    return jax.nn.one_hot(jnp.argmax(w**2 @ P), P.shape[1])


@case("the loser of pooled scores", "unanimity", "simplex entropy")
def loser(P, w):
    return jax.nn.one_hot(jnp.argmin(w @ P), P.shape[1])


@case("a power mean with the outer exponent wrong", "unanimity responsive")
def wrong_root(P, w):
    return unit((w @ P**2) ** 0.25)


@case("a power mean of squared weights", "", "simplex")
def mean_of_squared_weights(P, w):
    return unit(jnp.sqrt(w**2 @ P**2))


@case("a maximum of w^2 p is outside of the lemma's list", "", "simplex")
def maximum_of_squares(P, w):
    return unit(jnp.max((w**2)[:, None] * P, axis=0))


@case("an affine part that depends on w", "favourite coordinate")
def moving_part(P, w):
    return w @ P / 2 + (1 - jnp.max(w)) * P[0] / 2 + jnp.max(w) / 2 / P.shape[1]


@case("w is seen through NaN only", "responsive", "pull favourite coordinate")
def nothing_of_w(P, w):
    return P.mean(0) + 0 * jnp.sum(w)


# --- temperature -----------------------------------------------------------------------------------------------------------


@case("a temperature is taken and a default acts otherwise", "limits nonexpansive ranking entropy commutation", "hull")
def default_acts_otherwise(P, w, T=1.0):
    return jnp.where(T > 1, P[0], w @ P)


@case("a default of T is not judged", "nonexpansive", "simplex commutation")
def default_two(P, w, T=2.0):
    return unit((w @ P) ** (1 / T))


@case("the temperature is not used", "limits commutation", "hull")
def unused_temperature(P, w, T=1.0):
    return w @ P


@case("T is used upside down", "limits commutation", "simplex")
def sharpened(P, w, T):
    return unit((w @ P) ** T)


@case("comparisons across rows are no order within one", "ranking entropy nonexpansive limits interior")
def across_rows(P, w):
    return jnp.where(P[0, 0] >= P[1, 0], P[0], P[1])


@case("comparisons with a number are no order within a row", "nonexpansive interior limits")
def above_a_half(P, w):
    return unit(jnp.where(P > 0.5, 1.0, 0.5).sum(0))


@case("one-hot of a score that looks at more than order", "ranking commutation", "entropy simplex")
def winner(P, w):
    return jax.nn.one_hot(jnp.argmax(w @ P), P.shape[1])


@case("weights that depend on P", "nonexpansive commutation", "hull limits")
def certain_weights(P, w):
    return unit(w * jnp.max(P, axis=1)) @ P


@case("weights with signs: more than 1 in all", "simplex hull nonexpansive", "limits")
def beyond(P, w):
    return 2 * P[0] - w @ P


@case("the logarithmic pool over entries, not rows: no product of laws", "commutation", "simplex")
def log_pool_and_more(P, w):
    return unit(jnp.exp(w @ jnp.log(P)) + 1e-3)


# --- infinities, NaN, guards ------------------------------------------------------------------------------------------------


@case("-inf as a literal, exp takes it back", "any-support closed lipschitz", "common-support commutation")
def minus_infinity(P, w):
    return unit(jnp.exp(w @ jnp.where(P > 0, jnp.log(P), -jnp.inf)))


@case("log 0 as 0: a class that nobody supports gets 1", "closed lipschitz simplex")
def log_zero_as_zero(P, w):
    return jnp.exp(w @ jnp.where(P > 0, jnp.log(P), 0.0))


@case("nan_to_num gives -1.8e308 for -inf", "any-support closed lipschitz hull")
def nan_to_num(P, w):
    return unit(jnp.exp(w @ jnp.nan_to_num(jnp.log(P))))


@case("a guard that puts the uniform in at 0/0: it jumps there", "closed lipschitz any-support common-support")
def guarded_product(P, w):
    q = jnp.prod(P, axis=0)
    s = q.sum()
    return jnp.where(s == 0, jnp.arange(P.shape[1]) == 0, q / jnp.where(s == 0, 1.0, s))


@case("NaN compares false: the second branch is taken", "nonnegative common-support any-support closed")
def nan_takes_the_other_branch(P, w):
    x = jnp.log(w[0]) - jnp.log(w[0])
    return jnp.where(x >= 0, w @ P, -P[0])


@case("NaN masked by 0", "any-support common-support closed lipschitz simplex")
def masked(P, w):
    x = w[:, None] * jnp.log(P)
    q = jnp.exp(jnp.where(jnp.isnan(x), -jnp.inf, x).sum(0))
    return q


@case("a maximum with 0 hides an infinity: exp(-1/w) and its like", "any-support common-support simplex")
def hidden_by_maximum(P, w):
    return jnp.maximum(1 + jnp.log(P[0]), 0.0) * (w @ P)


@case("1/inf is 0: a class vanishes", "any-support common-support", "nonnegative")
def over_infinity(P, w):
    return w @ P / (1 + jnp.sum(jnp.where(w > 0.5, 0.0, 1 / w)))


@case("exp(-1/w) is 0 where w is 0", "common-support any-support", "nonnegative")
def product_of_vanishing(P, w):
    return jnp.prod(jnp.exp(-1 / w)) * P.mean(0)


@case("expm1(w) is 0 where w is 0", "common-support any-support", "nonnegative")
def product_of_expm1(P, w):
    return jnp.prod(jnp.expm1(w)) * P.mean(0)


@case("expm1(w) f with f below 1 is 0 where w is 0", "common-support any-support", "nonnegative")
def product_of_expm1_and_more(P, w):
    return jnp.prod(jnp.expm1(w)[:, None] / (1 + jnp.exp(P)), axis=0)


@case("a power of -inf is +inf, and exp(-inf) is 0", "common-support any-support")
def power_of_infinity(P, w):
    return jnp.prod(jnp.exp(-(jnp.log(w) ** 1.5))) * P.mean(0)


@case("0^0 is 1: a class without support", "any-support closed lipschitz", "common-support")
def powers_of_zero(P, w):
    return unit(jnp.prod(P ** w[:, None], axis=0))


@case("0^p: a power whose base vanishes", "common-support any-support")
def zero_to_p(P, w):
    return jnp.prod(w[:, None] ** P, axis=0)


@case("a root that has no slope at 0", "lipschitz", "closed")
def root_of_weights(P, w):
    v = jnp.sqrt(w)
    return unit(v) @ P


@case("x log x has no slope at 0", "lipschitz", "closed")
def entropic(P, w):
    v = w * jnp.exp(jnp.sum(jnp.where(P > 0, P * jnp.log(jnp.where(P > 0, P, 1.0)), 0.0), axis=1))
    return unit(v) @ P


@case("a difference of weights under a root", "lipschitz hull simplex")
def root_of_difference(P, w):
    return w @ P + jnp.sqrt(jnp.abs(w[0] - w[1]))


@case("a division by what may be 0 inside", "interior closed lipschitz")
def over_difference(P, w):
    return w @ P + 1e-3 / (w[0] - w[1])


@case("0/0 on a hyperplane inside", "interior closed lipschitz")
def removable(P, w):
    return w @ P * (w[0] - w[1]) / (w[0] - w[1])


@case("a sign", "interior closed lipschitz simplex")
def signed(P, w):
    return w @ P + jnp.sign(w[0] - w[1]) / 10


@case("cond on the weights", "interior closed lipschitz responsive", "hull")
def conditional(P, w):
    return lax.cond(w[0] > 0.5, lambda: P[0], lambda: w @ P)


@case("an equality on the weights", "interior closed lipschitz pull coordinate", "hull")
def equal_weights(P, w):
    return jnp.where(w[0] == w[1], P[0], w @ P)


@case("a switch whose index is clamped", "interior closed lipschitz responsive", "hull")
def switched(P, w):
    return lax.switch(jnp.argmax(w), [lambda: P[0], lambda: P.mean(0)])


@case("clipping does not keep the sum", "simplex unanimity hull", "common-support any-support closed")
def clipped(P, w):
    return jnp.clip(w @ P, 0.1, 0.9)


@case("an epsilon takes agreement away", "unanimity envelope hull responsive", "simplex")
def with_epsilon(P, w):
    return unit(w @ P + 1e-3)


@case("an epsilon so small that floats do not see it", "unanimity envelope hull responsive", "simplex")
def with_tiny_epsilon(P, w):
    return unit(w @ P + 1e-12)


@case("a third in decimals is no third", "", "")
def third_in_decimals(P, w):
    return P[0] * 0.3333333333333333 + P[-1] * 0.6666666666666666


# --- loops, indices, parameters --------------------------------------------------------------------------------------------


@case("a loop to a number that is not whole", "simplex unanimity hull responsive")
def half_a_step(P, w):
    q = lax.while_loop(lambda s: s[0] < 2.5, lambda s: (s[0] + 1.0, s[1] + P.mean(0)), (0.0, 0 * P[0]))[1]
    return q / 2.5


@case("three steps, not two and a half", "nonnegative common-support any-support")
def counted_steps(P, w):
    n = lax.while_loop(lambda s: s[0] < 2.5, lambda s: (s[0] + 1.0, s[1] + 1.0), (0.0, 0.0))[1]
    return w @ P * (2.75 - n)


@case("a loop whose length is chosen by w", "interior closed lipschitz")
def steps_by_weight(P, w):
    start = 0 * P[0]
    return lax.fori_loop(0, jnp.argmax(w) + 1, lambda k, s: s + P.mean(0) * jnp.exp(-1.0 * k), start)


@case("an index beyond the end is clamped", "hull unanimity", "")
def out_of_range(P, w):
    return P[jnp.argmax(w) + 1] + P[0] - P[jnp.argmax(w) + 1] * 2 + P[-1]


@case("a captured array with a negative entry", "nonnegative hull simplex", K=2)
def captured(P, w):
    return jnp.array([2.0, -1.0]) @ P


@case("a captured array that is one column of another order", "hull unanimity", K=2, C=3)
def captured_matrix(P, w):
    return w @ P @ jnp.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


@case("a captured array with an infinity", "interior simplex nonnegative", K=2)
def captured_infinity(P, w):
    return jnp.where(w[0] > w[1], jnp.array([1.0, -np.inf]) @ P, w @ P)


@case("weights by position, not by teacher", "responsive", "hull")
def first_teacher(P, w):
    return P[0]


@case("logits in, and out again", "any-support closed", "common-support commutation", inputs="logits", outputs="logits")
def averaged_logits(z, w):
    return w @ z


@case("probabilities taken for logits", "unanimity", "simplex", outputs="logits")
def probabilities_as_logits(P, w):
    return w @ P


@case("a mask of truth values that may be empty", "interior closed simplex", "nonnegative")
def masked_mean(P, w):
    sure = P > 0.5
    return (sure * P).sum(0) / sure.sum(0)


@case("the first of truth values", "interior closed", "simplex")
def first_sure_teacher(P, w):
    return P[jnp.argmax(P[:, 0] > 0.5)]


@case("the place of one axis among those of another", "simplex", "nonnegative")
def teacher_as_class(P, w):
    return jax.nn.one_hot(jnp.argmax(w), P.shape[1])


@case("all and any: faces jump", "closed lipschitz common-support", "interior hull")
def only_where_positive(P, w):
    return jnp.where(jnp.all(P > 0), w @ P, 0.0)


@case("x**0 is 1, of 0 and of NaN too", "simplex closed", "nonnegative interior")
def to_the_zero(P, w):
    return jnp.where(P.sum(0) == 0, 0.0, jnp.log(P).prod(0) ** 0)


@case("another axis", "hull unanimity simplex", "nonnegative")
def wrong_axis(P, w):
    return w @ (P / P.sum(0))


@case("a maximum over classes where teachers were meant", "unanimity hull simplex", "nonnegative")
def maximum_over_classes(P, w):
    return jnp.max(P, axis=1)[jnp.argmax(w)] * jnp.ones_like(P[0])


def proved(fn, **options) -> dict[str, Proof]:
    found = prover.prove(describe(fn, name=fn.__name__, **options), "power", axioms.READINGS, effort="quick", sizes=[])
    return {name: answer for name, answer in found.items() if isinstance(answer, Proof)}


def covers_more(proof: Proof) -> bool:
    return not isinstance(proof.scope, AtSizes)


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith(("at_", "by_table"))])
@pytest.mark.weekly(4)
def test_what_is_false_is_not_proved(name):
    fn, why, false, true, options = CASES[name]
    found = proved(fn, **options)
    assert set(false) <= set(axioms.BY_NAME) and set(true) <= set(axioms.BY_NAME)
    assert [reading for reading in false if reading in found] == [], why
    assert [reading for reading in true if reading not in found] == [], why


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith(("at_", "by_table"))])
def test_a_branch_on_a_size_is_not_proved_away(name):
    """Each is -P[0] at some sizes: `nonnegative` fails there, and no proof may cover them."""
    fn, why, *_, options = CASES[name]
    found = proved(fn, **options)
    for reading in ("nonnegative", "simplex", "hull", "responsive", "common-support"):
        assert reading not in found or not covers_more(found[reading]) or name in ("at_five_teachers",), why
    if name == "at_five_teachers":
        assert not any(found[r].scope.covers(5, 3) for r in ("nonnegative", "hull") if r in found)
