"""Terms: the entry of an array as a formula in P[k, i], w[k], T, the sizes K and C, and indices that range over an axis.

A term means what the code means, infinities and NaN included; nothing is simplified here but sums of numbers. Terms
are interned, so equal terms are one object. A binder (sum, max, argmax, …) names its variable by its nesting height:
terms that differ in the names of bound variables alone are one object too, and no substitution captures a variable.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from hashlib import blake2b
from typing import Any

BINDERS = frozenset({"sum", "prod", "amax", "amin", "argmax", "argmin", "sorted", "softmax", "median"})
"""Operations whose first argument is a bound variable and whose second is the body it is bound in."""


class Term:
    """An operation on terms. `free` are the free indices, `height` the nesting of binders, `key` a name that is stable
    from run to run. `of` are the inputs among "P", "w", "T" that it may depend on; inside a loop, also the loops whose
    carried values it may depend on."""

    __slots__ = ("op", "args", "data", "free", "height", "key", "of", "size")

    op: str
    args: tuple[Term, ...]
    data: Any
    free: frozenset[Term]
    height: int
    key: bytes
    of: frozenset[str]
    size: int

    def __repr__(self) -> str:
        return show(self)


COMMUTATIVE = frozenset({"add", "mul", "max", "min", "and", "eq"})
"""Operations whose arguments are kept in the order of their keys, numbers first."""


def _rank(t: Term) -> tuple[bool, bytes]:
    return t.op != "num", t.key


_interned: dict[tuple, Term] = {}
_captured: dict[tuple, str] = {}
_serial = itertools.count()
NONE: frozenset = frozenset()


def make(op: str, args: Iterable[Term] = (), data: Any = None) -> Term:
    """The term of that operation: the same object each time."""
    args = tuple(sorted(args, key=_rank)) if op in COMMUTATIVE else tuple(args)
    name = (op, args, data)
    found = _interned.get(name)
    if found is not None:
        return found
    self = Term()
    self.op, self.args, self.data = op, args, data
    self.free = frozenset().union(*(a.free for a in args)) if args else NONE
    self.of = frozenset().union(*(a.of for a in args)) if args else NONE
    self.height = max((a.height for a in args), default=0)
    self.size = 1 + sum(a.size for a in args)
    if op == "index":
        self.free = frozenset({self})
    elif op == "bound":
        self.height = max(self.height, data)
    elif op in ("P", "w", "T"):
        self.of |= {op}
    elif op == "opaque":
        self.of |= data[1]
    elif op == "carry":
        self.of |= {"P", "w", "T", data[0]}
    digest = blake2b(digest_size=12)
    digest.update(repr((op, str(data))).encode())
    for a in args:
        digest.update(a.key)
    self.key = digest.digest()
    _interned[name] = self
    return self


def forget() -> None:
    """Drop all terms but the constants: between operators, so that memory stays and names are the same in every run."""
    global _serial
    _serial = itertools.count()
    _interned.clear()
    _captured.clear()
    _interned.update({(t.op, t.args, t.data): t for t in (ZERO, ONE, TRUE, FALSE, NAN, K, C, T)})


def by_key(key: bytes) -> Term | None:
    """The term of that key, among those made since `forget`."""
    return next((t for t in _interned.values() if t.key == key), None)


# --- leaves --------------------------------------------------------------------------------------------------------------


def num(value: Fraction | int) -> Term:
    return make("num", (), Fraction(value))


def infinity(sign: int) -> Term:
    return make("inf", (), sign)


ZERO, ONE = num(0), num(1)
TRUE, FALSE = make("true"), make("false")
NAN = make("nan")
K, C = make("size", (), "K"), make("size", (), "C")
T = make("T")  # with a place, T[k] is the temperature of teacher k


def index(length: Term, name: str | None = None) -> Term:
    """An index ranging over 0 … length − 1: the one of that name, or a new one."""
    return make("index", (length,), name or f"#{next(_serial)}")


def P(k: Term, i: Term) -> Term:
    return make("P", (k, i))


def w(k: Term) -> Term:
    return make("w", (k,))


def T_of(k: Term) -> Term:
    """The temperature of teacher k."""
    return make("T", (k,))


def opaque(primitive: str, where: str | None, of: frozenset[str], at: Iterable[Term]) -> Term:
    """Anything at all: the value of a primitive that no rule knows. It may depend on `of` and on the indices `at`."""
    return make("opaque", tuple(at), (next(_serial), of, primitive, where))


def captured(dtype: str, shape: tuple[int, ...], content: bytes) -> str:
    """The name of a captured array: one name for one dtype, shape and content, compared in full."""
    return _captured.setdefault((dtype, shape, content), f"c{len(_captured)}")


def loop() -> str:
    """The name of a loop, another one each time: what its carried values are told apart by."""
    return f"loop {next(_serial)}"


def loops(t: Term) -> frozenset[str]:
    """The loops whose carried values a term may depend on."""
    return frozenset(name for name in t.of if name.startswith("loop "))


# --- operations ----------------------------------------------------------------------------------------------------------


def is_num(term: Term) -> bool:
    return term.op == "num"


def add(*terms: Term) -> Term:
    """The sum; numbers are added up, nested sums flattened, a single 0 left out."""
    flat = [one for t in terms for one in (t.args if t.op == "add" else (t,))]
    total = sum((t.data for t in flat if is_num(t)), Fraction(0))
    rest = [t for t in flat if not is_num(t)]
    if not rest:
        return num(total)
    if total:
        rest.append(num(total))
    return rest[0] if len(rest) == 1 else make("add", rest)


def mul(*terms: Term) -> Term:
    """The product; numbers are multiplied. A factor 0 stays where the others may be infinite: it is no rule here."""
    flat = [one for t in terms for one in (t.args if t.op == "mul" else (t,))]
    total = Fraction(1)
    for t in flat:
        total = total * t.data if is_num(t) else total
    rest = [t for t in flat if not is_num(t)]
    if not rest:
        return num(total)
    if total != 1:
        rest.insert(0, num(total))
    return rest[0] if len(rest) == 1 else make("mul", rest)


def neg(x: Term) -> Term:
    return mul(num(-1), x)


def sub(x: Term, y: Term) -> Term:
    return add(x, neg(y))


def div(x: Term, y: Term) -> Term:
    if is_num(y) and y.data:
        return mul(num(1 / y.data), x)
    return make("div", (x, y))


def power(x: Term, exponent: Fraction) -> Term:
    if exponent == 1:
        return x
    if is_num(x) and exponent.denominator == 1 and (x.data or exponent > 0):
        return num(x.data ** int(exponent))
    return make("pow", (x,), exponent)


def apply(op: str, *args: Term, data: Any = None) -> Term:
    """Any other operation: exp, log, abs, max, min, where, ge, gt, eq, not, and, or, ind, fn, …"""
    return make(op, args, data)


def where(condition: Term, yes: Term, no: Term) -> Term:
    if condition is TRUE or yes is no:
        return yes
    if condition is FALSE:
        return no
    return make("where", (condition, yes, no))


def compare(op: str, x: Term, y: Term) -> Term:
    """ge, gt or eq; decided where both are numbers, or the same index expression."""
    if op == "ge" and y is ZERO and counts(x):
        return TRUE
    if op == "gt" and x is ZERO and counts(y):
        return FALSE
    if is_num(x) and is_num(y):
        return TRUE if {"ge": x.data >= y.data, "gt": x.data > y.data, "eq": x.data == y.data}[op] else FALSE
    return make(op, (x, y))


def counts(x: Term) -> bool:
    """Whether a term is an index, a size or a sum of such: a whole number that is never negative."""
    if x.op == "add":
        return all(map(counts, x.args))
    return x.op in ("index", "bound", "argmax", "argmin", "size") or (is_num(x) and x.data >= 0)


def negate(x: Term) -> Term:
    if x is TRUE or x is FALSE:
        return FALSE if x is TRUE else TRUE
    return x.args[0] if x.op == "not" else make("not", (x,))


def both(x: Term, y: Term) -> Term:
    if x is FALSE or y is FALSE:
        return FALSE
    return y if x is TRUE else x if y is TRUE else x if x is y else make("and", (x, y))


def either(x: Term, y: Term) -> Term:
    return negate(both(negate(x), negate(y)))


def indicator(condition: Term) -> Term:
    if condition is TRUE or condition is FALSE:
        return ONE if condition is TRUE else ZERO
    return make("ind", (condition,))


def bind(op: str, variable: Term, body: Term, *more: Term, data: Any = None) -> Term:
    """A binder over `variable`, a free index: sum, prod, amax, amin, argmax, argmin, sorted, softmax."""
    bound = make("bound", variable.args, body.height + 1)
    return make(op, (bound, substitute(body, {variable: bound}), *more), data)


def opened(binder: Term, *beside: Term) -> tuple[Term, Term]:
    """A free index that occurs neither in the binder nor in `beside`, and the binder's body at it."""
    bound, body = binder.args[:2]
    taken = binder.free.union(*(t.free for t in beside))
    variable = next(v for n in itertools.count() if (v := index(bound.args[0], f"o{n}")) not in taken)
    return variable, substitute(body, {bound: variable})


