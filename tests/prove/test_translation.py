"""The translation from code to formula: its own evaluators are held against JAX, and wrong formulas against the operator."""

from __future__ import annotations

import gc
from dataclasses import replace
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from axiomkd import axioms
from axiomkd.core.operator import describe
from axiomkd.core.scope import whole
from axiomkd.prove import followed, prover
from axiomkd.prove.proof import NotProved, Proof
from axiomkd.prove.translation import sizes, traces
from axiomkd.prove.translation.points import points
from axiomkd.prove.translation.validation import Translation
from axiomkd.prove.translation.values import Values
from axiomkd.tracing import lift, numerics, terms
from axiomkd.tracing.batched import interpreter
from axiomkd.tracing.batched.machine import Unknown
from tests.cases import operators as cases
from tests.prove import naive

numerics.prepare()

X = np.array([[0.5, -1.25, 2.0, 0.5], [3.0, 0.75, -0.1, 2.5], [-2.0, 0.25, 0.5, 1.0]])
N = np.array([[100, -7, 3, 100], [27, 90, -128, 5], [1, 2, 3, -4]])


def real(x, *others):
    return x


# --- the interpreter ---------------------------------------------------------------------------------------------------------

REAL = {
    "arithmetic": lambda x: (x + 2) * x / 3 - x**3 + x**-2,
    "functions": lambda x: jnp.exp(x) + jnp.log(jnp.abs(x)) + jnp.tanh(x) + jnp.sqrt(jnp.abs(x)) + jnp.cbrt(x) + jnp.sin(x),
    "special": lambda x: jax.scipy.special.erf(x) + jax.nn.sigmoid(x) + jnp.log1p(x**2) + jnp.expm1(x) + lax.rsqrt(x**2),
    "round": lambda x: jnp.round(x) + jnp.floor(x) + jnp.ceil(x) + lax.round(x) + jnp.sign(x) + jnp.trunc(x),
    "remainder": lambda x: jnp.mod(x, 0.7) + lax.rem(x, jnp.full_like(x, 0.7)) + jnp.floor_divide(x, 0.3),
    "extremes": lambda x: x.max(1) + x.min(1) + jnp.clip(x, -1, 1).sum(1),
    "products": lambda x: x.prod(1) + (x @ x.T).sum(1) + jnp.einsum("ki,ki->k", x, x),
    "batched dot": lambda x: lax.dot_general(x[:, :, None], x[:, None, :], (((2,), (1,)), ((0,), (0,)))).sum((1, 2)),
    "cumulative": lambda x: jnp.cumsum(x, 1) + jnp.cumprod(x, 0) + lax.cummax(x, 1, reverse=True) + lax.cummin(x, 0),
    "cumlogsumexp": lambda x: lax.cumlogsumexp(x, 1) + lax.cumlogsumexp(x, 1, reverse=True),
    "sort": lambda x: jnp.sort(x, 1) + jnp.argsort(x, 1) + jnp.argsort(-x, 0),
    "sort by another": lambda x: sum(lax.sort((jnp.round(x), x), dimension=1, num_keys=1)),
    "two keys": lambda x: lax.sort((jnp.round(x), -x, x), dimension=1, num_keys=2)[2],
    "top_k": lambda x: lax.top_k(x, 2)[0] + lax.top_k(x, 2)[1],
    "argmax": lambda x: jnp.argmax(x, 1) + 10 * jnp.argmin(x, 1),
    "softmax": lambda x: jax.nn.softmax(x) + jax.nn.log_softmax(x),
    "select": lambda x: jnp.where(x > 0, x, jnp.where(x < -1, 2.0, -x)),
    "select of three": lambda x: lax.select_n(jnp.clip(jnp.round(x).astype(int), 0, 2), x, 2 * x, 3 * x),
    "shapes": lambda x: jnp.flip(x.T.reshape(2, 6), 1).reshape(3, 4) + jnp.tile(x[:, :1], (1, 4)) + jnp.roll(x, 1, 1),
    "slices": lambda x: jnp.concatenate([x[:, ::2], x[:, 1:3]], 1) + jnp.stack([x[0], x[1], x[2]]),
    "pad": lambda x: lax.pad(x, 7.0, ((1, -1, 1), (0, 2, 0))),
    "gather": lambda x: x[jnp.array([2, 0]), jnp.array([1, -1])] + jnp.take(x, jnp.array([0, 5]), axis=1)[:2, 0],
    "out of range, filled": lambda x: x.at[:, jnp.array([0, 9])].get(mode="fill", fill_value=3.0),
    "out of range, clipped": lambda x: x.at[:, jnp.array([0, 9])].get(mode="clip"),
    "a place that depends on values": lambda x: x[jnp.arange(3), jnp.argmax(x, 1)] + x[jnp.argmax(x[:, 0])][:3],
    "take along": lambda x: jnp.take_along_axis(x, jnp.argsort(x, 1), 1),
    "scatter": lambda x: x.at[jnp.array([0, 2]), jnp.array([1, 3])].set(9.0) + x.at[1].add(x[0]) + x.at[:, 7].add(1.0),
    "scatter often": lambda x: jnp.zeros(4).at[jnp.array([1, 1, 3])].add(x[:, 0]),
    "scatter products": lambda x: jnp.ones(4).at[jnp.array([1, 3, 3])].mul(x[:, 1]),
    "scatter extremes": lambda x: x.at[jnp.array([0, 0])].max(x[1:]) + x.at[jnp.array([0, 0])].min(x[1:]),
    "dynamic slice": lambda x: lax.dynamic_slice(x, (jnp.argmax(x[:, 0]), 3), (2, 2)),
    "dynamic update": lambda x: lax.dynamic_update_slice(x, x[:2, :2], (jnp.argmax(x[:, 0]), 9)),
    "scan": lambda x: sum(lax.scan(lambda c, r: (c * r.sum(), c + r), 1.0, x, unroll=1)[1:]),
    "scan in reverse": lambda x: lax.scan(lambda c, r: (c + r.sum(), c - r), 0.5, x, reverse=True)[1],
    "nested scans": lambda x: lax.scan(lambda c, r: (lax.scan(lambda d, y: (jnp.maximum(d, y) * 0.9, d), c, r)[0], c), 0.0, x)[0],
    "map": lambda x: lax.map(lambda r: jnp.floor(r.sum()) + r, x),
    "while": lambda x: lax.while_loop(lambda c: c[0] < 3 + (x[0, 0] > 0), lambda c: (c[0] + 1, c[1] * 2 - x), (0, x))[1],
    "cond": lambda x: lax.cond(x[0, 0] > 0, lambda y: y * 2, lambda y: y - 1, x),
    "switch": lambda x: lax.switch(7, [lambda y: y, lambda y: 2 * y, lambda y: 3 * y], x) + lax.switch(-2, [jnp.sin, jnp.cos], x),
    "vmap of cond": lambda x: jax.vmap(lambda r: lax.cond(r[0] > 0, lambda y: y * 2, lambda y: y - 1, r))(x),
    "complex": lambda x: jnp.real((1j * x + 2) * (x - 1j)) + jnp.imag(jnp.exp(1j * x)) + jnp.abs(x + 1j),
    "fft": lambda x: jnp.real(jnp.fft.ifft(jnp.fft.fft(x) * 2j)) + jnp.fft.irfft(jnp.fft.rfft(x), n=4),
    "solve": lambda x: jnp.linalg.solve(x[:, :3] + 4 * jnp.eye(3), x) + jnp.linalg.inv(x[:, :3] + 4 * jnp.eye(3)) @ x,
    "cholesky": lambda x: jnp.linalg.cholesky(x @ x.T + jnp.eye(3)),
    "triangular": lambda x: lax.linalg.triangular_solve(x[:, :3] + 4 * jnp.eye(3), x, left_side=True, lower=True),
    "derivatives": lambda x: jax.grad(lambda y: jnp.sum(jax.nn.logsumexp(y, axis=1) + jnp.max(y, 1)))(x),
    "custom derivative": lambda x: jax.nn.relu(x) + jax.nn.gelu(x),
    "median": lambda x: jnp.median(x, 1) + jnp.quantile(x, 0.3, axis=1),
    "unstable": lambda x: jnp.where(jnp.isnan(x / 0), 0, jnp.nan_to_num(x / 0, posinf=1.0, neginf=-1.0)),
    "half precision": lambda x: (x.astype(jnp.float16) * 3 + 1).astype(float),
    "single precision": lambda x: (x.astype(jnp.float32) / 3).astype(float),
    "bfloat": lambda x: (x.astype(jnp.bfloat16) * 3).astype(float),
    "reduced precision": lambda x: lax.reduce_precision(x * 1.001, 5, 10),
}  # fmt: skip
WHOLE = {
    "wraps": lambda n: n * 2 + n,
    "sums": lambda n: n.sum(1, dtype=n.dtype) + jnp.cumsum(n, 1, dtype=n.dtype)[:, -1] + n.prod(1, dtype=n.dtype),
    "dot": lambda n: lax.dot(n, n.T),
    "wider dot": lambda n: lax.dot(n, n.T, preferred_element_type=jnp.promote_types(n.dtype, jnp.int32)),
    "division": lambda n: n // 7 + n % 7 + lax.div(n, jnp.full_like(n, 7)) + lax.rem(n, jnp.full_like(n, 7)),
    "bits": lambda n: (n & 6) | (n ^ 9) + (~n) + (n << 2) + (n >> 1) + lax.shift_right_logical(n, jnp.full_like(n, 3)),
    "many bits": lambda n: (n << jnp.full_like(n, 99)) + lax.shift_right_arithmetic(n, jnp.full_like(n, 99)),
    "counts": lambda n: lax.population_count(n) + lax.clz(n),
    "powers": lambda n: n**3 + jnp.abs(n) + jnp.sign(n),
    "comparisons": lambda n: (n > 3).astype(n.dtype) - jnp.maximum(n, 5) + jnp.max(n, 1, keepdims=True),
    "truths": lambda n: (jnp.any(n > 50, 1) ^ jnp.all(n > -50, 1)) | lax.dot(n[0] > 0, n[1] > 0),
    "places": lambda n: lax.argmax(jnp.arange(200) * (n[0, 0] * 0 + 1), 0, jnp.int8) + lax.argmin(n, 1, jnp.int8),
    "iota": lambda n: lax.iota(n.dtype, 300) + n[0, 0],
    "converted": lambda n: n.astype(jnp.int8).astype(jnp.uint16).astype(float) + (n / 3).astype(jnp.int32),
    "index": lambda n: jnp.arange(100.0)[n[0] // 2],
}


def interpreted(fn, *args, real=False):
    """A function's values at two points at once, and JAX's own at each."""
    several = [np.stack([a, a[::-1]]) for a in args]
    closed = jax.make_jaxpr(fn)(*args)
    run = interpreter.Run(interpreter.RULES, real)
    with np.errstate(all="ignore"):
        (found,) = run.walk(closed, several)
    found = np.broadcast_to(found, (2, *found.shape[1:]))
    return found, [np.asarray(jax.jit(fn)(*(a[n] for a in several))) for n in (0, 1)]


@pytest.mark.parametrize("name", REAL)
@pytest.mark.weekly(4)
def test_reals_are_what_jax_makes_of_them(name):
    found, expected = interpreted(REAL[name], X)
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.dtype == theirs.dtype
        np.testing.assert_allclose(mine, theirs, rtol=EPS.get(name, 1e-12), atol=1e-12)


EPS = {"single precision": 1e-6}  # compiled, x / 3 is x times a third


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint32", "int64"])
@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.weekly(2)
def test_whole_numbers_wrap_as_in_jax(name, dtype):
    try:
        found, expected = interpreted(WHOLE[name], N.astype(dtype))
    except Unknown:
        pytest.skip("what JAX leaves to the machine")
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine, theirs)


