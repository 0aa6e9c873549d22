"""Lower weighted quantiles: min_j of x_j where enough weight lies at or below x_j, max x elsewhere.

With weights of one sign that do not move, it is a least of largests over fixed sets of entries, so it is as continuous as the
entries are. It shares no rule with what wrote the certificate.
"""

from __future__ import annotations

from collections.abc import Set

from axiomkd.verify.algebra import same, split, summands
from axiomkd.verify.signs import Signs
from axiomkd.verify.terms import BINDERS, Node, free, num, replace, walk


def of_entries(x: Node, signs: Signs, moving: Set[str]) -> Node | None:
    """The body x_j at the bound j, where x is such a quantile whose weights and level do not read the `moving` inputs."""
    if x.op != "amin" or x.args[1].op != "where":
        return None
    j, (condition, own, top) = x.args[0], x.args[1].args
    if j not in free(own) or j in free(top) or not _largest(top, j, own):
        return None
    if condition.op != "ge" or condition.args[1] is not num(0):
        return None
    parts = summands(condition.args[0])
    sums = [one for one in parts if j in free(one)]
    fixed = not any(one.reads & moving for one in parts if one not in sums)
    return own if len(sums) == 1 and fixed and _weight_below(sums[0], j, own, signs, moving) else None


def _largest(top: Node, j: Node, own: Node) -> bool:
    """max_l x_l over the same axis."""
    if top.op != "amax" or top.args[0].args[0] is not j.args[0]:
        return False
    return _at(own, j, top.args[0]) is not None and same(_at(own, j, top.args[0]) or own, top.args[1])


def _at(own: Node, j: Node, place: Node) -> Node | None:
    """x at another variable; None where something inside binds that one."""
    if any(n.op in BINDERS and n.args[0] in (place, j) for n in walk(own)):
        return None
    return replace(own, {j: place})


def _weight_below(one: Node, j: Node, own: Node, signs: Signs, moving: Set[str]) -> bool:
    """c Σ_l v_l [x_j − x_l ≥ 0] with c > 0 and v ≥ 0."""
    c, factors = split(one)
    if c <= 0 or len(factors) != 1 or set(factors.values()) != {1}:
        return False
    (total,) = factors
    if total.op != "sum" or total.args[0].args[0] is not j.args[0] or total.args[0] is j:
        return False
    l, body = total.args  # noqa: E741
    d, inner = split(body)
    tests = [f for f in inner if f.op == "ind" and j in free(f)]
    if d <= 0 or len(tests) != 1 or inner[tests[0]] != 1:
        return False
    if any(
        e < 0 or j in free(f) or f.reads & moving or not signs.of(f).nonnegative
        for f, e in inner.items()
        if f is not tests[0]
    ):
        return False
    other = _at(own, j, l)
    test = tests[0].args[0]
    return other is not None and test.op == "ge" and test.args[1] is num(0) and _is_gap(test.args[0], own, other)


def _is_gap(x: Node, a: Node, b: Node) -> bool:
    """x = a − b, summand by summand."""
    left = [(c, f) for c, f in map(split, summands(x))]
    right = [*map(split, summands(a)), *((-c, f) for c, f in map(split, summands(b)))]
    for c, f in right:
        found = next(
            (n for n, (d, g) in enumerate(left) if c == d and _alike(f, g)),
            None,
        )
        if found is None:
            return False
        left.pop(found)
    return not left


def _alike(f: dict, g: dict) -> bool:
    rest = list(g.items())
    for x, e in f.items():
        found = next((n for n, (y, d) in enumerate(rest) if e == d and same(x, y)), None)
        if found is None:
            return False
        rest.pop(found)
    return not rest
