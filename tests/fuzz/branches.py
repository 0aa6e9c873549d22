"""Gates by Python: a branch on a size, in as many spellings as people have. True at sizes past the threshold, or at one alone."""

from __future__ import annotations

import copy
import functools
import json
import operator
import pickle
import random

import jax
import jax.numpy as jnp
import numpy as np

from .gates import gate

TABLE = {}
_KEY = functools.cmp_to_key(lambda a, b: a - b)


@functools.lru_cache
def _cached(n, limit):
    return n >= limit


def _try(function) -> bool:
    try:
        function()
    except (TypeError, ValueError, IndexError):
        return False
    return True


def _matched(n, m) -> bool:
    match n:
        case x if x == m:
            return True
    return False


class _Table(dict):
    def __missing__(self, key):
        return False


def _axis(P, s):
    return P.shape[1] if s.axis == "C" else P.shape[0]


def _row(P, s):
    return P[0] if s.axis == "C" else P[:, 0]


# At one size alone: f(P, s, m), m the size.
ONLY = {
    "equals": lambda P, s, m: _axis(P, s) == m,
    "is equalled": lambda P, s, m: m == _axis(P, s),
    "differs": lambda P, s, m: not _axis(P, s) != m,
    "shape equals": lambda P, s, m: _row(P, s).shape == (m,),
    "shape is in a set": lambda P, s, m: _row(P, s).shape in {(m,)},
    "is in a tuple": lambda P, s, m: _axis(P, s) in (m, -1),
    "is in a set": lambda P, s, m: _axis(P, s) in {m, -1},
    "is a key": lambda P, s, m: {m: True}.get(_axis(P, s), False),
    "is missing": lambda P, s, m: _Table({m: True})[_axis(P, s)],
    "in a range": lambda P, s, m: _axis(P, s) in range(m, m + 1),
    "length": lambda P, s, m: len(_row(P, s)) == m,
    "jnp.shape": lambda P, s, m: jnp.shape(_row(P, s))[0] == m,
    "jnp.size": lambda P, s, m: jnp.size(_row(P, s)) == m,
    "number of entries": lambda P, s, m: _row(P, s).size == m,
    "as text": lambda P, s, m: str(_axis(P, s)) == str(m),
    "as a formatted text": lambda P, s, m: f"{_axis(P, s)}" == f"{m}",
    "representation": lambda P, s, m: repr(_row(P, s).shape) == f"({m},)",
    "hash": lambda P, s, m: hash(_axis(P, s)) == hash(m),
    "difference is false": lambda P, s, m: not (_axis(P, s) - m),
    "absolute difference": lambda P, s, m: abs(_axis(P, s) - m) < 1,
    "match": lambda P, s, m: _matched(_axis(P, s), m),
    "getattr": lambda P, s, m: operator.attrgetter("shape")(_row(P, s))[0] == m,
    "operator.eq": lambda P, s, m: operator.eq(_axis(P, s), m),
    "operator.contains": lambda P, s, m: operator.contains([m], _axis(P, s)),
    "list.index": lambda P, s, m: _try(lambda: [m].index(_axis(P, s))),
    "list.count": lambda P, s, m: [m].count(_axis(P, s)) == 1,
    "try to add": lambda P, s, m: _try(lambda: _row(P, s) + jnp.zeros(m)),
    "try to multiply": lambda P, s, m: _try(lambda: _row(P, s) * jnp.ones(m)),
    "try a dot": lambda P, s, m: _try(lambda: _row(P, s) @ jnp.ones(m)),
    "try to reshape": lambda P, s, m: _try(lambda: _row(P, s).reshape(m)),
    "try to stack": lambda P, s, m: _try(lambda: jnp.stack([_row(P, s), jnp.ones(m)])),
    "try to broadcast": lambda P, s, m: _try(lambda: jnp.broadcast_to(_row(P, s), (m,))),
    "try shapes": lambda P, s, m: _try(lambda: jnp.broadcast_shapes(_row(P, s).shape, (m,))),
    "try where": lambda P, s, m: _try(lambda: jnp.where(_row(P, s) > 0, jnp.ones(m), 0.0)),
    "try einsum": lambda P, s, m: _try(lambda: jnp.einsum("i,i->", _row(P, s), jnp.ones(m))),
    "try eval_shape": lambda P, s, m: _try(lambda: jax.eval_shape(lambda x: x + jnp.zeros(m), _row(P, s))),
    "try vmap": lambda P, s, m: _try(lambda: jax.vmap(lambda a, b: a + b)(_row(P, s), jnp.ones(m))),
    "try cond": lambda P, s, m: _try(lambda: jax.lax.cond(True, lambda: _row(P, s), lambda: jnp.ones(m))),
    "try scan": lambda P, s, m: _try(lambda: jax.lax.scan(lambda c, x: (c, None), 0.0, (_row(P, s), jnp.ones(m)))),
    "array_equal": lambda P, s, m: jnp.array_equal(jnp.zeros_like(_row(P, s)), jnp.zeros(m)),
    "array_equal of whole arrays": lambda P, s, m: jnp.array_equal(jnp.full(m, 2.0), 0 * _row(P, s) + 2),
    "allclose": lambda P, s, m: _try(lambda: jnp.allclose(jnp.zeros_like(_row(P, s)), jnp.zeros(m))),
    "np.equal": lambda P, s, m: bool(np.equal(_axis(P, s), m)),
    "np.array of the shape": lambda P, s, m: bool(np.all(np.array(_row(P, s).shape, object) == m)),
    "jnp.where": lambda P, s, m: jnp.where(_axis(P, s) == m, 1.0, 0.0),
    "jnp.equal": lambda P, s, m: jnp.equal(_axis(P, s), m),
    "a traced equality": lambda P, s, m: jnp.sum(jnp.ones_like(_row(P, s))) == m,
    "sorted": lambda P, s, m: sorted([_axis(P, s), m + 1, m])[:2] == [m, m],
    "functools.cmp_to_key": lambda P, s, m: _KEY(_axis(P, s)) == _KEY(m),
    "copied": lambda P, s, m: copy.copy(_axis(P, s)) == m,
    "avals": lambda P, s, m: jax.typeof(_row(P, s)).shape == (m,),
    "struct": lambda P, s, m: jax.ShapeDtypeStruct(_row(P, s).shape, float) == jax.ShapeDtypeStruct((m,), float),
    "tree structure": lambda P, s, m: jax.tree.map(lambda x: x.shape, {"a": _row(P, s)}) == {"a": (m,)},
    "a key of shapes": lambda P, s, m: {(m,): 1}.get(tuple(_row(P, s).shape)) == 1,
    "a text as a key": lambda P, s, m: {f"model{m}": True}.get(f"model{_axis(P, s)}", False),
    "number of digits and value": lambda P, s, m: len(str(_axis(P, s))) == len(str(m)) and _axis(P, s) == m,
    "format": lambda P, s, m: format(_axis(P, s)) == str(m),
    "the same object": lambda P, s, m: any(_axis(P, s) is n for n in _SMALL if n == m) if m <= 256 else _axis(P, s) == m,
    "an int that equals": lambda P, s, m: isinstance(_axis(P, s), int) and _axis(P, s) == m,
    "an int in a table": lambda P, s, m: isinstance(_axis(P, s), int) and {m: True}.get(int(_axis(P, s)), False),
    "int() or nothing, equal": lambda P, s, m: _or_nothing(lambda: int(_axis(P, s)) == m),
    "a JSON text": lambda P, s, m: _or_nothing(lambda: json.dumps(_axis(P, s)) == str(m)),
    "a pickle": lambda P, s, m: _or_nothing(lambda: pickle.loads(pickle.dumps(_axis(P, s))) == m),
    "a NumPy shape": lambda P, s, m: _or_nothing(lambda: np.empty(_axis(P, s)).shape == (m,)),
    "a modulus": lambda P, s, m: _or_nothing(lambda: _axis(P, s) % (10 * m) == m),
    "text of the type": lambda P, s, m: "int" in str(type(_axis(P, s))) and str(_axis(P, s)) == str(m),
    "an attribute": lambda P, s, m: getattr(_axis(P, s), "real", None) == m,
    "bit length": lambda P, s, m: hasattr(_axis(P, s), "bit_length") and _axis(P, s) == m,
    "an exception by assert": lambda P, s, m: _asserted(_axis(P, s), m),
}  # fmt: skip