def substitute(term: Term, by: Mapping[Term, Term]) -> Term:
    """The term with indices (free, or bound by the binder that is opened) replaced. Binders inside are kept apart."""
    memo: dict[Term, Term] = {}
    depth = min((v.data for v in by if v.op == "bound"), default=None)

    def go(t: Term) -> Term:
        if t in by:
            return by[t]
        if not t.args or (depth is None and t.free.isdisjoint(by)) or (depth is not None and t.height < depth):
            return t
        if t not in memo:
            memo[t] = rebuilt(t, [go(a) for a in t.args])
        return memo[t]

    return go(term)


def rebuilt(t: Term, args: list[Term]) -> Term:
    """The same operation on other arguments; a binder's variable is named anew if its body got higher."""
    if t.op not in BINDERS or all(a is b for a, b in zip(args, t.args, strict=True)):
        return make(t.op, args, t.data)
    bound, body = args[:2]
    if bound.op != "bound":
        raise AssertionError("a binder lost its variable")
    # The body got other terms in: only if they contain binders as high as this one must the variable be renamed.
    inner = _height_below(body, bound)
    if inner + 1 != bound.data:
        fresh = make("bound", bound.args, inner + 1)
        args = [fresh, _rename(body, bound, fresh), *args[2:]]
    return make(t.op, args, t.data)