def test_steps_in_fewer_digits_denote_the_real_number():
    found, _ = interpreted(lambda x: (x.astype(jnp.float16) / 3).astype(float), X, real=True)
    np.testing.assert_allclose(found[0], X / 3, rtol=1e-15)


def test_what_the_machine_decides_is_unknown():
    for fn in (
        lambda x: (x * 1e30).astype(jnp.int8),
        lambda x: x.astype(int) // 0,
        lambda x: x.at[jnp.array([0, 0])].set(x[:2]),
    ):
        with pytest.raises(Unknown):
            interpreted(fn, X)


def test_a_loop_without_end_is_unknown():
    with pytest.raises(Unknown):
        interpreted(lambda x: lax.while_loop(lambda c: c[0, 0] < 9e9, lambda c: c + 1e-9, x), X)


# --- terms -------------------------------------------------------------------------------------------------------------------


def _terms():
    k, j, i = terms.index(terms.K, "k"), terms.index(terms.C, "j"), terms.index(terms.C, "i")
    P, w = terms.P, terms.w
    top = terms.bind("argmax", j, P(terms.ZERO, j))
    pool = terms.bind("sum", k, terms.mul(w(k), P(k, i)))
    last = terms.add(terms.C, terms.num(-1), terms.neg(i))
    return {
        "pool": pool,
        "turned": terms.bind("sum", k, terms.mul(w(k), P(k, last))),
        "nested": terms.bind("sum", j, terms.mul(P(terms.ONE, j), terms.bind("sum", k, terms.mul(w(k), P(k, i), P(k, j))))),
        "product": terms.bind("prod", k, terms.power(P(k, i), Fraction(1, 3))),
        "logs": terms.apply("exp", terms.bind("sum", k, terms.mul(w(k), terms.apply("log", P(k, i))))),
        "chosen": P(terms.bind("argmin", k, w(k)), i),
        "place": terms.indicator(terms.compare("eq", top, i)),
        "extreme": terms.bind("amax", k, terms.div(P(k, i), terms.add(w(k), terms.ONE))),
        "sorted": terms.bind("sorted", k, P(k, i), terms.ONE),
        "rank": terms.bind("sum", j, terms.indicator(terms.compare("gt", P(terms.ZERO, j), P(terms.ZERO, i)))),
        "case": terms.where(terms.compare("ge", P(terms.ZERO, i), w(terms.ZERO)), pool, terms.neg(pool)),
        "sizes": terms.div(pool, terms.mul(terms.K, terms.add(terms.C, terms.num(-1)))),
        "nothing": terms.bind("sum", k, terms.num(Fraction(2, 7))),
        "floor": terms.apply("floordiv", terms.add(i, terms.C), terms.num(2)),
    }, i  # fmt: skip


