"""Gates by places: an index out of range that is held, filled or dropped; rows that are sorted, turned, cut and joined."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

from .gates import several


def _count(s, P, w):
    return jnp.sum(s.flags(P, w).astype(int))


STEP = jnp.array([0.0, 1.0, 1.0])
RAMP = jnp.array([0.0, 1.0, 2.0, 3.0])
HIDDEN = jnp.array([1.0, 1.0, 0.0])

PLACES = {
    "dynamic index": lambda s, P, w: lax.dynamic_index_in_dim(STEP, _count(s, P, w), keepdims=False),
    "dynamic slice is held": lambda s, P, w: lax.dynamic_slice(HIDDEN, (9 * _count(s, P, w),), (1,))[0] * -1.0 + 1.0,
    "dynamic slice of two is held": lambda s, P, w: lax.dynamic_slice(RAMP, (_count(s, P, w) * 9,), (2,))[0],
    "dynamic slice below 0": lambda s, P, w: (
        3.0 - lax.dynamic_slice(RAMP, (3 - 9 * jnp.minimum(_count(s, P, w), 1),), (1,))[0]
    ),
    "dynamic update is held": lambda s, P, w: (
        1.0 - lax.dynamic_update_slice(jnp.zeros(3), jnp.ones(1), (9 * _count(s, P, w),))[0]
    ),
    "gather is held": lambda s, P, w: RAMP.at[9 * _count(s, P, w)].get(mode="clip"),
    "gather is filled": lambda s, P, w: STEP.at[9 * _count(s, P, w)].get(mode="fill", fill_value=7.0),
    "gather from the end": lambda s, P, w: RAMP[-_count(s, P, w)],
    "gather wraps": lambda s, P, w: jnp.take(RAMP, -_count(s, P, w), mode="wrap"),
    "gather of several": lambda s, P, w: jnp.max(STEP[s.flags(P, w).astype(int)]),
    "gather of truth values": lambda s, P, w: jnp.max(jnp.take(STEP, s.flags(P, w).astype("uint8"))),
    "gather of whole numbers": lambda s, P, w: jnp.max(jnp.arange(4)[2 * s.flags(P, w).astype(int)]) * 1.0,
    "take along an axis": lambda s, P, w: jnp.max(
        jnp.take_along_axis(s.excess(P, w), jnp.argsort(s.excess(P, w)), 0)[-1]
    ),
    "scatter drops": lambda s, P, w: 1.0 - jnp.zeros(3).at[9 * _count(s, P, w)].set(1.0, mode="drop").sum(),
    "scatter is held": lambda s, P, w: jnp.zeros(3).at[9 * _count(s, P, w)].set(1.0, mode="clip")[2],
    "scatter at two places": lambda s, P, w: (
        2.0 - jnp.zeros(3).at[jnp.stack([0 * _count(s, P, w), 1 - jnp.minimum(_count(s, P, w), 1)])].set(1.0).sum()
    ),
    "scatter adds twice": lambda s, P, w: (
        jnp.max(jnp.zeros(3).at[jnp.stack([0 * _count(s, P, w), 1 - jnp.minimum(_count(s, P, w), 1)])].add(1.0)) - 1.0
    ),
    "scatter-add drops": lambda s, P, w: 1.0 - jnp.zeros(3).at[9 * _count(s, P, w)].add(1.0).sum(),
    "scatter-add at a row of places": lambda s, P, w: jnp.zeros(2).at[s.flags(P, w).astype(int)].add(1.0)[1],
    "scatter multiplies": lambda s, P, w: 1.0 - jnp.ones(2).at[s.flags(P, w).astype(int)].mul(0.5)[1],
    "scatter keeps the largest": lambda s, P, w: (
        jnp.zeros(1).at[jnp.zeros_like(s.excess(P, w), int)].max(s.excess(P, w))[0]
    ),
    "scatter keeps the least": lambda s, P, w: (
        -jnp.zeros(1).at[jnp.zeros_like(s.excess(P, w), int)].min(-s.excess(P, w))[0]
    ),
    "scatter of a part of a row": lambda s, P, w: jnp.zeros((2, 3)).at[_count(s, P, w), :2].set(1.0)[0, 0] * -1 + 1,
    "segment sum drops": lambda s, P, w: 1.0 - jax.ops.segment_sum(jnp.ones(1), 9 * _count(s, P, w)[None], 2).sum(),
    "histogram": lambda s, P, w: jnp.bincount(s.flags(P, w).astype(int), length=2)[1] * 1.0,
    "histogram that drops": lambda s, P, w: (
        jnp.sum(s.flags(P, w)) * 1.0 - (jnp.bincount(9 * s.flags(P, w).astype(int), length=2)[1] * 1.0)
    ),
    "sort of pairs": lambda s, P, w: jnp.max(
        lax.sort((-s.excess(P, w), jnp.cumsum(s.excess(P, w))), num_keys=1)[1][:1]
    ),
    "sort of pairs, both keys": lambda s, P, w: lax.sort((jnp.zeros_like(s.excess(P, w)), s.excess(P, w)), num_keys=2)[
        1
    ][-1],
    "sort that is not stable": lambda s, P, w: lax.sort((s.excess(P, w), -s.excess(P, w)), num_keys=1)[1][-1] * -1,
    "sort down": lambda s, P, w: jnp.sort(s.excess(P, w), descending=True)[0],
    "sort up": lambda s, P, w: jnp.sort(s.excess(P, w))[-1],
    "argsort": lambda s, P, w: jnp.abs(s.excess(P, w)[jnp.argsort(-s.excess(P, w))[0]]),
    "ranks": lambda s, P, w: (
        jnp.sum(jnp.abs(jnp.argsort(jnp.argsort(s.excess(P, w))) - jnp.arange(s.excess(P, w).shape[0])[::-1]))
        * jnp.max(s.excess(P, w))
    ),
    "places of the largest": lambda s, P, w: s.excess(P, w)[lax.top_k(s.excess(P, w), 1)[1][0]],
    "largest two": lambda s, P, w: lax.top_k(s.excess(P, w), 2)[0][1],
    "approximately largest": lambda s, P, w: lax.approx_max_k(s.excess(P, w), 1)[0][0],
    "argmax of two": lambda s, P, w: (
        jnp.argmax(jnp.stack([0.5 * jnp.max(s.excess(P, w)), jnp.max(s.excess(P, w))])) * 1.0
    ),
    "argmax of a tie": lambda s, P, w: (
        1.0 - jnp.argmax(jnp.stack([jnp.max(s.excess(P, w)), 0.0 + 0 * w[0]]) <= 0) - 0.0 * P[0, 0] - 1.0
    ),
    "argmin of two": lambda s, P, w: jnp.argmin(jnp.stack([0.0 + 0 * w[0], -jnp.max(s.excess(P, w))])) * 1.0,
    "argmax of NaN": lambda s, P, w: jnp.argmax(jnp.stack([2.0 + 0 * w[0], jnp.sqrt(s.signed(P, w)) * 0])) * 1.0,
    "select by whole numbers": lambda s, P, w: jnp.max(
        lax.select_n(s.flags(P, w).astype("int32") * 2, s.excess(P, w) * 0, s.excess(P, w) * 0, s.excess(P, w))
    ),
    "select by two": lambda s, P, w: jnp.max(
        lax.select_n(s.flags(P, w).astype("int32"), s.excess(P, w) * 0, s.excess(P, w))
    ),
    "jnp.select": lambda s, P, w: jnp.max(jnp.select([s.flags(P, w)], [s.excess(P, w)], 0.0)),
    "jnp.choose": lambda s, P, w: jnp.max(
        jnp.choose(s.flags(P, w).astype(int), [s.excess(P, w) * 0, s.excess(P, w)], mode="clip")
    ),
    "strided": lambda s, P, w: jnp.max(s.excess(P, w)[::2]),
    "strided the other way": lambda s, P, w: jnp.max(s.excess(P, w)[::-2]),
    "last entry": lambda s, P, w: s.excess(P, w)[-1],
    "reversed": lambda s, P, w: s.excess(P, w)[::-1][0],
    "reversed twice of three": lambda s, P, w: jnp.max(
        jnp.abs(lax.rev(s.excess(P, w)[:, None] * jnp.array([0.0, 1.0]), (0, 1))[:, 0])
    ),
    "padded inside": lambda s, P, w: lax.pad(s.excess(P, w), 0.0, [(0, 0, 1)])[-1],
    "padded negatively": lambda s, P, w: jnp.max(lax.pad(s.excess(P, w), 0.0, [(-1, 0, 0)])),
    "padded with a number": lambda s, P, w: lax.pad(s.excess(P, w), jnp.max(s.excess(P, w)), [(1, 0, 0)])[0],
    "rolled": lambda s, P, w: jnp.roll(s.excess(P, w), 1)[0],
    "rolled by a number": lambda s, P, w: 3.0 - jnp.roll(RAMP, _count(s, P, w) + 0 * RAMP.shape[0])[3] + 0.0,
    "joined": lambda s, P, w: jnp.concatenate([jnp.zeros(2), s.excess(P, w)])[-1],
    "stacked": lambda s, P, w: jnp.max(jnp.stack([0 * s.excess(P, w), s.excess(P, w)])[1]),
    "unstacked": lambda s, P, w: jnp.max(jnp.unstack(jnp.stack([0 * s.excess(P, w), s.excess(P, w)]))[1]),
    "split": lambda s, P, w: jnp.max(jnp.split(jnp.stack([0 * s.excess(P, w), s.excess(P, w)]), 2)[1]),
    "merged axes": lambda s, P, w: jnp.stack([s.excess(P, w), 0 * s.excess(P, w)]).reshape(-1)[
        s.excess(P, w).shape[0] - 1
    ],
    "merged axes, the other way": lambda s, P, w: jnp.max(
        jnp.stack([0 * s.excess(P, w), s.excess(P, w)], 1).reshape(-1)[1::2]
    ),
    "split axes": lambda s, P, w: jnp.max(jnp.tile(s.excess(P, w), 2).reshape(2, -1)[1]),
    "repeated": lambda s, P, w: jnp.repeat(s.excess(P, w), 2)[-1],
    "tiled": lambda s, P, w: jnp.tile(s.excess(P, w), 2)[-1],
    "turned": lambda s, P, w: jnp.max(jnp.transpose(s.excess(P, w)[:, None] * jnp.array([[0.0, 1.0]]))[1]),
    "outer product": lambda s, P, w: jnp.max(jnp.outer(jnp.array([0.0, 1.0]), s.excess(P, w))),
    "diagonal": lambda s, P, w: jnp.diag(jnp.diag(s.excess(P, w)))[-1],
    "trace": lambda s, P, w: jnp.trace(jnp.diag(s.excess(P, w))),
    "upper triangle": lambda s, P, w: jnp.sum(jnp.triu(jnp.diag(s.excess(P, w)))),
    "lower triangle": lambda s, P, w: jnp.sum(jnp.tril(jnp.ones((3, 3)), -1)[2] * jnp.max(s.excess(P, w))),
    "squeezed": lambda s, P, w: jnp.squeeze(s.excess(P, w)[-1:]),
    "expanded": lambda s, P, w: jnp.expand_dims(s.excess(P, w), (0, 2))[0, -1, 0],
    "largest along an axis": lambda s, P, w: jnp.max(jnp.max(s.excess(P, w)[:, None] * jnp.array([[0.0, 1.0]]), 0)),
    "cumulative maximum": lambda s, P, w: lax.cummax(s.excess(P, w))[-1],
    "cumulative maximum reversed": lambda s, P, w: lax.cummax(s.excess(P, w), reverse=True)[0],
    "cumulative minimum": lambda s, P, w: -lax.cummin(-s.excess(P, w))[-1],
    "cumulative product": lambda s, P, w: jnp.cumprod(1.0 + s.excess(P, w))[-1] - 1.0,
    "cumulative logarithms": lambda s, P, w: (
        lax.cumlogsumexp(jnp.concatenate([jnp.full(1, -9.0), jnp.where(s.flags(P, w), 0.0, -jnp.inf)]))[-1] + 9.0
    ),
    "cumulative sum": lambda s, P, w: jnp.cumsum(s.excess(P, w))[-1],
    "cumulative sum reversed": lambda s, P, w: lax.cumsum(s.excess(P, w), 0, reverse=True)[0],
    "differences": lambda s, P, w: jnp.max(jnp.diff(jnp.cumsum(s.excess(P, w)))),
    "windows": lambda s, P, w: jnp.max(lax.reduce_window(s.excess(P, w), 0.0, lax.add, (2,), (1,), "SAME")),
    "convolution": lambda s, P, w: jnp.max(jnp.convolve(s.excess(P, w), jnp.array([0.5, 0.5]))),
    "batched dots": lambda s, P, w: jnp.max(
        jnp.einsum("ki,kj->kij", s.excess(P, w)[:, None], jnp.ones_like(s.excess(P, w))[:, None])
    ),
    "dot of four axes": lambda s, P, w: jnp.max(
        jnp.tensordot(s.excess(P, w)[:, None, None], jnp.ones((1, 2)), axes=[[1], [0]])
    ),
    "searched": lambda s, P, w: (
        jnp.searchsorted(jnp.array([0.5, 1.5]), 2.0 * jnp.max(s.flags(P, w).astype(float))) * 1.0
    ),
    "interpolated": lambda s, P, w: jnp.interp(jnp.max(s.excess(P, w)), jnp.array([0.0, 1.0]), jnp.array([0.0, 1.0])),
    "median": lambda s, P, w: jnp.median(jnp.stack([jnp.max(s.excess(P, w)), jnp.max(s.excess(P, w)), 0.0 * w[0]])),
    "quantile": lambda s, P, w: jnp.quantile(s.excess(P, w), 1.0),
    "nonzero places": lambda s, P, w: (
        jnp.nonzero(jnp.concatenate([jnp.array([False]), s.flags(P, w)]), size=1, fill_value=0)[0][0] * 1.0
    ),
    "unique": lambda s, P, w: jnp.unique(s.flags(P, w).astype(int), size=2, fill_value=0)[1] * 1.0,
}
several(PLACES)
several(
    {"gather is filled with NaN": lambda s, P, w: STEP.at[9 * _count(s, P, w)].get(mode="fill")},
    undefined=True,
)
several(
    {
        "joined, and shifted": lambda s, P, w: jnp.max(
            jnp.abs(jnp.concatenate([s.excess(P, w)[1:], s.excess(P, w)[:1]]) - s.excess(P, w))
        )
    },
    "KC",
)
