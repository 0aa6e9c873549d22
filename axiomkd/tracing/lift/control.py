"""Rules for branches and loops: a loop becomes a sum, product or extreme over its steps, or is written out where it is short.

What a loop carries is a mark of that loop alone while its body is lifted; no mark is left in what comes out. A loop whose
number of steps is not plainly a whole number, never negative, is opaque.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from axiomkd.tracing import sizes, terms
from axiomkd.tracing.lift.arrays import Array, from_the_end, new, simple
from axiomkd.tracing.lift.elementwise import chosen, maximum, minimum
from axiomkd.tracing.lift.lifted import Lifted, NotLifted
from axiomkd.tracing.lift.reductions import reduced
from axiomkd.tracing.lift.shapes import stacked
from axiomkd.tracing.lift.table import ANYTHING, TRUTH, WHOLE, Entry, Signature, named
from axiomkd.tracing.terms import ONE, ZERO, Term, add, mul, num, sub, substitute
from axiomkd.tracing.walk import Equation

UNROLL = 16  # steps of a loop that are written out where it is no plain sum, product or maximum


def _cond(lifted: Lifted, equation: Equation, which: Array, *inputs: Array) -> list[Array]:
    """Branch n where the index is n; an index below 0 takes the first branch, one beyond the last the last."""
    each = [lifted.walk(branch, inputs) for branch in equation.params["branches"]]
    out = each[-1]
    for n in reversed(range(len(each) - 1)):
        condition = _beyond(which, n)
        out = [_either(condition, later, here) for later, here in zip(out, each[n], strict=True)]
    return out


def _beyond(which: Array, n: int) -> Term:
    """Whether the index lies beyond branch n. It is mostly a truth value made a number."""
    if which.kind == "b":
        return which.entry
    if which.entry.op == "ind":
        return which.entry.args[0] if n == 0 else terms.FALSE
    return terms.compare("gt", which.entry, num(n))


def _either(condition: Term, yes: Array, no: Array) -> Array:
    if yes.kind == "?":
        raise NotLifted(f"branches in {yes.dtype}")
    return new(yes.shape, lambda *at: chosen(condition, yes(*at), no(*at), yes.kind), yes.dtype)


# --- loops -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Loop:
    """`length` steps on what is carried from `start` on. `step(r, carried)` lifts the step at row r: what is carried after
    it, and what it gives out. A loop in reverse takes the last row first."""

    lifted: Lifted
    start: list[Array]
    length: Term
    step: Callable[[Term, Sequence[Array]], list[Array]]
    reverse: bool = False

    def count(self, row: Term) -> Term:
        """How many steps come before that of a row."""
        return from_the_end(row, self.length) if self.reverse else row


def _scan(lifted: Lifted, equation: Equation, *inputs: Array) -> list[Array]:
    p = equation.params
    consts, carry = inputs[: p["num_consts"]], inputs[p["num_consts"] : p["num_consts"] + p["num_carry"]]
    rows = inputs[p["num_consts"] + p["num_carry"] :]

    def step(row: Term, carried: Sequence[Array]) -> list[Array]:
        xs = [Array(x.at[1:], substitute(x.entry, {x.at[0]: row}), x.dtype) for x in rows]
        return lifted.walk(p["jaxpr"], [*consts, *carried, *xs])

    return _looped(Loop(lifted, list(carry), sizes.length(p["length"]), step, bool(p["reverse"])))


def _while(lifted: Lifted, equation: Equation, *inputs: Array) -> list[Array]:
    """A loop that counts: while n < limit, with n + 1 in the body and n from a whole number on."""
    p = equation.params
    n_cond, n_body = p["cond_nconsts"], p["body_nconsts"]
    cond_consts, body_consts, carry = inputs[:n_cond], inputs[n_cond : n_cond + n_body], list(inputs[n_cond + n_body :])
    marks = _marks(carry)
    (go,) = lifted.walk(p["cond_jaxpr"], [*cond_consts, *marks])
    following = lifted.walk(p["body_jaxpr"], [*body_consts, *marks])
    if go.entry.op != "gt":
        raise NotLifted("a loop whose number of steps is not known")
    limit, counter = go.entry.args
    for n, a in enumerate(carry):
        if a.kind == "i" and not a.at and counter is marks[n].entry and following[n].entry is add(counter, ONE):
            length = simple(sub(_fixed(limit, carry, marks, following), a.entry))
            return _looped(
                Loop(
                    lifted, carry, length, lambda _row, carried: lifted.walk(p["body_jaxpr"], [*body_consts, *carried])
                )
            )
    raise NotLifted("a loop whose number of steps is not known")


def _fixed(limit: Term, carry: Sequence[Array], marks: Sequence[Array], following: Sequence[Array]) -> Term:
    """The limit itself, where no step changes it."""
    for start, mark, after in zip(carry, marks, following, strict=True):
        if not start.at and mark.entry is limit and after.entry is limit and start.kind == "i":
            return start.entry
    if _own(limit, marks):
        raise NotLifted("a loop whose number of steps is not known")
    return limit


def _marks(carry: Sequence[Array]) -> list[Array]:
    """Stand-ins for what one loop carries: of that loop alone, so that nested loops are told apart."""
    loop = terms.loop()
    return [_mark(loop, n, a) for n, a in enumerate(carry)]


def _mark(loop: str, n: int, a: Array) -> Array:
    value = new(a.shape, lambda *at: terms.make("carry", at, (loop, n)), a.dtype)
    return Array(value.at, terms.compare("eq", value.entry, ONE), a.dtype) if a.kind == "b" else value


def _own(x: Term, marks: Sequence[Array]) -> bool:
    """Whether a term may depend on what the loop of these marks carries."""
    return any(terms.loops(mark.entry) & terms.loops(x) for mark in marks)


def _looped(loop: Loop) -> list[Array]:
    """What is carried after all steps, then what each step gives out: sums, products and extremes over the steps, or the
    steps written out where they are few."""
    fewest = sizes.least(loop.length, loop.lifted.smallest)
    if not sizes.whole(loop.length) or fewest is None or fewest < 0:
        raise NotLifted("a loop whose number of steps may be negative")
    found = _closed(loop)
    if found is None and terms.is_num(loop.length) and loop.length.data <= UNROLL:
        found = _unrolled(loop)
    if found is None:
        raise NotLifted("a loop that is no sum, product or maximum over its steps")
    return found


def _closed(loop: Loop) -> list[Array] | None:
    """The loop as terms over an index of its rows; None where it is none."""
    row = terms.index(loop.length)
    marks = _marks(loop.start)
    known: dict[int, Array] = {}
    while True:
        out = loop.step(row, [known.get(n, mark) for n, mark in enumerate(marks)])
        counted = {
            n: _counted(loop, start, out[n], marks[n], row) for n, start in enumerate(loop.start) if n not in known
        }
        fresh = {n: a for n, a in counted.items() if a is not None}
        if not fresh:
            break
        known |= fresh
    after = []
    for n, start in enumerate(loop.start):
        found = _after(loop, start, known[n]) if n in known else _folded(loop, start, out[n], marks, n, row)
        if found is None:
            return None
        after.append(found)
    ys = out[len(loop.start) :]
    return None if any(_own(y.entry, marks) for y in ys) else [*after, *(Array((row, *y.at), y.entry) for y in ys)]


def _counted(loop: Loop, start: Array, after: Array, mark: Array, row: Term) -> Array | None:
    """The value before the step of a row, of what never changes or goes up by one and stays within its type."""
    before = mark(*after.at)
    if after.entry is before:
        return start
    if after.kind == "i" and after.entry is add(before, ONE):
        ends = (start.entry, add(start.entry, loop.length))
        if all(loop.lifted.bounds.fits(end, start.dtype) for end in ends):
            steps = loop.count(row)
            return Array(start.at, add(start.entry, steps) if start.entry is not ZERO else steps, start.dtype)
    return None


def _after(loop: Loop, start: Array, before: Array) -> Array:
    """The value after all steps, of what `_counted` found."""
    return start if before is start else Array(start.at, simple(add(start.entry, loop.length)), start.dtype)


FOLDS = {
    "add": ("sum", add, ZERO),
    "mul": ("prod", mul, ONE),
    "max": ("amax", maximum, None),
    "min": ("amin", minimum, None),
}


def _folded(loop: Loop, start: Array, after: Array, marks: Sequence[Array], n: int, row: Term) -> Array | None:
    """What is carried after all steps, where a step adds to it, multiplies it, or takes the larger or smaller."""
    e, before = after.entry, marks[n](*after.at)
    if e.op not in FOLDS or after.kind not in "fi":
        return None
    rest = list(e.args)
    if rest.count(before) != 1:
        return None
    rest.remove(before)
    if any(_own(r, marks) for r in rest):
        return None
    over, join, unit = FOLDS[e.op]
    inner = rest[0]
    for r in rest[1:]:
        inner = join(inner, r)
    if unit is None and not loop.lifted.bounds.nonempty(loop.length):
        if after.kind == "i":
            return None
    total, here = reduced(over, row, inner), start(*after.at)
    whole = total if here is unit else join(here, total)
    # Sums and products that wrap on the way come out right where the end fits.
    if after.kind == "i" and unit is not None and not loop.lifted.bounds.fits(whole, after.dtype):
        return None
    return Array(after.at, whole, after.dtype)


def _unrolled(loop: Loop) -> list[Array]:
    """Every step written out; what they give out is a stack."""
    n = int(loop.length.data)
    carried, given = loop.start, {}
    for row in reversed(range(n)) if loop.reverse else range(n):
        out = loop.step(num(row), carried)
        carried, given[row] = out[: len(loop.start)], out[len(loop.start) :]
    several = [[given[row][m] for row in range(n)] for m in range(len(given[0]) if n else 0)]
    if not n and len(loop.step(terms.index(ONE), loop.start)) > len(loop.start):
        raise NotLifted("a loop of no steps")
    return [*carried, *map(_stack_of, several)]


def _stack_of(each: list[Array]) -> Array:
    if each[0].kind == "?":
        raise NotLifted(f"results in {each[0].dtype}")
    shape = (num(len(each)), *each[0].shape)
    return new(shape, lambda place, *at: stacked([a(*at) for a in each], place, each[0]), each[0].dtype)


STEPS = named("jaxpr", "length", "reverse", "num_consts", "num_carry")
UNSEEN = named("linear", "unroll", "_split_transpose")  # how it is compiled or differentiated
WHILE = named("cond_jaxpr", "body_jaxpr", "cond_nconsts", "body_nconsts")

ENTRIES: dict[str, Entry] = {
    "cond": Entry(
        _cond,
        (Signature((WHOLE, ANYTHING), (ANYTHING,)), Signature((TRUTH, ANYTHING), (ANYTHING,))),
        named("branches"),
        scalars=(0,),
        computes=False,
    ),
    "scan": Entry(_scan, (Signature((ANYTHING,), (ANYTHING,)),), STEPS | UNSEEN, computes=False),
    "while": Entry(_while, (Signature((ANYTHING,), (ANYTHING,)),), WHILE, computes=False),
}
