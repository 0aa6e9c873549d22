"""What a theorem's argument comes to for the operator at hand: the step from its claims to the reading, in its own formulas.

It reads the claims of a certificate and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from axiomkd.explain.derivation.formulas import Writer
from axiomkd.explain.derivation.prose import formula
from axiomkd.explain.derivation.step import Step

Claims = list[Mapping[str, Any]]


def no_more(_claims: Claims) -> Iterator[Step]:
    yield from ()


def _first(claims: Claims, kind: str) -> Any:
    """The first term of the first claim of a kind, None where there is none."""
    return next((c["terms"][0] for c in claims if c["claim"] == kind and c["terms"]), None)


def _weight_is_own(v: Any) -> bool:
    return isinstance(v, list) and v[0] == "w" and v[1][:2] == ["index", "k"]


def _averages(claims: Claims) -> Iterator[Step]:
    for v in (c["terms"][0] for c in claims if c["claim"] == "nonnegative"):
        yield Step(
            "So q is a convex combination of the rows",
            lambda w, v=v: f"q = {_over_k(w)}{w.within(v, 1)} {_row(w)}",
        )


def _over_k(w: Writer) -> str:
    return r"\sum_{k} " if w.tex else "Σ_k "


def _row(w: Writer) -> str:
    return f"p{w.sub('k')}"


def _shares(claims: Claims) -> Iterator[Step]:
    v = _first(claims, "shape")
    if _weight_is_own(v):
        yield Step(
            "Along w(t) = (1−t) w + t e_k the weights are affine in t, so",
            lambda w: _minus(w, "q_i(w(t))", "q_i", "t (p_ki − q_i)"),
        )
        yield Step(
            "Each entry moves straight to that of teacher k",
            lambda w: _minus(w, "q_i(w(t))", "p_ki", "(1 − t)(q_i − p_ki)"),
        )
        return
    yield Step(
        "Put τ = v_k(w(t)), which does not decrease in t, and r_i = Σ_{j≠k} v_j p_ji / (1 − v_k), which is free of t. Then"
    )
    yield Step("Along w(t) = (1−t) w + t e_k", lambda w: _minus(w, "q_i(w(t))", "p_ki", "(1 − τ)(r_i − p_ki)"))


def _minus(w: Writer, left: str, right: str, value: str) -> str:
    text = f"{left} − {right} = {value}"
    return formula(text) if w.tex else text


def _ignores(_claims: Claims) -> Iterator[Step]:
    yield Step("So, for every t", lambda _w: "A(P, w(t)) = A(P, w)")


def _fixed(claims: Claims) -> Iterator[Step]:
    v = _first(claims, "nonnegative")
    if v is None:
        return
    yield Step(
        "So for any two temperatures",
        lambda w: (
            rf"A_T - A_{{T'}} = \sum_k {w.within(v, 1)} \left(S_T p_k - S_{{T'}} p_k\right)"
            if w.tex
            else f"A_T − A_T' = Σ_k {w.within(v, 1)} (S_T p_k − S_T' p_k)"
        ),
    )


def _uniform(_claims: Claims) -> Iterator[Step]:
    yield Step("So, as T → ∞, S_T P → (U, …, U) and A_T → A((U, …, U), w) = U")


def _moves(claims: Claims) -> Iterator[Step]:
    """Weight δ from one teacher to another; `a` is what the mean of the rows counts for."""
    share = _first(claims, "shape")
    strict = any(c["claim"] == "positive" for c in claims)
    yield Step(
        "So where δ > 0 of weight moves from teacher k' to teacher k, and p_ki > p_k'i",
        lambda w: _after(
            w, "A_i(P, w + δ(e_k − e_k')) − A_i(P, w) = ", share, f"δ (p_ki − p_k'i) {'>' if strict else '≥'} 0"
        ),
    )


def _after(w: Writer, before: str, factor: Any, text: str) -> str:
    """A formula in which a term of the certificate stands before the last product; a factor of 1 is left out."""
    between = "" if factor in (None, "1") else f"{w.within(factor, 1)} "
    return f"{formula(before)} {between}{formula(text)}" if w.tex else f"{before}{between}{text}"


def _plain(text: str) -> Callable[[Writer], str]:
    return lambda w: formula(text) if w.tex else text


def _linear(_claims: Claims) -> Iterator[Step]:
    yield Step(
        "So q = Σ_k w_k p_k, and for every interior s", _plain("Σ_k w_k KL(p_k‖s) − KL(q‖s) = Σ_k w_k KL(p_k‖q) ≥ 0")
    )
    yield Step("The logarithm is concave", _plain("log q_i ≥ Σ_k w_k log p_ki"))
    yield Step("By the triangle inequality, for every distribution r", _plain("TV(q, r) ≤ Σ_k w_k TV(p_k, r)"))
    yield Step(
        "For every teacher l, with M = max_{k≠l} p_ki",
        _plain("(1 − w_l) M + w_l p_li − q_i = Σ_{k≠l} w_k (M − p_ki) ≥ 0"),
    )
    yield Step(
        "And with the square of the Euclidean norm, for every y",
        _plain("Σ_k w_k |p_k − e_y|² − |q − e_y|² = Σ_k w_k |p_k − q|² ≥ 0"),
    )


def _at_most(w: Writer) -> str:
    return r"\le" if w.tex else "≤"


def _small(claims: Claims) -> Iterator[Step]:
    v = _first(claims, "nonnegative")
    yield Step("So with this for v_k", lambda w: f"{w(v)} {_at_most(w)} w{w.sub('k')}")
    yield Step("Where row k alone changes", _plain("TV(q, q') = v_k TV(p_k, p_k') ≤ w_k TV(p_k, p_k')"))
    yield Step("Where the rows are independent", _plain("Var q_i = Σ_k v_k² Var p_ki ≤ Σ_k w_k² Var p_ki"))


def _positive(claims: Claims) -> Iterator[Step]:
    v = _first(claims, "positive")
    yield Step(
        "So where a teacher gives the class less than another does",
        lambda w: _between(w, "max_j p_ji − q_i = Σ_k ", v, "(max_j p_ji − p_ki) > 0"),
    )


def _between(w: Writer, before: str, factor: Any, after: str) -> str:
    return (
        f"{formula(before)} {w.within(factor, 1)} {formula(after)}"
        if w.tex
        else f"{before}{w.within(factor, 1)} {after}"
    )


def _kept(_claims: Claims) -> Iterator[Step]:
    yield Step("So for interior P, and any w", _plain("q_i ≥ min_k p_ki > 0"))


def _toward(claims: Claims) -> Iterator[Step]:
    a = _first(claims, "nonnegative")
    yield Step("With m = Σ_k w_k p_k, and U the uniform distribution", lambda w: _is_mixture(w, a))
    yield Step("So by the concavity of entropy", _plain("H(q) ≥ a H(m) + (1 − a) H(U) ≥ H(m) ≥ Σ_k w_k H(p_k)"))


def _is_mixture(w: Writer, a: Any) -> str:
    comma = r",\quad " if w.tex else ",  "
    return f"{_plain('q = a m + (1 − a) U')(w)}{comma}a = {w(a)}"


def _heats(_claims: Claims) -> Iterator[Step]:
    yield Step("As t_k → ∞, row k tends to (1/C, …, 1/C), an interior row, and q to its value there, by continuity")


def _cools(_claims: Claims) -> Iterator[Step]:
    yield Step("As t_k → 0+, row k tends to the one-hot row of its argmax, and q to its value there, by continuity")


def _softens_first(_claims: Claims) -> Iterator[Step]:
    yield Step(
        "So a temperature acts on its own row alone, before the pool, and as it goes to its end the softened rows do"
    )


INSTANCES: Mapping[str, Callable[[Claims], Iterator[Step]]] = {
    "averages": _averages,
    "kept-averages": _kept,
    "shares": _shares,
    "no-say": _ignores,
    "affine-transfer": _moves,
    "affine-transfer-weak": _moves,
    "fixed-weights": _fixed,
    "uniform-limit": _uniform,
    "one-row-hot": _heats,
    "one-row-cold": _cools,
    "flowing-cold": _cools,
    "rows-softened-hot": _softens_first,
    "rows-softened-cold": _softens_first,
    "linear-pool": _linear,
    "small-shares": _small,
    "positive-shares": _positive,
    "toward-uniform": _toward,
}
