"""The term language of certificates: JSON lists read into nodes.

Written from the description of the language alone; it shares no code with what wrote the terms. It knows no theorem.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from axiomkd.verify.line import Failed

BINDERS = frozenset({"sum", "prod", "amax", "amin", "argmax", "argmin", "sorted"})
CONDITIONS = frozenset({"ge", "gt", "eq", "not", "and", "true", "false"})
PLAIN = frozenset(
    "add mul max min div exp log logp wherepos abs cbrt ind where powr floordiv P w T".split()
)  # operations whose arguments are terms or conditions and nothing else
ARITY = {"w": 1, "P": 2, "T": 1, "div": 2, "exp": 1, "log": 1, "logp": 1, "wherepos": 1, "abs": 1, "cbrt": 1, "ind": 1}
ARITY |= {"where": 3, "powr": 2, "floordiv": 2, "ge": 2, "gt": 2, "eq": 2, "not": 1, "true": 0, "false": 0}


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """An operation; equal ones read by this module are one object. `loose` are the variables that nothing here binds,
    `reads` the inputs among P, w, T that occur."""

    op: str
    args: tuple[Node, ...]
    data: Any
    loose: tuple[Node, ...]
    reads: frozenset[str]


_nodes: dict[tuple, Node] = {}


def forget() -> None:
    """Drop all nodes: between operators."""
    _nodes.clear()


def node(op: str, *args: Node, data: Any = None) -> Node:
    """The node of that operation: the same object each time."""
    name = (op, args, data)
    if name not in _nodes:
        own = frozenset({op}) if op in ("P", "w", "T") else frozenset(data[1:]) if op == "opaque" else frozenset()
        reads = own.union(*(a.reads for a in args))
        _nodes[name] = Node(op, args, data, (), reads)
        loose = _loose(_nodes[name])
        _nodes[name] = Node(op, args, data, loose, reads)
    return _nodes[name]


def _loose(n: Node) -> tuple[Node, ...]:
    found: dict[Node, None] = {}
    for place, a in enumerate(n.args):
        bound = n.args[0] if n.op in BINDERS and place == 1 else None
        if n.op in BINDERS and place == 0:
            found |= dict.fromkeys(v for v in a.args[0].loose)
            continue
        for v in (a, *a.loose) if a.op in ("index", "bound") else a.loose:
            if v is not bound:
                found[v] = None
    return tuple(found)


def free(n: Node) -> tuple[Node, ...]:
    """The variables that a value needs: those loose in the node, and the node itself where it is one."""
    return (n, *n.loose) if n.op in ("index", "bound") else n.loose


def num(x: Fraction | int) -> Node:
    return node("num", data=Fraction(x))


def read(json: Any) -> Node:
    """A JSON term as a node. Raises Failed where it is none."""
    try:
        return _read(json)
    except (ValueError, TypeError, IndexError, KeyError, ZeroDivisionError, RecursionError) as e:
        raise Failed(f"a term of the certificate cannot be read ({type(e).__name__}: {e})") from e


def _read(json: Any) -> Node:
    if isinstance(json, str):
        if json in ("K", "C"):
            return node("size", data=json)
        return node(json) if json in ("T", "true", "false", "nan") else num(Fraction(json))
    op, *rest = json
    match op:
        case "index" | "bound":
            name, length = rest
            return node(op, _read(length), data=name)
        case "inf":
            return node("inf", data=int(rest[0]))
        case "pow":
            return node("pow", _one(rest[1:]), data=Fraction(rest[0]))
        case "fn":
            return node("fn", _one(rest[1:]), data=str(rest[0]))
        case "opaque":
            return node(op, *map(_read, rest[1:]), data=tuple(map(str, rest[0])))
        case "param":
            return node(op, *map(_read, rest[1:]), data=str(rest[0]))
        case _ if op in BINDERS:
            bound, *more = map(_read, rest)
            if bound.op != "bound" or len(more) != 1 + (op == "sorted"):
                raise ValueError(f"{op} with {len(rest)} parts")
            return node(op, bound, *more)
        case _ if op in PLAIN | CONDITIONS:
            if len(rest) != ARITY.get(op, len(rest)) or not rest:
                raise ValueError(f"{op} with {len(rest)} parts")
            return node(op, *map(_read, rest))
    raise ValueError(f"no operation {op!r}")


def _one(rest: list[Any]) -> Node:
    (x,) = rest
    return _read(x)


def walk(n: Node) -> Iterator[Node]:
    """Every node below, each once."""
    seen, stack = set(), [n]
    while stack:
        x = stack.pop()
        if x not in seen:
            seen.add(x)
            yield x
            stack.extend(x.args)


def replace(n: Node, by: Mapping[Node, Node]) -> Node:
    """The node with loose variables replaced by nodes that bind nothing; what a binder binds stays."""
    if n in by:
        return by[n]
    if not n.args or n.op in ("index", "bound"):
        return n
    if n.op in BINDERS:
        inner = {v: x for v, x in by.items() if v is not n.args[0]}
        return node(n.op, n.args[0], replace(n.args[1], inner), *(replace(a, by) for a in n.args[2:]), data=n.data)
    return node(n.op, *(replace(a, by) for a in n.args), data=n.data)
