"""From a graph of aten operations to JAX values: each node by its row in the table, held to torch's shape and dtype.

Whatever a row does not take, or gets otherwise than torch, makes the whole function untranslated: it says which, and where.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jax.numpy as jnp

from axiomkd.tracing.aten import (  # noqa: F401  (they fill the table)
    elementwise,
    linear,
    losses,
    order,
    reductions,
    shapes,
)
from axiomkd.tracing.aten.graph import Graph, Meta, Node, Ref, Size, Untranslated, number
from axiomkd.tracing.aten.table import ROWS, NoRow, To


def run(graph: Graph, inputs: Sequence[Any], K: Any, C: Any) -> Any:
    """The output of a graph on JAX arrays; K and C are the sizes that stand in it, symbolic ones among them.

    Raises Untranslated.
    """
    _see_through()
    values: dict[int, Any] = dict(zip(graph.inputs, inputs, strict=True))
    values |= {n: jnp.asarray(x).astype(dtype) for n, (x, dtype) in graph.constants.items()}
    used = {graph.output} | {ref.number for node in graph.nodes for ref in _refs(node.args.values())}
    for node in graph.nodes:
        if not used.isdisjoint(node.outputs):
            values.update(zip(node.outputs, _outputs(node, values, used, K, C), strict=True))
    return values[graph.output]


def _refs(args: Any) -> list[Ref]:
    found = []
    for one in args:
        if isinstance(one, Ref):
            found.append(one)
        elif isinstance(one, list | tuple):
            found += _refs(one)
    return found


def _outputs(node: Node, values: Mapping[int, Any], used: set[int], K: Any, C: Any) -> tuple[Any, ...]:
    rule = ROWS.get(node.op)
    if rule is None:
        raise Untranslated(f"there is no rule for PyTorch's `{node.op}`", node.where)
    read = _reader(values, K, C)
    to = To(
        tuple(tuple(number(n, K, C) for n in meta.shape) for meta in node.metas),
        tuple(jnp.dtype(meta.dtype) for meta in node.metas),
        tuple(n in used for n in node.outputs),
    )
    try:
        found = _at(node.where)(lambda: rule(to, **{name: read(x) for name, x in node.args.items()}))
    except NoRow as e:
        raise Untranslated(f"there is no rule for {e}", node.where) from None
    except (TypeError, ValueError, IndexError, NotImplementedError, AttributeError) as e:
        told = (str(e).splitlines() or [""])[0][:120]
        raise Untranslated(f"the rule for PyTorch's `{node.op}` does not reach this call ({told})", node.where) from e
    several = found if isinstance(found, tuple) else (found,)
    for x, meta, needed in zip(several, node.metas, to.used, strict=True):
        _held(node, x, meta, needed)
    return several


def _held(node: Node, x: Any, meta: Meta, needed: bool) -> None:
    """Raises Untranslated where a result is not of torch's shape or dtype. Symbolic lengths are not compared."""
    if not needed:
        return
    shape, dtype = getattr(x, "shape", ()), getattr(x, "dtype", None)
    fits = len(shape) == len(meta.shape)
    known = [(a, b) for a, b in zip(shape, meta.shape, strict=False) if isinstance(a, int) and isinstance(b, int)]
    fits = fits and all(a == b for a, b in known)
    if not fits or dtype != jnp.dtype(meta.dtype):
        raise Untranslated(
            f"the rule for PyTorch's `{node.op}` gives {dtype}{list(shape)} where PyTorch gives "
            f"{meta.dtype}{list(meta.shape)}",
            node.where,
        )


def _reader(values: Mapping[int, Any], K: Any, C: Any) -> Callable[[Any], Any]:
    def read(x: Any) -> Any:
        if isinstance(x, Ref):
            return values[x.number]
        if isinstance(x, Size):
            return number(x, K, C)
        if isinstance(x, list | tuple):
            return type(x)(read(one) for one in x)
        return x

    return read


# --- the user's line, where JAX looks for one ------------------------------------------------------------------------------


@cache
def _at(where: str | None) -> Callable[[Callable[[], Any]], Any]:
    """A call whose frame stands at a line of the user's, so that an equation of JAX's carries that line and not one of ours."""
    file, _, line = (where or "").rpartition(":")
    if not file or not line.isdigit():
        return lambda call: call()
    code = compile("\n" * (int(line) - 1) + "call()", file, "eval")
    return lambda call: eval(code, {"call": call, "__name__": "translated"})


@cache
def _see_through() -> None:
    """Have JAX pass over the frames of this folder when it looks for the line that an equation stands for."""
    try:
        from jax._src import source_info_util  # private: there is no public way to a line

        source_info_util.register_exclusion(str(Path(__file__).parent))
    except Exception:
        return  # a version without it names our lines: texts are less useful, and nothing is wrong