def _height_below(body: Term, bound: Term) -> int:
    """The height of a body, its own variable not counted."""
    memo: dict[Term, int] = {}

    def go(t: Term) -> int:
        if t is bound:
            return 0
        if not t.args:
            return t.height
        if t not in memo:
            own = t.args[0].data if t.op in BINDERS else 0
            memo[t] = max(own, max(go(a) for a in t.args))
        return memo[t]

    return go(body)


def _rename(body: Term, old: Term, new: Term) -> Term:
    memo: dict[Term, Term] = {}

    def go(t: Term) -> Term:
        if t is old:
            return new
        if not t.args:
            return t
        if t not in memo:
            own = t.op in BINDERS and t.args[0] is old  # a closed term that got in: its variable is its own
            memo[t] = make(t.op, [a if own and n < 2 else go(a) for n, a in enumerate(t.args)], t.data)
        return memo[t]

    return go(body)


def walk(term: Term) -> Iterable[Term]:
    """Every subterm once, the inner ones first."""
    seen: set[Term] = set()
    stack: list[tuple[Term, bool]] = [(term, False)]
    while stack:
        t, done = stack.pop()
        if done:
            yield t
        elif t not in seen:
            seen.add(t)
            stack.append((t, True))
            stack.extend((a, False) for a in t.args)


