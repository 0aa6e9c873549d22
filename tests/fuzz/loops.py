"""Gates by loops and branches: order and number of steps, what is carried, what differs from step to step."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

from .gates import several


def _reversed_rows(s, P, w):
    e = s.excess(P, w)
    _, y = lax.scan(lambda c, x: (c, 1.0 - x), 0.0, e, reverse=True)
    return jnp.max(jnp.abs(y + jnp.flip(e) - 1.0))


def _reversed_right(s, P, w):
    e = s.excess(P, w)
    _, y = lax.scan(lambda c, x: (c, 1.0 - x), 0.0, e, reverse=True)
    return jnp.max(jnp.abs(jnp.flip(y) + e - 1.0))


def _reversed_carry(s, P, w):
    """What is carried to each step, in reverse: the number of steps before it, from the end."""
    e = s.excess(P, w)
    _, y = lax.scan(lambda c, x: (c + 1.0, c * x), 0.0, e, reverse=True)
    _, z = lax.scan(lambda c, x: (c + 1.0, c * x), 0.0, e)
    return jnp.abs(jnp.sum(y) - jnp.sum(z)) * jnp.where(jnp.sum(e) > 0, 1.0, 0.0)


def _nested(s, P, w):
    """max(r, s) of an outer and an inner sum, where a name is shared."""
    e = s.excess(P, w)

    def outer(r, _):
        inner, _ = lax.scan(lambda t, x: (jnp.maximum(t, x), None), r, e)
        return inner, None

    found, _ = lax.scan(outer, jnp.zeros(()), jnp.zeros(2))
    return found


def _nested_both(s, P, w):
    e = s.excess(P, w)

    def outer(r, x):
        inner, _ = lax.scan(lambda t, y: (t + y, None), 0.0, e)
        return jnp.maximum(r, inner), None

    return lax.scan(outer, 0.0, e)[0]


def _nested_fori(s, P, w):
    e = s.excess(P, w)
    return lax.fori_loop(0, 3, lambda i, r: lax.fori_loop(0, e.shape[0], lambda j, t: jnp.maximum(t, r + e[j]), r), 0.0)


def _nested_places(s, P, w):
    """Σ_i Σ_j [i ≠ j] e_i e_j by two loops: an inner index taken for the outer gives 0."""
    e = s.excess(P, w)
    n = e.shape[0]
    pair = lambda i, j: jnp.where(i == j, 0.0, e[i] * e[j])  # noqa: E731
    return lax.fori_loop(0, n, lambda i, r: r + lax.fori_loop(0, n, lambda j, t: t + pair(i, j), 0.0), 0.0)


def _swapped(s, P, w):
    """Two carried numbers that change places at each step: after two steps each is where it was."""
    e = jnp.max(s.excess(P, w))
    a, b = lax.fori_loop(0, 3, lambda i, c: (c[1], c[0]), (jnp.zeros(()), e))
    return a


def _steps_negative(s, P, w):
    """A loop of a negative number of steps has none."""
    e = s.excess(P, w)
    n = e.shape[0]
    return lax.fori_loop(0, s.n - n, lambda i, c: c + 1.0, 0.0) - (s.n - n) if s.sized else _steps_none(s, P, w)


def _steps_none(s, P, w):
    k = jnp.sum(s.flags(P, w).astype(int))
    return lax.fori_loop(0, -k, lambda i, c: c + 1.0, 0.0) + k


def _steps_fractional(s, P, w):
    """while i < x with x = half the number of flags."""
    x = 0.5 * jnp.sum(s.flags(P, w).astype(float)) + jnp.max(0.25 * s.flags(P, w))
    return lax.while_loop(lambda c: c[0] < x, lambda c: (c[0] + 1, c[1] + 1.0), (0, 0.0))[1] - x


def _steps_by_two(s, P, w):
    x = jnp.sum(s.flags(P, w).astype(int))
    return lax.while_loop(lambda c: c[0] < x, lambda c: (c[0] + 2, c[1] + 1.0), (0, 0.0))[1]


def _steps_from_three(s, P, w):
    x = 3 + jnp.sum(s.flags(P, w).astype(int))
    return lax.while_loop(lambda c: c[0] < x, lambda c: (c[0] + 1, c[1] + 1.0), (3, 0.0))[1]


def _steps_from_below(s, P, w):
    x = jnp.sum(s.flags(P, w).astype(int))
    return lax.while_loop(lambda c: c[0] < x, lambda c: (c[0] + 1, c[1] + 1.0), (-2, -2.0))[1]


def _steps_down(s, P, w):
    x = jnp.sum(s.flags(P, w).astype(int))
    return lax.while_loop(lambda c: c[0] > 0, lambda c: (c[0] - 1, c[1] + 1.0), (x, 0.0))[1]


def _steps_until(s, P, w):
    """A loop that ends early, by what it carries."""
    e = s.excess(P, w)
    n = e.shape[0]
    _, c = lax.while_loop(lambda c: (c[0] < n) & (c[1] <= 0), lambda c: (c[0] + 1, c[1] + e[c[0]]), (0, 0.0))
    return jnp.sum(e) - c


def _limit_moves(s, P, w):
    """The limit of a loop is carried, and falls."""
    x = 2 + 2 * jnp.sum(s.flags(P, w).astype(int))
    c = lax.while_loop(lambda c: c[0] < c[1], lambda c: (c[0] + 1, c[1] - 1, c[2] + 1.0), (0, x, 0.0))
    return x - 1 - c[2]


def _narrow_counter(s, P, w):
    k = jnp.sum(s.flags(P, w).astype("uint8")) * jnp.uint8(100)
    c = lax.while_loop(lambda c: c[0] < jnp.uint8(1), lambda c: (c[0] + jnp.uint8(1), c[1] + 1.0), (k, 0.0))
    return 1.0 - c[1]


def _loop_of_wrapping_step(s, P, w):
    f = s.flags(P, w).astype("int8")
    return 100.0 * jnp.sum(f.astype(float)) - lax.fori_loop(
        0, f.shape[0], lambda i, c: c + jnp.int8(100) * f[i], jnp.int8(0)
    )


def _mapped_floor(s, P, w):
    g = lax.map(lambda x: jnp.floor(x), s.excess(P, w) * 1.01)
    return jnp.abs(g[-1] - g[0])


def _vmapped_floor(s, P, w):
    g = jax.vmap(lambda x: jnp.floor(x))(s.excess(P, w) * 1.01)
    return jnp.abs(g[-1] - g[0]) + jnp.max(g) - jnp.min(g)


def _scanned_floor(s, P, w):
    _, g = lax.scan(lambda c, x: (c, jnp.floor(x)), 0.0, s.excess(P, w) * 1.01)
    return jnp.max(g) - jnp.min(g)


def _scanned_floor_of_carry(s, P, w):
    e = s.excess(P, w)
    _, g = lax.scan(lambda c, x: (c + x, jnp.floor(c + x)), 0.0, e * 1.01)
    return jnp.max(g) - jnp.min(g)


def _scanned_floor_of_carry_alone(s, P, w):
    e = s.excess(P, w)
    _, g = lax.scan(lambda c, x: (c + x, jnp.floor(c)), 0.0, e * 1.01)
    return jnp.max(g) - jnp.min(g) + jnp.sum(e)


def _nested_floor_of_outer_step(s, P, w):
    """An unknown value of the outer loop's row, given out by the inner loop."""
    e = s.excess(P, w) * 1.01
    _, g = lax.scan(lambda c, x: (c, lax.scan(lambda d, y: (d, jnp.floor(x)), 0.0, e)[1]), 0.0, e)
    return jnp.max(jnp.abs(g[-1] - g[0]))


