"""Terms as sums of products of powers, and when two terms are the same but for the order of sums and products.

It knows no domain.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction

from axiomkd.verify.terms import BINDERS, Node, free, node, num, replace, walk

Factors = dict[Node, Fraction]


def split(x: Node) -> tuple[Fraction, Factors]:
    """A product as a number and powers of factors."""
    c = Fraction(1)
    factors: defaultdict[Node, Fraction] = defaultdict(Fraction)
    for part in x.args if x.op == "mul" else (x,):
        if part.op == "mul":
            more, inner = split(part)
            c *= more
            for f, e in inner.items():
                factors[f] += e
        elif part.op == "num":
            c *= part.data
        elif part.op == "pow":
            factors[part.args[0]] += part.data
        elif part.op == "div":
            factors[part.args[0]] += Fraction(1)
            factors[part.args[1]] -= Fraction(1)
        else:
            factors[part] += Fraction(1)
    return c, {f: e for f, e in factors.items() if e}


def product(c: Fraction, factors: Factors) -> Node:
    parts = [num(c)] if c != 1 or not factors else []
    parts += [f if e == 1 else node("pow", f, data=e) for f, e in factors.items()]
    return parts[0] if len(parts) == 1 else node("mul", *parts)


def summands(x: Node) -> list[Node]:
    return [one for part in x.args for one in summands(part)] if x.op == "add" else [x]


def difference(x: Node, y: Node) -> Fraction:
    """x − y where they differ by a number; −1 where they do not."""

    def plain(n: Node) -> tuple[Fraction, Counter]:
        parts = [split(one) for one in summands(n)]
        return sum((c for c, f in parts if not f), Fraction(0)), Counter((c, tuple(f.items())) for c, f in parts if f)

    (a, left), (b, right) = plain(x), plain(y)
    return a - b if left == right else Fraction(-1)


def is_at(body: Node, bound: Node, other: Node) -> bool:
    """Whether `other` is the body at some value of the bound variable."""
    inside = {n.args[0] for n in walk(body) if n.op in BINDERS}
    candidates = [v for v in free(other) if v is not bound and v.args == bound.args and v not in inside]
    return any(same(replace(body, {bound: v}), other) for v in candidates)


def same(x: Node, y: Node) -> bool:
    """Equality up to the order of sums and products."""
    return _key(x) == _key(y)


def _key(x: Node) -> tuple:
    if x.op in ("index", "bound", "num", "size"):
        return (x.op, str(x.data), *map(_key, x.args))
    if x.op == "mul":
        c, factors = split(x)
        return ("mul", str(c), tuple(sorted((repr(_key(f)), str(e)) for f, e in factors.items())))
    parts = [_key(a) for a in x.args]
    if x.op in ("add", "max", "min", "and", "eq"):
        parts.sort(key=repr)
    return (x.op, str(x.data), *parts)


def is_instance(extreme: Node, y: Node) -> bool:
    """Whether y is one of the numbers that an amax or amin is over."""
    return is_at(extreme.args[1], extreme.args[0], y)