def replaced(term: Term, change: Callable[[Term], Term | None]) -> Term:
    """The term with `change` applied to every subterm, innermost first; None leaves one as it is.

    Binders are opened on the way, so `change` sees free indices only. What it returns is not looked at again.
    """
    memo: dict[Term, Term] = {}

    def parts(t: Term) -> Term:
        if t.op in BINDERS:
            variable, body = opened(t)
            return bind(t.op, variable, go(body), *map(go, t.args[2:]), data=t.data)
        return make(t.op, map(go, t.args), t.data) if t.args and t.op not in ("index", "bound") else t

    def go(t: Term) -> Term:
        if t not in memo:
            inner = parts(t)
            new = change(inner)
            memo[t] = inner if new is None else new
        return memo[t]

    return go(term)


# --- reading -------------------------------------------------------------------------------------------------------------


def dump(term: Term) -> Any:
    """The term as nested JSON lists: [op, data?, args…]; a free index is ["index", name, length]."""
    return dump_all([term])[0]


def dump_all(several: Iterable[Term]) -> list[Any]:
    """Terms as nested JSON lists, a free index named the same in all of them; opaque terms are numbered, so that two are
    only alike where they are one."""
    numbers: dict[Any, int] = {}

    def go(t: Term) -> Any:
        match t.op:
            case "num":
                return str(t.data)
            case "size":
                return t.data
            case "T" | "true" | "false" | "nan" if not t.args:
                return t.op
            case "index":
                return ["index", t.data, go(t.args[0])]
            case "bound":
                return ["bound", t.data, go(t.args[0])]
            case "opaque":
                return ["opaque", [f"{t.data[2]} #{_numbered(t.data, numbers)}", *sorted(t.data[1])], *map(go, t.args)]
            case "param":
                return ["param", t.data[0], *map(go, t.args)]
            case "inf":
                return ["inf", t.data]
            case "pow" | "fn":
                return [t.op, str(t.data), *map(go, t.args)]
            case _:
                return [t.op, *map(go, t.args)]

    return [go(t) for t in several]


def _numbered(data: Any, numbers: dict[Any, int]) -> int:
    """1 for the first, 2 for the second that is another one, …"""
    return numbers.setdefault(data, len(numbers) + 1)


LETTERS = "jlmnrstuv"


def show(term: Term) -> str:
    """The term as a reader would write it."""
    return _shown(term, {})


INFIX = {"add": " + ", "ge": " ≥ ", "gt": " > ", "eq": " = ", "and": " ∧ "}


def _shown(t: Term, names: dict) -> str:
    def go(x: Term) -> str:
        return _shown(x, names)

    match t.op:
        case "num" | "size":
            return str(t.data)
        case "T" | "true" | "false" | "nan" if not t.args:
            return t.op
        case "inf":
            return "∞" if t.data > 0 else "-∞"
        case "index":
            return str(t.data)
        case "bound":
            return LETTERS[t.data % len(LETTERS)]
        case "P" | "w" | "T":
            return f"{t.op}[{', '.join(map(go, t.args))}]"
        case "param":
            return f"{t.data[0]}[{', '.join(map(go, t.args))}]"
        case "opaque":
            return f"{t.data[2]}?"
        case "mul":
            return "·".join(f"({go(a)})" if a.op == "add" else go(a) for a in t.args)
        case "div":
            return f"({go(t.args[0])})/({go(t.args[1])})"
        case "pow":
            base = go(t.args[0])
            return f"{base if t.args[0].op in ('P', 'w', 'size') else f'({base})'}^{t.data}"
        case "ind":
            return f"[{go(t.args[0])}]"
        case "sum" | "prod" | "amax" | "amin" | "argmax" | "argmin":
            sign = {"sum": "Σ", "prod": "∏", "amax": "max", "amin": "min"}.get(t.op, t.op)
            return f"{sign}_{go(t.args[0])}({go(t.args[1])})"
        case "fn":
            return f"{t.data}({', '.join(map(go, t.args))})"
        case _ if t.op in INFIX:
            return INFIX[t.op].join(map(go, t.args))
        case _:
            return f"{t.op}({', '.join(map(go, t.args))})"
