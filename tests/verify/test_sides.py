"""Points at the other side of a decision in an operator's trace are found, however thin what lies there; and none where there is
no such side."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from axiomkd.tracing.numerics import prepare
from axiomkd.verify import sides, wide

SIZE = (2, 3)


def found(fn):
    prepare("cpu")
    closed = jax.make_jaxpr(fn)(np.full(SIZE, 1 / 3), np.full(SIZE[0], 0.5))
    return sides.points(closed, wide.points(SIZE, closed=True))


@pytest.mark.parametrize(
    "at",
    [
        lambda P, w: jnp.abs(P[0, 0] - 0.123456789) < 1e-7,
        lambda P, w: w.max() > 1 - 1e-9,
        lambda P, w: jnp.maximum(0.0, 1e-7 - jnp.abs(w[1] - 0.7123)) > 0,
        jax.jit(lambda P, w: jnp.abs(P[1, 2] - P[0, 1] - 0.3141) < 1e-8),
    ],
    ids="class vertex bump jit".split(),
)
def test_a_thin_region_has_a_point_in_it(at):
    several = found(lambda P, w: jnp.where(at(P, w), P[0], w @ P))
    inside = [bool(at(*(x[0] for x in wide.doubles([one])[:2]))) for one in several]
    assert any(inside)
    assert all(one.inside and one.whole for one in several)


@pytest.mark.parametrize(
    "fn",
    [
        lambda P, w: w @ P,
        lambda P, w: jax.nn.softmax(w @ jnp.log(P)),
        lambda P, w: jnp.where(P.sum() > 0.5, w @ P, 0.0),
        lambda P, w: P[jnp.argmax(w)],
    ],
    ids="linear log never argmax".split(),
)
def test_what_goes_one_way_everywhere_has_no_other_side(fn):
    assert found(fn) == []
