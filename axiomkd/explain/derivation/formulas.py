"""A certificate's terms as formulas: Σ_k w_k p_ki, or \\sum_k w_k p_{ki}. One writer, two ways of spelling.

It reads the JSON of certificates and knows no theorem.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

ATOM, POWER, PRODUCT, SUM = 3, 2, 1, 0  # how tightly a formula holds together
LETTERS = {"K": "klmnru", "C": "jhsxyz"}
BINDERS = {"sum": ("Σ", r"\sum"), "prod": ("∏", r"\prod"), "amax": ("max", r"\max"), "amin": ("min", r"\min")}
PLACES = {"argmax": ("argmax", r"\operatorname{argmax}"), "argmin": ("argmin", r"\operatorname{argmin}")}
FUNCTIONS = {"exp": ("exp", r"\exp"), "log": ("log", r"\log"), "logp": ("log", r"\log")}
RELATIONS = {"ge": ("≥", r"\ge"), "gt": (">", ">"), "eq": ("=", "=")}


@dataclass(frozen=True)
class Formula:
    """`tight` says what may stand beside it without brackets."""

    text: str
    tight: int


@dataclass
class Writer:
    """Spells terms; `tex` in LaTeX's math mode. `named` are the letters of indices that are bound around."""

    tex: bool = False
    named: dict[str, str] = field(default_factory=dict)

    def __call__(self, term: Any) -> str:
        return self.formula(term).text

    def formula(self, t: Any) -> Formula:
        if isinstance(t, str):
            return self._leaf(t)
        op, *args = t
        if op in ("index", "bound"):
            return Formula(self._index(t), ATOM)
        if op in BINDERS or op in PLACES:
            return self._binder(op, args)
        if op in FUNCTIONS:
            return Formula(f"{FUNCTIONS[op][self.tex]}{self._argument(args[0])}", POWER)
        if op in RELATIONS:
            return Formula(f"{self(args[0])} {RELATIONS[op][self.tex]} {self(args[1])}", SUM)
        return OPERATIONS.get(op, _other)(self, op, args)

    def within(self, t: Any, tight: int) -> str:
        """The formula, in brackets where it holds together less tightly."""
        found = self.formula(t)
        return found.text if found.tight >= tight else self.brackets(found.text)

    def brackets(self, text: str) -> str:
        return rf"\left({text}\right)" if self.tex else f"({text})"

    def sub(self, text: str) -> str:
        """A subscript."""
        return f"_{{{text}}}" if self.tex and len(text) > 1 else f"_{text}" if len(text) > 0 else ""

    def _leaf(self, t: str) -> Formula:
        words = {
            "true": ("true", r"\text{true}"),
            "false": ("false", r"\text{false}"),
            "nan": ("undefined", r"\text{undefined}"),
        }
        if t in words:
            return Formula(words[t][self.tex], ATOM)
        if re.fullmatch(r"-?\d+/\d+", t):
            x = Fraction(t)
            sign = "-" if x < 0 else ""
            if self.tex:
                return Formula(rf"{sign}\tfrac{{{abs(x.numerator)}}}{{{x.denominator}}}", SUM if sign else ATOM)
            return Formula(t, PRODUCT if not sign else SUM)
        return Formula(t, SUM if t.startswith("-") else ATOM)

    def _index(self, t: Any) -> str:
        name = str(t[1])
        if t[0] == "bound":
            return self.named.get(name, f"j{name}")
        return {"star": "m"}.get(name, re.sub(r"\W", "", name) or "m")

    def _binder(self, op: str, args: list) -> Formula:
        (_, name, length), body = args[0], args[1]
        letter = self._letter(length, args)
        inner = Writer(self.tex, {**self.named, str(name): letter})
        sign = {**BINDERS, **PLACES}[op][self.tex]
        tight = PRODUCT if op in BINDERS else SUM
        held = inner.within(body, PRODUCT) if op != "prod" else inner.within(body, POWER)
        return Formula(f"{sign}{self.sub(letter)} {held}", SUM if op in ("sum", "prod") else min(tight, PRODUCT))

    def _letter(self, length: Any, within: Any) -> str:
        taken = set(self.named.values()) | _names(within)
        choice = LETTERS["K"] if length == "K" else LETTERS["C"]
        return next((x for x in choice if x not in taken), "z")

    def _argument(self, t: Any) -> str:
        if not self.tex and self.formula(t).tight >= ATOM:
            return f" {self(t)}"
        found = self.formula(t)
        return f" {found.text}" if found.tight >= ATOM else self.brackets(found.text)