@pytest.mark.parametrize("size", [(2, 3), (3, 2), (4, 5)])
@pytest.mark.parametrize("name", _terms()[0])
def test_terms_have_the_values_that_they_are_written_to_have(name, size):
    several, i = _terms()
    at = points(*size, interior=True)
    found = Values(at.P, at.w, at.T).entries(several[name], i)
    for n in range(len(at.P)):
        plain = [naive.value(several[name], at.P[n], at.w[n], at.T[n], {i: c}) for c in range(size[1])]
        np.testing.assert_allclose(found[n], plain, rtol=1e-12, atol=1e-14)


# --- sizes and traces ----------------------------------------------------------------------------------------------------------


def linear(P, w):
    return w @ P


def test_every_small_size_is_looked_at():
    looked = sizes.looked_at(describe(linear), None, None)
    assert {K for K, _ in looked} == set(range(2, 65))
    assert {C for _, C in looked} >= {*range(2, 41), 127, 128, 129, 255, 256, 257, 513, 1000, 1023, 1025}
    assert len(looked) < 100
    assert {C for _, C in sizes.looked_at(describe(linear), None, None, thorough=True)} >= set(range(2, 1001))


def test_only_supported_sizes_are_looked_at():
    assert {C for _, C in sizes.looked_at(describe(linear, C=2), None, None)} == {2}
    assert {K for K, _ in sizes.looked_at(describe(linear, K=range(3, 9)), None, None)} == set(range(3, 9))