def _nested_floor_of_inner_step(s, P, w):
    e = s.excess(P, w) * 1.01
    _, g = lax.scan(lambda c, x: (c, lax.scan(lambda d, y: (d, jnp.floor(y)), 0.0, e)[1]), 0.0, e)
    return jnp.max(jnp.abs(g[:, -1] - g[:, 0]))


def _mapped_cond(s, P, w):
    g = lax.map(lambda f: lax.cond(f, lambda: jnp.floor(1.5), lambda: jnp.floor(0.5)), s.flags(P, w))
    return jnp.max(g)


def _while_by_carried_float(s, P, w):
    e = jnp.max(s.excess(P, w))
    return lax.while_loop(lambda c: c[0] > 0, lambda c: (c[0] - 1.0, c[1] + 1.0), (e, 0.0))[1]


def _while_counting_twice(s, P, w):
    """Two counters, of which the other one is asked."""
    k = jnp.sum(s.flags(P, w).astype(int))
    return lax.while_loop(lambda c: c[1] < k, lambda c: (c[0] + 1, c[1] + 2, c[2] + 1.0), (0, 0, 0.0))[2]


def _while_limit_grows(s, P, w):
    k = jnp.minimum(jnp.sum(s.flags(P, w).astype(int)), 4)
    body = lambda c: (c[0] + 1, jnp.where(c[0] < k, c[1] + 1, c[1]), c[2] + 1.0)  # noqa: E731
    return lax.while_loop(lambda c: c[0] < c[1], body, (0, 2, 0.0))[2] - 2.0