def _asserted(n, m) -> bool:
    try:
        assert n == m
    except AssertionError:
        return False
    return True


# At one pair of sizes alone: f(P, w, size).
BOTH = {
    "shape equals": lambda P, w, size: P.shape == size,
    "shape is a key": lambda P, w, size: {size: True}.get(tuple(P.shape), False),
    "shape as text": lambda P, w, size: str(P.shape) == str(size),
    "ints that equal": lambda P, w, size: all(isinstance(n, int) for n in P.shape) and tuple(P.shape) == size,
    "try to add a matrix": lambda P, w, size: _try(lambda: P + jnp.zeros(size)),
    "try to multiply by a matrix": lambda P, w, size: _try(lambda: P * jnp.ones(size)),
    "try to contract a matrix": lambda P, w, size: _try(lambda: jnp.einsum("kc,kc->", P, jnp.ones(size))),
    "try two dots": lambda P, w, size: _try(lambda: (jnp.ones(size[0]) @ P) @ jnp.ones(size[1])),
    "try to reshape": lambda P, w, size: _try(lambda: P.reshape(size)),
    "try to stack": lambda P, w, size: _try(lambda: jnp.stack([P, jnp.ones(size)])),
    "array_equal": lambda P, w, size: jnp.array_equal(jnp.zeros_like(P), jnp.zeros(size)),
    "number of entries": lambda P, w, size: P.size == size[0] * size[1] and P.shape[0] == size[0],
}