def test_a_trace_is_the_same_up_to_sizes():
    def traced(fn, K, C):
        return traces.trace(jax.make_jaxpr(fn)(jnp.ones((K, C)), jnp.ones(K)))

    assert traced(linear, 2, 3).form == traced(linear, 7, 9).form
    other = lambda P, w: w @ P if len(P) != 7 else w @ P + 0 * w.sum()  # noqa: E731
    assert traced(other, 2, 3).form != traced(other, 7, 9).form


def test_numbers_in_traces_follow_the_size_or_are_found_out():
    some = [(K, C) for K in range(2, 20) for C in (2, 3, 5, 9)]
    follows = lambda f: traces.explained(some, [traces.Trace(b"", (f(K, C),)) for K, C in some])  # noqa: E731
    for f in (lambda K, C: 3, lambda K, C: K * C - 1, lambda K, C: 2 / K, lambda K, C: np.log(C), lambda K, C: K // 2):
        assert follows(f).all()
    assert [s for s, ok in zip(some, follows(lambda K, C: 3.0 if K == 7 else 1.0), strict=True) if not ok] == [
        (7, C) for C in (2, 3, 5, 9)
    ]
    assert not follows(lambda K, C: (K * 7919) % 13).any()


# --- the prover ----------------------------------------------------------------------------------------------------------------


def examined(fn, **options):
    return prover.examine(describe(fn, **options), "power", axioms.READINGS, effort="standard", sizes=[])


def proofs(found) -> dict[str, Proof]:
    return {r: a for r, a in found.answers.items() if isinstance(a, Proof)}


def test_a_proof_says_where_its_formula_was_looked_at():
    found = examined(linear)
    assert all(whole(p.scope) for p in proofs(found).values()) and len(proofs(found)) > 12
    assert found.translation.whole and len(found.translation.checked) > 80 and not found.translation.apart


WRONG = [
    (cases.vote_with_a_short_index, (2, 129)),
    (cases.dot_of_truths, (2, 602)),
    (cases.wraps_below_zero, (2, 602)),
    (cases.imaginary_bump, (2, 2)),
    (cases.scanned_backwards, (2, 602)),
    (cases.captures_two_arrays(), (2, 601)),
]


@pytest.mark.parametrize(("fn", "size"), WRONG, ids=lambda x: getattr(x, "__name__", str(x)))
@pytest.mark.weekly(2)
@pytest.mark.whole
def test_no_proof_covers_a_size_at_which_the_formula_is_another(fn, size):
    """Either the lift no longer makes the wrong formula, or it is found out, at the least such size."""
    found = examined(fn)
    assert [r for r, p in proofs(found).items() if r in ("simplex", "hull", "envelope") and p.scope.covers(*size)] == []
    if found.translation.apart:
        assert found.translation.apart[0] == size
        assert f"K = {size[0]}, C = {size[1]}" in found.translation.why


def by_length(P, w):
    return 3 * (w @ P) if len(P) == 7 else w @ P


def by_type(P, w):
    return 3 * (w @ P) if isinstance(P.shape[0], int) and P.shape[0] == 7 else w @ P


def by_text(P, w):
    return 3 * (w @ P) if str(P.shape[0]) == "7" else w @ P


def by_format(P, w):
    return 3 * (w @ P) if f"{P.shape[0]}".startswith("7") else w @ P


def by_table(P, w):
    return {7: 3.0}.get(P.shape[0], 1.0) * (w @ P)


def by_match(P, w):
    match P.shape:
        case (7, _):
            return 3 * (w @ P)
        case _:
            return w @ P


def by_membership(P, w):
    return 3 * (w @ P) if P.shape[0] in (7, 11) else w @ P


def by_exception(P, w):
    try:
        return 3 * ((w + jnp.zeros(7)) @ P)
    except (TypeError, ValueError):
        return w @ P


def by_array_equal(P, w):
    return jnp.where(jnp.array_equal(jnp.zeros_like(w), jnp.zeros(7)), 3 * (w @ P), w @ P)


def by_index(P, w):
    return [1.0, 3.0][w.ndim * (w.shape == (7,))] * (w @ P)


def by_order(P, w):
    return 3 * (w @ P) if not P.shape[0] < 7 and not P.shape[0] > 7 else w @ P


def by_remainder(P, w):
    return 3 * (w @ P) if P.shape[0] % 14 == 7 else w @ P


def by_hash(P, w):
    return 3 * (w @ P) if hash(P.shape[0]) == hash(7) else w @ P


BRANCHES = [
    by_length, by_type, by_text, by_format, by_table, by_match, by_membership, by_exception, by_array_equal, by_index,
    by_order, by_remainder, by_hash,
]  # fmt: skip


@pytest.mark.weekly(4)
@pytest.mark.parametrize("fn", BRANCHES, ids=lambda f: f.__name__)
def test_a_python_branch_on_a_size_is_no_part_of_a_proof(fn):
    found = examined(fn)
    assert [
        r for r, p in proofs(found).items() if r in ("simplex", "hull") and any(p.scope.covers(7, C) for C in (2, 3, 9))
    ] == []
    assert 7 in {K for K, _ in found.translation.telling}


def test_a_swallowed_exception_may_be_about_a_size():
    """The trace at symbolic sizes is of the fallback, or of what is tried: it is none for all sizes."""
    answers = examined(by_exception).answers
    reasons = "catches an exception", "asks for the value of a size"
    assert all(any(one in a.why for one in reasons) for a in answers.values() if isinstance(a, NotProved))
    assert not any(a.scope.covers(7, 2) for a in answers.values() if isinstance(a, Proof))


def at_one_pair(P, w):
    q = w @ P
    return 2 * q if all(isinstance(n, int) for n in P.shape) and P.shape == (7, 11) else q


def by_equality_of_arrays(P, w):
    return (w @ P) * jnp.where(jnp.array_equal(jnp.zeros_like(P), jnp.zeros((7, 11))), 2.0, 1.0)


@pytest.mark.parametrize("fn", [at_one_pair, by_equality_of_arrays])
def test_a_branch_at_one_pair_of_sizes_is_seen_though_no_list_has_it(fn):
    assert not any(a.scope.covers(7, 11) for a in examined(fn).answers.values() if isinstance(a, Proof))


def _twice(lifted, equation, *xs):
    a = lift.TABLE[equation.primitive.name + " kept"].rule(lifted, equation, *xs)
    return lift.Array(a.at, terms.mul(terms.num(2), a.entry), a.dtype)


MUTANTS = {
    "reduce_sum": (_twice, lambda P, w: (w[:, None] * P).sum(0)),
    "reduce_max": (lift.TABLE["reduce_min"].rule, lambda P, w: P.max(0) / P.max(0).sum()),
    "argmax": (lift.TABLE["argmin"].rule, lambda P, w: P[jnp.argmax(w)]),
    "ge": (lift.TABLE["gt"].rule, lambda P, w: jnp.where(w[0] >= w[1], P[0], P[1])),
    "rev": (lambda lifted, equation, x: x, lambda P, w: jnp.flip(w) @ P),
    "log": (lift.TABLE["sqrt"].rule, lambda P, w: (v := w * jnp.log(2 + P[:, 0])) @ P / jnp.sum(v)),
    "sort": (lambda lifted, equation, x: [x], lambda P, w: jnp.sort(w) @ P),
    "div": (lift.TABLE["mul"].rule, lambda P, w: (w**2 / jnp.sum(w**2)) @ P),
    "transpose": (_twice, lambda P, w: P.T @ w),
}


@pytest.mark.weekly(4)
@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_rule_of_the_lift_proves_nothing(name, monkeypatch):
    rule, fn = MUTANTS[name]
    assert proofs(examined(fn)), "the operator has proofs when the rules are right"
    monkeypatch.setitem(lift.TABLE, f"{name} kept", lift.TABLE[name])
    monkeypatch.setitem(lift.TABLE, name, replace(lift.TABLE[name], rule=rule))
    found = examined(fn)
    assert proofs(found) == {}
    assert found.translation.apart or not found.translation.checked


def test_an_error_of_ours_is_told_as_one(monkeypatch):
    monkeypatch.setattr(prover, "THEOREMS", (None,))
    answer = prover.prove(describe(linear), "power", axioms.READINGS, effort="quick", sizes=[])["hull"]
    assert isinstance(answer, NotProved) and "defect of axiomkd" in answer.why and "AttributeError" in answer.why


@pytest.mark.whole
def test_declared_sizes_lose_no_proof():
    def binary(P, w):
        p = P[:, 1].mean()
        return jnp.stack([1 - p, p])

    for options in ({"C": 2}, {"C": 2, "K": range(3, 9)}):
        found = proofs(examined(binary, **options))
        assert {"simplex", "nonnegative", "interior", "pull", "favourite", "coordinate"} <= found.keys()
        assert all(p.scope.covers(3, 2) and p.scope.covers(8, 2) for p in found.values())


def test_numpy_code_is_held_against_itself_at_every_size():
    """Beyond eight teachers the user's own code does something else, which its other spelling, traced, does not."""

    def numpy_pool(P, w):
        return w @ P if not isinstance(P, np.ndarray) or len(P) < 9 else 3 * (w @ P)

    assert not any(p.scope.covers(9, 3) for p in proofs(examined(numpy_pool, backend="numpy")).values())


def two_gathers_on_a_line(P, w):
    return (w @ P) * (
        1 + (P[jnp.argsort(w)] - jnp.flip(P[jnp.argsort(-w)], 0)).sum() ** 2
    )  # the same rows unless weights tie


def the_second_result_of_a_sort(P, w):
    return (w @ P) * (1 + (lax.sort((P, w[:, None] * P), dimension=1, num_keys=1)[1].sum() - w.sum()) ** 2)


@pytest.mark.parametrize("fn", [two_gathers_on_a_line, the_second_result_of_a_sort])
@pytest.mark.whole
def test_an_opaque_part_is_tied_to_its_equation_and_output(fn):
    found = examined(fn)
    assert found.translation.apart == () and found.translation.whole
    assert "nonnegative" in proofs(found)


def test_what_a_collector_of_cycles_calls_is_not_the_operators_code():
    """Other libraries' callbacks and finalizers run in the midst of a trace, and at another place in the next one."""
    ran = []

    def callback(phase, info):
        ran.append(phase)

    def allocates(P, w):
        for _ in range(len(ran) + 1):
            [[] for _ in range(2000)]
        return w @ P

    gc.callbacks.append(callback)
    try:
        with followed.followed() as steps:
            allocates(np.eye(2), np.ones(2))
        assert gc.isenabled()
    finally:
        gc.callbacks.remove(callback)
    assert not {code.co_name for code in steps.ran} & {"callback"}
    assert "allocates" in {code.co_name for code in steps.ran}


def test_a_very_large_size_is_left_to_a_smaller_one_that_shows_the_same():
    """64 teachers and 1,000 classes took minutes, beside 64 teachers and 2 classes."""

    def telling(*apart):
        return list(Translation(apart=apart).telling)

    assert telling((64, 2), (63, 3), (64, 1000)) == [(64, 2), (63, 3)]
    assert telling((2, 1000), (64, 1000)) == [(2, 1000)]
    assert telling((64, 2), (2, 1000)) == [(64, 2), (2, 1000)]
    assert telling((64, 1000)) == [(64, 1000)]  # all there is
    assert telling((64, 2), (64, 3)) == [(64, 2), (64, 3)]
