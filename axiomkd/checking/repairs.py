"""Did you mean: the usual mistakes as one table, each with how to notice it, how to try its repair, and how to say it.

A repair is offered only where a quick check of the repaired operator has met what the operator as written does not. It is a
hint: it changes no verdict, and whatever goes wrong while it is tried costs the hint and nothing else.
"""

from __future__ import annotations

import ast
import copy
import inspect
import itertools
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import FunctionType
from typing import Any

import numpy as np

from axiomkd import axioms
from axiomkd.checking import engine
from axiomkd.core.events import Finished
from axiomkd.core.layout import panel, written
from axiomkd.core.operator import Operator
from axiomkd.core.report import OperatorModel
from axiomkd.core.settings import Settings
from axiomkd.operators import guess
from axiomkd.operators.heat import temperature
from axiomkd.operators.language import settled
from axiomkd.search import effort

MOST = 2  # repairs that are offered
TRIED = 4  # ways of one repair that are tried
SIZES = (2, 3)  # K and C at which they are tried
NEAR = 1e-6
LESS = ("permissive", "paper")  # profiles that ask for little: to be told that one meets them helps nobody

Points = list[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Seen:
    """What is known of an operator that fails: what the check came to, and what it returns at a few points, None where it
    raises."""

    operator: Operator
    result: OperatorModel
    points: Points
    values: list[Any]

    def refuted(self, *readings: str) -> bool:
        """Whether any of these readings is."""
        return any(r.verdict == "refuted" and r.reading in readings for r in self.result.readings)

    @property
    def vectors(self) -> list[np.ndarray] | None:
        """The values, where each is a vector of C finite numbers."""
        good = [q for q, (P, _) in zip(self.values, self.points, strict=True) if np.shape(q) == P.shape[1:]]
        return good if len(good) == len(self.values) and all(np.isfinite(q).all() for q in good) else None


@dataclass(frozen=True)
class Trial:
    """A repaired operator, and the words for the repair: they follow "with" or "as"."""

    operator: Operator
    words: str


@dataclass(frozen=True)
class Repair:
    """A row: `notice` says whether it is worth trying, `attempt` gives what to try, the likelier first."""

    name: str
    notice: Callable[[Seen], bool]
    attempt: Callable[[Seen], Iterator[Trial]]


def offered(operator: Operator, settings: Settings, result: OperatorModel) -> list[str]:
    """Sentences such as `with outputs="logits": meets log`, each re-checked; none where nothing helps."""
    if result.defect or result.status not in ("invalid", "error") or not settings.search or settings.fail_fast:
        return []  # trying them takes as long as what stopping early has saved
    try:
        seen = _seen(settled(operator), result)
        told = list(_claims(seen, settings))
        for row in REPAIRS:
            if len(told) < MOST and row.notice(seen):
                told += _first(seen, itertools.islice(row.attempt(seen), TRIED), settings)
    except Exception:  # the operator's own doing, and told by its verdict
        return []
    return told


def _first(seen: Seen, trials: Iterable[Trial], settings: Settings) -> list[str]:
    """The first of the trials that meets more, as a sentence."""
    asked_for = {"asked for": seen.result.requires} if settings.readings else {**axioms.PROFILES, **settings.profiles}
    for trial in trials:
        met = _hopeful(trial.operator, seen, asked_for) and _met(trial.operator, settings, seen.result)
        if met:
            return [f"with {trial.words}: meets {met}"]
    return []


def _met(operator: Operator, settings: Settings, before: OperatorModel) -> str:
    """What the repaired operator meets that the one before does not, by a quick check; "" where that is nothing."""
    sizes = (
        [n for n in SIZES if operator.K is None or n in operator.K],
        [n for n in SIZES if operator.C is None or n in operator.C],
    )
    quick = replace(
        settings,
        effort="quick",
        budget=None,
        K=settings.K or tuple(sizes[0]),
        C=settings.C or tuple(sizes[1]),
        pictures=False,
        examples=None,
    )
    try:
        last = None
        for event in engine.check(operator, quick):
            last = event
    except Exception:  # of a trial nothing is told but that it has helped
        return ""
    if not isinstance(last, Finished) or last.result.status == "error" or last.result.defect:
        return ""
    if settings.readings:
        return "what was asked for" if last.result.status == "valid" else ""
    names = [name for name, met in last.result.profiles.items() if met and not before.profiles.get(name)]
    return ", ".join(_strongest(names))


def _hopeful(trial: Operator, seen: Seen, profiles: Mapping[str, Mapping[str, Sequence[str]]]) -> bool:
    """Whether something that was not met may be met now. What gives the same at interior points changes nothing of what was
    refuted there: to check it whole would take as long as the check before, for a hint that cannot come."""
    values = [_called(trial.fn, P, w, trial) for P, w in seen.points]
    if (trial.inputs, trial.outputs) != (seen.operator.inputs, seen.operator.outputs) or not _equal(
        values, seen.values
    ):
        return True
    refuted = {r.reading for r in seen.result.readings if r.verdict == "refuted"}
    inside = {one for one in refuted if axioms.BY_NAME[one].domain.startswith("interior")}
    looked_at = {r.reading for r in seen.result.readings}
    asked = [{one for wanted in needs.values() for one in wanted} for needs in profiles.values()]
    return any(one & refuted and one <= looked_at and not one & inside for one in asked)


def _equal(values: Sequence[Any], others: Sequence[Any]) -> bool:
    """Whether these are the same numbers, but for rounding, point by point."""
    return all(
        isinstance(q, np.ndarray)
        and isinstance(r, np.ndarray)
        and q.shape == r.shape
        and np.allclose(q, r, 1e-12, 1e-15)
        for q, r in zip(values, others, strict=True)
    )


def _strongest(names: Sequence[str]) -> list[str]:
    """The profiles that are worth naming: what everything meets is left out where there is more."""
    return [name for name in names if name != "permissive"] or list(names)


# --- what an operator does at a few points -------------------------------------------------------------------------------


def _seen(operator: Operator, result: OperatorModel) -> Seen:
    size = next((size for size in ((2, 3), (3, 4), (3, 3), (2, 2)) if operator.supports(*size)), None)
    size = size or effort.sizes(operator.supports, (), ())[0]
    points = _points(*size)
    return Seen(operator, result, points, [_called(operator.fn, P, w, operator) for P, w in points])


def _points(K: int, C: int) -> Points:
    rng = np.random.default_rng((K, C, 5))
    return [(rng.dirichlet(2 * np.ones(C), K), rng.dirichlet(2 * np.ones(K))) for _ in range(4)]


def _called(fn: Callable, P: np.ndarray, w: np.ndarray, operator: Operator) -> Any:
    """The result as an array, or what was returned, or the exception. It runs the user's code."""
    import jax.numpy as jnp

    array = np.array if operator.backend == "numpy" else jnp.array
    given = array(np.log(P) if operator.takes_logs else P), array(w)
    try:
        with np.errstate(all="ignore"):
            q = fn(*given, **temperature(operator, 1.0 if operator.takes_temperature else None, given[0]))
            return q if q is None or isinstance(q, Mapping) else np.asarray(q, float)
    except (Exception, SystemExit) as e:
        return e


def _wrapped(seen: Seen, change: Callable[[Callable], Callable], words: str, **options: Any) -> Trial:
    return Trial(replace(seen.operator, fn=change(seen.operator.fn), **options), words)


# --- the rows ------------------------------------------------------------------------------------------------------------


def _claims(seen: Seen, settings: Settings) -> Iterator[str]:
    """Claims of another profile: what the check itself has found out needs no trial."""
    if settings.readings or seen.result.status != "invalid":
        return
    met = [name for name, met in seen.result.profiles.items() if met and name not in LESS]
    if met:
        name = met[-1]
        yield f'as it is it meets {", ".join(met)}: ask for that with --profile {name}, or @operator(claims="{name}")'


def _is_logits(seen: Seen) -> bool:
    """Results that are no distributions, negative numbers among them."""
    if seen.operator.outputs != "probabilities" or seen.vectors is None:
        return False
    return all(abs(q.sum() - 1) > NEAR for q in seen.vectors) and any(q.min() < 0 for q in seen.vectors)


def _as_logits(seen: Seen) -> Iterator[Trial]:
    yield Trial(replace(seen.operator, outputs="logits"), 'outputs="logits"')


def _takes_logits(seen: Seen) -> bool:
    """A constant added to a row changes nothing: what takes probabilities does not do that."""
    if seen.operator.inputs != "probabilities" or seen.vectors is None:
        return False
    moved = [_called(seen.operator.fn, P + np.arange(1, len(P) + 1)[:, None], w, seen.operator) for P, w in seen.points]
    return all(
        isinstance(q, np.ndarray) and q.shape == was.shape and np.allclose(q / q.sum(), was / was.sum(), atol=NEAR)
        for q, was in zip(moved, seen.vectors, strict=True)
    )


def _of_logits(seen: Seen) -> Iterator[Trial]:
    yield Trial(replace(seen.operator, inputs="logits"), 'inputs="logits"')
    yield Trial(replace(seen.operator, inputs="logits", outputs="logits"), 'inputs="logits", outputs="logits"')


def _is_unnormalised(seen: Seen) -> bool:
    vectors = seen.vectors
    return (
        vectors is not None
        and all(q.min() >= -NEAR < q.sum() for q in vectors)
        and any(abs(q.sum() - 1) > NEAR for q in vectors)
    )


def _divided(seen: Seen) -> Iterator[Trial]:
    def change(fn: Callable) -> Callable:
        def divided(P: Any, w: Any, **more: Any) -> Any:
            q = fn(P, w, **more)
            return q / q.sum()

        return divided

    yield _wrapped(seen, change, _why_unnormalised(seen) + "the result divided by its sum, q / q.sum()")


def _why_unnormalised(seen: Seen) -> str:
    """Where all teachers agree on p, a multiple of p says that the weights do not sum to 1, anything else that rows do not; p
    itself says neither, as of a product of powers."""
    P, w = seen.points[0]
    p = np.repeat(P[:1], len(P), axis=0)
    q = _called(seen.operator.fn, p, w, seen.operator)
    if not isinstance(q, np.ndarray) or q.shape != P.shape[1:] or not q.sum() > 0:
        return ""
    if np.allclose(q, P[0], atol=NEAR):
        return ""
    same = np.allclose(q / q.sum(), P[0], atol=NEAR)
    return "its weights made to sum to 1, that is " if same else "its rows made to sum to 1 again, or "


def _returns_nothing(seen: Seen) -> bool:
    return all(q is None for q in seen.values)


def _with_return(seen: Seen) -> Iterator[Trial]:
    tree = _source(seen.operator)
    if tree is None:
        return
    last = tree.body[-1]
    value = last.value if isinstance(last, ast.Expr | ast.Assign | ast.AnnAssign) else None
    if isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name):
        value = ast.Name(last.targets[0].id, ast.Load())
    if value is None:
        return
    added = [*(tree.body[:-1] if isinstance(last, ast.Expr) else tree.body), ast.Return(value)]
    yield from _rewritten(seen, tree, {"body": added}, f"`return {ast.unparse(value)}` as its last line")