def _names(t: Any) -> set[str]:
    """The names of free indices in a term."""
    if isinstance(t, list):
        if len(t) == 3 and t[0] == "index":
            return {"m" if t[1] == "star" else str(t[1])}
        return set().union(*map(_names, t), set())
    return set()


def _sum(w: Writer, _op: str, args: list) -> Formula:
    out = ""
    for t in _leading_last(args):
        part = w.within(t, SUM)
        if not out:
            out = part
        elif part.startswith("-"):
            out += f" - {part[1:]}"
        else:
            out += f" + {part}"
    return Formula(out, SUM - 1)


def _leading_last(args: list) -> list:
    """Numbers first where they are above 0, and what is taken away after what it is taken from."""
    minus = [t for t in args if isinstance(t, str) and t.startswith("-") or isinstance(t, list) and _negative(t)]
    return [t for t in args if t not in minus] + minus


def _negative(t: list) -> bool:
    return t[0] == "mul" and isinstance(t[1], str) and t[1].startswith("-")


def _product(w: Writer, _op: str, args: list) -> Formula:
    """A product, powers below 0 as a denominator."""
    above, below, sign = [], [], ""
    for t in args:
        if isinstance(t, str) and re.fullmatch(r"-?\d+(/\d+)?", t):
            x = Fraction(t)
            sign = "-" if (x < 0) != (sign == "-") else ""
            above += [str(abs(x.numerator))] if abs(x.numerator) != 1 else []
            below += [str(x.denominator)] if x.denominator != 1 else []
        elif isinstance(t, list) and t[0] == "pow" and Fraction(t[1]) < 0:
            e = -Fraction(t[1])
            below.append(t[2] if e == 1 else ["pow", str(e), t[2]])
        elif isinstance(t, list) and t[0] == "div":
            above.append(t[1])
            below.append(t[2])
        else:
            above.append(t)
    # A sum among factors comes last, so that it needs no brackets against what follows.
    top = _factors(w, above, alone=not below or w.tex)
    if not below:
        return Formula(sign + top, SUM if sign else PRODUCT)
    bottom = _factors(w, below, alone=w.tex)
    if w.tex:
        return Formula(rf"{sign}\frac{{{top}}}{{{bottom}}}", SUM if sign else POWER)
    bottom = bottom if len(below) == 1 else f"({bottom})"
    return Formula(f"{sign}{top} / {bottom}", SUM if sign else PRODUCT)


def _factors(w: Writer, factors: list, *, alone: bool) -> str:
    if not factors:
        return "1"
    if len(factors) == 1:
        return w(factors[0]) if alone and w.tex else w.within(factors[0], PRODUCT if alone else POWER)
    ordered = sorted(factors, key=lambda t: (not isinstance(t, str), -w.formula(t).tight))
    return (" " if not w.tex else r" \, ").join(w.within(t, POWER) for t in ordered)


def _power(w: Writer, _op: str, args: list) -> Formula:
    e, base = Fraction(args[0]), args[1]
    if e < 0:
        return _product(w, "mul", [["pow", args[0], base]])
    if e == Fraction(1, 2):
        return Formula(rf"\sqrt{{{w(base)}}}" if w.tex else f"√{w.within(base, ATOM)}", POWER)
    held = w.within(base, ATOM)
    exponent = f"{{{e}}}" if w.tex else str(e) if e.denominator == 1 else f"({e})"
    return Formula(f"{held}^{exponent}", POWER)


def _raised(w: Writer, _op: str, args: list) -> Formula:
    e = w(args[1])
    return Formula(f"{w.within(args[0], ATOM)}^" + (f"{{{e}}}" if w.tex else f"({e})"), POWER)