def _nested_map_floor(s, P, w):
    e = s.excess(P, w) * 1.01
    g = lax.map(lambda x: lax.map(lambda y: jnp.floor(x - y), e), e)
    return jnp.max(jnp.abs(g - g.T))


def _folded_floor(s, P, w):
    """The sum over steps of an unknown value is no multiple of one of them."""
    e = s.excess(P, w) * 1.01
    total = lax.fori_loop(0, e.shape[0], lambda i, c: c + jnp.floor(e[i]), 0.0)
    first = lax.fori_loop(0, e.shape[0], lambda i, c: c + jnp.floor(e[0] + 0 * i), 0.0)
    return jnp.abs(total - first)


def _cond_index_of_two(s, P, w):
    """Index 2 of two branches is index 1."""
    k = jnp.minimum(2, 2 * jnp.sum(s.flags(P, w).astype(int)))
    return lax.switch(k, [lambda: 0.0, lambda: 1.0])


def _switch_clamps(s, P, w):
    k = jnp.sum(s.flags(P, w).astype(int)) * 5
    return lax.switch(k, [lambda: 0.0, lambda: 0.0, lambda: 1.0])


def _switch_negative(s, P, w):
    """A negative index is the first branch."""
    k = 1 - 3 * jnp.max(s.flags(P, w).astype(int))
    return lax.switch(k, [lambda: 1.0, lambda: 0.0, lambda: 0.0])


def _cond_on_number(s, P, w):
    return lax.cond(3 * jnp.sum(s.flags(P, w).astype(int)), lambda: 1.0, lambda: 0.0)


def _cond_vmapped(s, P, w):
    g = jax.vmap(lambda f: lax.cond(f, lambda: 1.0, lambda: 0.0))(s.flags(P, w))
    return jnp.max(g)


def _cond_nested(s, P, w):
    f = s.flags(P, w)
    return lax.cond(f[-1], lambda: lax.cond(f[-2], lambda: 1.0, lambda: 0.5), lambda: 0.0)


def _running_sum(s, P, w):
    return jnp.max(jnp.cumsum(s.excess(P, w))) - jnp.max(lax.cumsum(s.excess(P, w), 0, reverse=True)[-1:])


def _maximum_of_none(s, P, w):
    """The largest over no step is what came in."""
    k = jnp.sum(s.flags(P, w).astype(int))
    return 1.0 + lax.fori_loop(0, k, lambda i, c: jnp.maximum(c, 1.0), -1.0)


def _stacked_places(s, P, w):
    """scan gives out its counter."""
    e = s.excess(P, w)
    _, j = lax.scan(lambda c, x: (c + 1, c), 0, e)
    _, r = lax.scan(lambda c, x: (c + 1, c), 0, e, reverse=True)
    return jnp.sum(jnp.where(r > j, e, 0.0)) + jnp.sum(jnp.where(r < j, e, 0.0))


def _fibonacci(s, P, w):
    """Two carried numbers, each the other's."""
    e = jnp.max(s.excess(P, w))
    a, b = lax.fori_loop(0, 5, lambda i, c: (c[1], c[0] + c[1]), (jnp.zeros(()), e))
    return a


def _carried_rows(s, P, w):
    e = s.excess(P, w)
    c, _ = lax.scan(lambda c, x: (jnp.roll(c, 1) + x, None), jnp.zeros(3), e)
    return jnp.max(c) - jnp.min(c) + jnp.sum(e)


def _longest_first(s, P, w):
    """A product over the steps in which one factor depends on the step."""
    f = s.flags(P, w)
    return 1.0 - lax.fori_loop(0, f.shape[0], lambda i, c: c * jnp.where(f[i], 0.5, 1.0), 1.0)


def _least_of_steps(s, P, w):
    f = s.flags(P, w)
    return 1.0 - lax.fori_loop(0, f.shape[0], lambda i, c: jnp.minimum(c, jnp.where(f[i], 0.5, 1.0)), 1.0)


def _unrolled(s, P, w):
    e = s.excess(P, w)
    return lax.scan(lambda c, x: (c + x, None), 0.0, e, unroll=1)[0]


def _checkpointed(s, P, w):
    return jax.checkpoint(lambda e: jnp.sum(jnp.floor(1.01 * e)))(s.excess(P, w))


several(
    {
        name.strip("_").replace("_", " "): of
        for name, of in list(globals().items())
        if name.startswith("_") and not name.startswith("__") and callable(of)
    }
)