def _is_a_dict(seen: Seen) -> bool:
    return all(isinstance(q, Mapping) for q in seen.values)


def _an_entry(seen: Seen) -> Iterator[Trial]:
    for key, value in seen.values[0].items():
        if np.shape(value) == seen.points[0][0].shape[1:]:
            yield _wrapped(seen, lambda fn, key=key: _entry_of(fn, key), f"`return d[{key!r}]` in place of the dict")


def _entry_of(fn: Callable, key: Any) -> Callable:
    return lambda P, w, **more: fn(P, w, **more)[key]


def _takes_weights_first(seen: Seen) -> bool:
    return guess.turned(seen.operator) is not None


def _turned_round(seen: Seen) -> Iterator[Trial]:
    def change(fn: Callable) -> Callable:
        return lambda P, w, **more: fn(w, P, **more)

    yield _wrapped(seen, change, "its parameters turned round, (P, w)")


def _has_wrong_axis(seen: Seen) -> bool:
    if _takes_weights_first(seen):
        return False
    return all(not isinstance(q, np.ndarray) or q.shape != P.shape[1:] for q, (P, _) in _both(seen)) and not (
        _returns_nothing(seen) or _is_a_dict(seen)
    )


def _both(seen: Seen) -> Iterator[tuple[Any, tuple[np.ndarray, np.ndarray]]]:
    yield from zip(seen.values, seen.points, strict=True)