def _quotient(w: Writer, _op: str, args: list) -> Formula:
    return _product(w, "mul", [["div", *args]])


def _entry(w: Writer, op: str, args: list) -> Formula:
    name = {"P": "p", "w": "w", "T": "T"}[op]
    places = [w(a) for a in args]
    short = all(len(x) == 1 for x in places)
    return Formula(
        name + w.sub(("" if short else ",").join(places)) if w.tex or short else f"{name}_({','.join(places)})", ATOM
    )


def _choice(w: Writer, _op: str, args: list) -> Formula:
    condition, yes, no = (w(a) for a in args)
    if w.tex:
        return Formula(
            rf"\begin{{cases}} {yes} & \text{{if }} {condition}, \\ {no} & \text{{otherwise}} \end{{cases}}", PRODUCT
        )
    return Formula(f"({yes} if {condition}, else {no})", ATOM)


def _indicator(w: Writer, _op: str, args: list) -> Formula:
    return Formula(f"[{w(args[0])}]", ATOM)


def _called(name: str, tex: str) -> Callable[[Writer, str, list], Formula]:
    def written(w: Writer, _op: str, args: list) -> Formula:
        return Formula(f"{tex if w.tex else name}{w.brackets(', '.join(w(a) for a in args))}", POWER)

    return written


def _function(w: Writer, op: str, args: list) -> Formula:
    return _called(str(args[0]), rf"\operatorname{{{plain(str(args[0]))}}}")(w, op, args[1:])


def _absolute(w: Writer, _op: str, args: list) -> Formula:
    return Formula(rf"\left|{w(args[0])}\right|" if w.tex else f"|{w(args[0])}|", ATOM)


def _and(w: Writer, _op: str, args: list) -> Formula:
    return Formula((r" \land " if w.tex else " and ").join(w(a) for a in args), SUM)


def _not(w: Writer, _op: str, args: list) -> Formula:
    return Formula((r"\lnot " if w.tex else "not ") + w.within(args[0], ATOM), PRODUCT)


def _infinity(w: Writer, _op: str, args: list) -> Formula:
    return Formula(("-" if args[0] < 0 else "") + (r"\infty" if w.tex else "∞"), SUM if args[0] < 0 else ATOM)


def _named_part(w: Writer, _op: str, args: list) -> Formula:
    """A captured array at a place, or what no rule knows."""
    name = args[0][0] if isinstance(args[0], list) else str(args[0])
    at = ", ".join(w(a) for a in args[1:])
    shown = rf"\text{{{plain(name)}}}" if w.tex else name
    return Formula(f"{shown}[{at}]" if at else shown, ATOM)


def _other(w: Writer, op: str, args: list) -> Formula:
    """Any operation without a spelling of its own, by its name; what it binds is named first."""
    if args and isinstance(args[0], list) and args[0][:1] == ["bound"]:
        _, name, length = args[0]
        letter = w._letter(length, args)
        inner = Writer(w.tex, {**w.named, str(name): letter})
        rest = ", ".join([inner(args[1]), *(w(a) for a in args[2:])])
        sign = rf"\operatorname{{{plain(op)}}}" if w.tex else op
        return Formula(f"{sign}{w.sub(letter)}{w.brackets(rest)}", POWER)
    return _called(op, rf"\operatorname{{{plain(op)}}}")(w, op, args)


def plain(text: str) -> str:
    """A name that LaTeX takes as it stands."""
    return re.sub(r"[^A-Za-z0-9 ,.()]", " ", text).strip()


OPERATIONS: Mapping[str, Callable[[Writer, str, list], Formula]] = {
    "add": _sum,
    "mul": _product,
    "div": _quotient,
    "pow": _power,
    "powr": _raised,
    "P": _entry,
    "w": _entry,
    "T": _entry,
    "max": _called("max", r"\max"),
    "min": _called("min", r"\min"),
    "abs": _absolute,
    "where": _choice,
    "ind": _indicator,
    "and": _and,
    "not": _not,
    "fn": _function,
    "inf": _infinity,
    "opaque": _named_part,
    "param": _named_part,
}