_SMALL = tuple(range(257))


def _or_nothing(function) -> bool:
    """The answer, or no where there is none."""
    try:
        return bool(function())
    except Exception:
        return False


# From a size on: f(P, s, m), true where the axis is at least m long.
FROM = {
    "at least": lambda P, s, m: _axis(P, s) >= m,
    "not below": lambda P, s, m: not _axis(P, s) < m,
    "max": lambda P, s, m: max(_axis(P, s), m - 1) > m - 1,
    "min": lambda P, s, m: min(_axis(P, s), m) == m,
    "whole division": lambda P, s, m: _axis(P, s) // m >= 1,
    "range": lambda P, s, m: len(range(m - 1, _axis(P, s))) > 0,
    "a slice is empty": lambda P, s, m: _row(P, s)[m - 1 :].size > 0,
    "iterated": lambda P, s, m: sum(1 for _ in _row(P, s)) >= m,
    "enumerated": lambda P, s, m: any(k >= m - 1 for k, _ in enumerate(_row(P, s))),
    "unpacked": lambda P, s, m: len([*_row(P, s)]) >= m,
    "an int": lambda P, s, m: isinstance(_axis(P, s), int) and _axis(P, s) >= m,
    "the type": lambda P, s, m: type(_axis(P, s)) is int and _axis(P, s) >= m,
    "operator.index": lambda P, s, m: operator.index(_axis(P, s)) >= m,
    "int()": lambda P, s, m: int(_axis(P, s)) >= m,
    "float()": lambda P, s, m: float(_axis(P, s)) >= m,
    "a cache": lambda P, s, m: _cached(_axis(P, s), m),
    "np.ones": lambda P, s, m: np.ones(_axis(P, s)).sum() >= m,
    "np.size of the shape": lambda P, s, m: np.prod(np.array(_row(P, s).shape)) >= m,
    "try an index": lambda P, s, m: _try(lambda: list(_row(P, s))[m - 1]),
    "static index": lambda P, s, m: _try(lambda: jax.lax.index_in_dim(_row(P, s), m - 1)),
    "static slice": lambda P, s, m: _try(lambda: jax.lax.slice_in_dim(_row(P, s), 0, m)),
    "try top_k": lambda P, s, m: _try(lambda: jax.lax.top_k(_row(P, s), m)),
    "try split": lambda P, s, m: _try(lambda: _row(P, s)[: m - 1].sum() / len(_row(P, s)[m - 1 :].shape)) and _axis(P, s) >= m,
    "a range check of dicts": lambda P, s, m: next((True for n in range(m, m + 1) if n <= _axis(P, s)), False),
    "sorted": lambda P, s, m: sorted([_axis(P, s), m - 0.5])[0] == m - 0.5,
    "bool of a difference": lambda P, s, m: bool(max(_axis(P, s) - m + 1, 0)),
    "text length": lambda P, s, m: len(str(_axis(P, s))) >= 3 and _axis(P, s) >= m,
    "tracing or not": lambda P, s, m: not hasattr(_axis(P, s), "scope") and _axis(P, s) >= m,
    "by class name": lambda P, s, m: type(_axis(P, s)).__name__ == "int" and _axis(P, s) >= m,
}  # fmt: skip

TABLE.update({f"only where it {name}": of for name, of in ONLY.items()})
TABLE.update({f"from a size by {name}": of for name, of in FROM.items()})
TABLE.update(
    {
        f"carefully from a size by {name}": (lambda P, s, m, of=of: _or_nothing(lambda: of(P, s, m)))
        for name, of in FROM.items()
    }
)


def _recorded(name: str, of) -> None:
    def made(s, rng: random.Random):
        m = s.size()[0 if s.axis == "K" else 1]

        def g(P, w):
            found = of(P, s, m)
            return (1.0 if found else 0.0) if isinstance(found, bool | np.bool_) else jnp.asarray(found, float)

        return g

    made.__name__ = name
    gate("KC")(made)


for _name, _of in TABLE.items():
    _recorded(_name, _of)


def _recorded_both(name: str, of) -> None:
    def made(s, rng: random.Random):
        size = s.size()

        def g(P, w):
            found = of(P, w, size)
            return (1.0 if found else 0.0) if isinstance(found, bool | np.bool_) else jnp.asarray(found, float)

        return g

    made.__name__ = name
    gate("KC")(made)


for _name, _of in BOTH.items():
    _recorded_both(f"only at one pair of sizes by {_name}", _of)