def _other_axis(seen: Seen) -> Iterator[Trial]:
    """Each `axis=1` as `axis=0`, `P @ w` as `w @ P`, and the panel turned."""
    tree = _source(seen.operator)
    for line, was, now, changed in _edits(tree) if tree is not None else ():
        yield from _rewritten(seen, changed, {}, f"`{now}` in place of `{was}` (line {line})")

    def change(fn: Callable) -> Callable:
        return lambda P, w, **more: fn(P.T, w, **more)

    yield _wrapped(seen, change, "P.T in place of P: it takes (C, K), and a panel is (K, C)")


def _edits(tree: ast.FunctionDef) -> Iterator[tuple[int, str, str, ast.FunctionDef]]:
    for n, node in enumerate(ast.walk(tree)):
        changed = copy.deepcopy(tree)
        twin: Any = list(ast.walk(changed))[n]
        match node:
            case (
                ast.keyword(arg="axis", value=ast.Constant(value=1))
                | ast.keyword(arg="axis", value=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)))
            ):
                twin.value = ast.Constant(0)
                yield node.value.lineno, ast.unparse(node), "axis=0", changed
            case ast.BinOp(left=left, op=ast.MatMult(), right=right):
                twin.left, twin.right = copy.deepcopy(right), copy.deepcopy(left)
                yield node.lineno, ast.unparse(node), ast.unparse(twin), changed


