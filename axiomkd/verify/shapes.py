"""The shapes of terms that theorems ask for, read off the nodes: one-hot vectors, choices, orders within rows.

It evaluates nothing.
"""

from __future__ import annotations

from fractions import Fraction

from axiomkd.verify.algebra import product, split, summands
from axiomkd.verify.signs import Signs
from axiomkd.verify.terms import Node, free, node, replace, walk


def one_hot_place(q: Node) -> Node | None:
    """The argmax over all classes of which q is the indicator at class i; None where q is no such thing."""
    i = class_index(q)
    if i is None or q.op != "ind" or q.args[0].op != "eq" or i not in q.args[0].args:
        return None
    place = next((a for a in q.args[0].args if a is not i), None)
    if place is None or place.op not in ("argmax", "argmin") or i in free(place):
        return None
    return place if place.args[0].args[0] is i.args[0] else None


def class_index(q: Node) -> Node | None:
    """The one free index of an aggregate's entry."""
    loose = free(q)
    return loose[0] if len(loose) == 1 and loose[0].op == "index" else None


def only_order(q: Node) -> bool:
    """Whether P is seen only in comparisons of two entries of one row, and in the argmax of a row."""
    if any(n.op == "opaque" and "P" in n.reads for n in walk(q)):
        return False
    if "P" not in q.reads:
        return True
    if q.op in ("ge", "gt") and _within_row(q.args[0], q.args[1]):
        return True
    if q.op in ("argmax", "argmin"):
        bound, body = q.args
        if body.op == "P" and body.args[1] is bound and bound not in free(body.args[0]):
            return only_order(body.args[0])
    return q.op != "P" and all(map(only_order, q.args))


def only_argmax(q: Node) -> bool:
    """Whether P is seen only in the argmax of a row, at a place that does not depend on P."""
    if "P" not in q.reads:
        return True
    if q.op == "argmax":
        bound, body = q.args
        if body.op == "P" and body.args[1] is bound and bound not in free(body.args[0]):
            return "P" not in body.args[0].reads
    return q.op not in ("P", "opaque") and all(map(only_argmax, q.args))


def _within_row(x: Node, y: Node) -> bool:
    """x − y = p_ki − p_kj."""
    parts = [split(one) for one in summands(x)] + [(-c, f) for c, f in map(split, summands(y)) if c]
    if len(parts) != 2 or sorted(c for c, _ in parts) != [-1, 1]:
        return False
    if any(len(f) != 1 or set(f.values()) != {Fraction(1)} for _, f in parts):
        return False
    a, b = (next(iter(f)) for _, f in parts)
    plain = all(e.op == "P" and not any("P" in part.reads for part in e.args) for e in (a, b))
    return plain and a.args[0] is b.args[0]


def choice(v: Node, k: Node) -> Node | None:
    """The score at k, where v = [k = argmax_j score_j] over all teachers; None where v is no such thing."""
    if v.op != "ind" or v.args[0].op != "eq" or k not in v.args[0].args:
        return None
    place = next((a for a in v.args[0].args if a is not k), None)
    if place is None or place.op != "argmax" or place.args[0].args[0] is not k.args[0] or k in free(place):
        return None
    return replace(place.args[1], {place.args[0]: k})


def power_of_weight(x: Node, k: Node) -> tuple[Fraction, Node]:
    """A product as w_k^a times the rest."""
    own = node("w", k)
    c, factors = split(x)
    return factors.get(own, Fraction(0)), product(c, {f: e for f, e in factors.items() if f is not own})


def vanishes(v: Node, k: Node, signs: Signs) -> bool:
    """Whether v_k = 0 where w_k = 0: each summand has a power of w_k, or chooses a teacher whose score has one and is
    positive for some teacher."""
    return all(_vanishes(one, k, signs) for one in summands(v))


def _vanishes(part: Node, k: Node, signs: Signs) -> bool:
    if power_of_weight(part, k)[0] > 0:
        return True
    for f in split(part)[1]:
        score = choice(f, k)
        if score is not None:
            a, rest = power_of_weight(score, k)
            if a > 0 and signs.of(rest).positive:
                return True
    return False