def _is_nan_on_faces(seen: Seen) -> bool:
    """Finite inside, and no number where a probability is 0."""
    if seen.vectors is None:
        return False
    P, w = (x.copy() for x in seen.points[0])
    P[0, 0] = 0
    P[0] /= P[0].sum()
    q = _called(seen.operator.fn, P, w, seen.operator)
    return isinstance(q, np.ndarray) and q.shape == P.shape[1:] and not np.isfinite(q).all()


def _with_xlogy(seen: Seen) -> Iterator[Trial]:
    """`x * log(x)` as xlogy(x, x), which is 0 at 0."""
    tree = _source(seen.operator)
    if tree is not None:
        changed, found = copy.deepcopy(tree), []
        changed = _Xlogy(found).visit(changed)
        if found:
            was, line = found[0]
            named = {"_axiomkd_xlogy": _xlogy(seen.operator)}
            words = f"xlogy(x, x), which is 0 at 0, in place of `{was}` (line {line})"
            yield from _rewritten(seen, changed, {}, words, named)
    if seen.operator.domain == "closed":
        yield Trial(replace(seen.operator, domain="interior"), 'domain="interior", so that it is given no 0')


def _xlogy(operator: Operator) -> Callable:
    if operator.backend == "numpy":
        from scipy.special import xlogy  # SciPy comes with JAX
    else:
        from jax.scipy.special import xlogy
    return xlogy


class _Xlogy(ast.NodeTransformer):
    def __init__(self, found: list[tuple[str, int]]) -> None:
        self.found = found

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Mult):
            return node
        for x, log in ((node.left, node.right), (node.right, node.left)):
            if _is_log_of(log, x):
                self.found.append((ast.unparse(node), node.lineno))
                return ast.Call(ast.Name("_axiomkd_xlogy", ast.Load()), [x, copy.deepcopy(x)], [])
        return node


def _is_log_of(node: ast.AST, x: ast.AST) -> bool:
    name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
    return name == "log" and len(node.args) == 1 and ast.dump(node.args[0]) == ast.dump(x)  # type: ignore[attr-defined]


def _writes(seen: Seen) -> bool:
    return "in place" in seen.result.message


def _copies(seen: Seen) -> Iterator[Trial]:
    def change(fn: Callable) -> Callable:
        return lambda P, w, **more: fn(P.copy(), w.copy(), **more)

    yield _wrapped(seen, change, "copies, P = P.copy() and w = w.copy(), as its first lines")


REPAIRS = (
    Repair("missing return", _returns_nothing, _with_return),
    Repair("a dict", _is_a_dict, _an_entry),
    Repair("weights first", _takes_weights_first, _turned_round),
    Repair("wrong axis", _has_wrong_axis, _other_axis),
    Repair("writes in place", _writes, _copies),
    Repair("logits returned", _is_logits, _as_logits),
    Repair("logits taken", _takes_logits, _of_logits),
    Repair("not normalised", _is_unnormalised, _divided),
    Repair("0 log 0", _is_nan_on_faces, _with_xlogy),
)


# --- the user's source, rewritten ----------------------------------------------------------------------------------------


def _source(operator: Operator) -> ast.FunctionDef | None:
    """The function's tree with its lines as in its file; None where it has none of its own, or leans on a closure."""
    fn = _inner(operator)
    if not isinstance(fn, FunctionType) or fn.__code__.co_freevars:
        return None
    try:
        lines, first = inspect.getsourcelines(fn)
        tree = ast.parse(textwrap.dedent("".join(lines))).body[0]
    except (OSError, TypeError, SyntaxError, IndexError):
        return None
    if not isinstance(tree, ast.FunctionDef):
        return None
    ast.increment_lineno(tree, first - 1)
    tree.decorator_list = []
    return tree


def _inner(operator: Operator) -> Any:
    return inspect.unwrap(written(operator.fn))


def _rewritten(
    seen: Seen, tree: ast.FunctionDef, fields: Mapping[str, Any], words: str, names: Mapping[str, Any] | None = None
) -> Iterator[Trial]:
    """The operator with its function's source changed so, run in the globals of the function as written."""
    changed = copy.copy(tree)
    for name, value in fields.items():
        setattr(changed, name, value)
    fn = _inner(seen.operator)
    space = {**fn.__globals__, **(names or {})}
    module = ast.fix_missing_locations(ast.Module([changed], []))
    exec(compile(module, f"<repair of {fn.__code__.co_filename}>", "exec", dont_inherit=True), space)
    made = space[changed.name]
    made = panel(made, seen.operator.call)
    made = partial(made, **seen.operator.fn.keywords) if isinstance(seen.operator.fn, partial) else made
    yield Trial(replace(seen.operator, fn=made), words)
