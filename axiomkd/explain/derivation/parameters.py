"""A derivation by SymPy as steps: where a case starts, what is put for what, and each margin as a quotient with its reason.

It reads certificates, and works nothing out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from axiomkd.explain.derivation.formulas import Writer
from axiomkd.explain.derivation.step import Step

SIDES = {"+": (">", "≥", r"\ge"), "0": ("=", "=", "="), "-": ("<", "≤", r"\le")}


def case(case: Mapping[str, Any], n: int, of: int) -> Iterator[Step]:
    """The steps of one case: a start, and the tree below it."""
    start = case["start"]
    number = f"Case {n} of {of}. " if of > 1 else ""
    yield Step(f"{number}Put", lambda w: _start(w, start), kind="case", end=",")
    yield Step(_letters(start))
    yield from _node(case["node"], 0)


def _start(w: Writer, start: Mapping[str, Any]) -> str:
    rows = [f"p{w.sub(str(k))} = {_row(w, row)}" for k, row in enumerate(start["P"])]
    parts = [*rows, f"w = {_row(w, start['w'])}"]
    if start["t"] == "s":
        parts.append(r"t = \frac{s}{1 + s}" if w.tex else "t = s/(1 + s)")
    elif start["t"] == "1":
        parts.append("t = 1")
    if start["T"] != "1":
        parts.append("T = 1 + u")
    return (r", \quad " if w.tex else ", ").join(parts)


def _row(w: Writer, row: list[str]) -> str:
    inside = ", ".join(letter(x, w) for x in row)
    total = " + ".join(letter(x, w) for x in row if x != "0")
    if sum(x != "0" for x in row) == 1:
        return f"({inside})"
    return rf"\frac{{({inside})}}{{{total}}}" if w.tex else f"({inside})/({total})"


def _letters(start: Mapping[str, Any]) -> str:
    weak = [x for x, there in (("s", start["t"] == "s"), ("u", start["T"] != "1")) if there]
    some = f", and {' and '.join(weak)} ≥ 0" if weak else ""
    teacher = f", and teacher k = {start['k']} (counted from 0) gains weight" if start["t"] != "0" else ""
    return f"with all letters positive{some}{teacher}"


def letter(name: str, w: Writer) -> str:
    """x01 as x_01."""
    found = re.fullmatch(r"([a-z]+)(\d+)", name)
    return name if found is None else f"{found[1]}_{{{found[2]}}}" if w.tex else name


def _node(node: Mapping[str, Any], depth: int) -> Iterator[Step]:
    if node.get("undefined"):
        yield Step("There the aggregate is undefined, and nothing is claimed")
        return
    if "sides" not in node:
        for one in node["margins"]:
            reason = _reason(one)
            end = "," if reason is not None and reason.formula is None else "."
            yield Step(f"The margin `{one['part']}` is", lambda w, one=one: _margin(w, one), end=end)
            if reason:
                yield reason
            if one.get("by") == "slope":
                yield from _slope(one)
        return
    for side, part in node["sides"].items():
        new = f"d{depth}"
        yield Step(
            "Now let",
            lambda w, side=side, part=part, new=new: _side(w, node, side, part["solved"], new),
            kind="case",
        )
        yield from _node(part["node"], depth + (part["solved"] is not None))


def _side(w: Writer, node: Mapping[str, Any], side: str, solved: str | None, new: str) -> str:
    strict, loose, tex = SIDES[side]
    relation = (tex if w.tex else loose) if node["loose"] else strict
    text = f"{polynomial(w, node['split'])} {relation} 0"
    if solved is None:
        return text
    value = _solution(w, node["split"], side, solved, new)
    positive = (
        ""
        if side == "0"
        else f", {letter(new, w)} {'≥' if not w.tex else chr(92) + 'ge'} 0"
        if node["loose"]
        else f", {letter(new, w)} > 0"
    )
    return (
        f"{text}{', that is, ' if not w.tex else chr(92) + 'text{, that is, }'}{letter(solved, w)} = {value}{positive}"
    )


def _solution(w: Writer, split: str, side: str, solved: str, new: str) -> str:
    """What the letter is in the new one."""
    with_x, rest = [], []
    for term in split.split(" + "):
        factors = term.split("*")
        (with_x if solved in factors else rest).append(factors)
    if not rest:
        return "0" if side == "0" else letter(new, w)
    turned = all(f[0].startswith("-") for f in with_x)
    above = " + ".join("*".join([x for x in _signed(f, turned) if x != solved] or ["1"]) for f in with_x)
    below = " + ".join("*".join(_signed(f, not turned)) for f in rest)
    toward = side if not turned else {"+": "-", "-": "+", "0": "0"}[side]
    a, b, d = polynomial(w, above), polynomial(w, below), letter(new, w)
    if toward == "0":
        return _over(w, b, a)
    if toward == "+":
        return _over(w, f"{b} + {d}", a)
    times = r" \, " if w.tex else "*"
    return _over(w, b, f"(1 + {d})" if a == "1" else f"({a}){times}(1 + {d})")


def _signed(factors: list[str], turned: bool) -> list[str]:
    """The factors of a term, or of what is left when its sign is turned."""
    first, *rest = factors
    number = int(first) if re.fullmatch(r"-?\d+", first) else 1
    rest = rest if re.fullmatch(r"-?\d+", first) else factors
    number = -number if turned else number
    return [*([] if number == 1 and rest else [str(number)]), *rest]


def _over(w: Writer, top: str, bottom: str) -> str:
    if bottom == "1":
        return top
    if w.tex:
        return rf"\frac{{{top}}}{{{bottom}}}"
    return f"({top})/({bottom})" if not bottom.startswith("(") or bottom.count("(") > 1 else f"({top})/{bottom}"


def _margin(w: Writer, one: Mapping[str, Any]) -> str:
    top = polynomial(w, one["numerator"])
    if not one["denominator"]:
        return top
    below = [polynomial(w, d) for d in one["denominator"]]
    if w.tex:
        # Written as a product, so that a long numerator can be broken into lines.
        return rf"\frac{{1}}{{{' '.join(f'({d})' if len(below) > 1 else d for d in below)}}} \cdot ({top})"
    bottom = f"({below[0]})" if len(below) == 1 else f"(({')('.join(below)}))"
    return f"{f'({top})' if ' ' in top else top} / {bottom}"


def _reason(one: Mapping[str, Any]) -> Step | None:
    match one.get("by"):
        case None:
            return None
        case "signs" if "-" not in one["numerator"]:
            return Step("which is at least 0, for no coefficient is negative")
        case "signs":
            return Step("which is at least 0, by the known signs of its factors and their powers")
        case "power":
            return Step(
                f"It is at least 0, for times the power {one['power']} of a sum of letters, which is positive, this factor has no "
                "coefficient below 0",
                lambda w: polynomial(w, one["of"]),
            )
        case "means":
            pairs = "; ".join(f"{c} ({a} + {b})" for c, a, b in one["pairs"])
            return Step(
                "It is at least 0, for m + m' is at least twice the root of m m' for any two terms; taken away from this factor "
                f"for the pairs {pairs}, that leaves no coefficient below 0",
                lambda w: polynomial(w, one["of"]),
            )
        case "slope":
            return Step("It is at least 0, by its slope along one letter")
        case "known":
            return Step(
                f"It is at least 0, for this factor plus {one['multiple']} times what is known there "
                f"({_plain(one['known'])}) has no coefficient below 0",
                lambda w: polynomial(w, one["of"]),
            )
    return None


def _slope(one: Mapping[str, Any]) -> Iterator[Step]:
    """What a derivative shows: the function, what its letters stand for, its slope, and where it starts."""
    x, over = one["letter"], one["over"]
    if one.get("where"):
        yield Step("There", lambda w: _where(w, one["where"]), end=".")
    yield Step(
        f"Along {letter(x, Writer())}, with the other letters fixed, let",
        lambda w: (
            f"h = {_over(w, polynomial(w, one['of']), polynomial(w, over)) if over != '1' else polynomial(w, one['of'])}"
        ),
        end=".",
    )
    of_x = letter(x, Writer())
    yield Step(f"Its derivative in {of_x} is", lambda w: _margin(w, _as_margin(one["slope"])), end=",")
    yield from _shown(one["slope"])
    yield Step(f"At {of_x} = 0 it is", lambda w: _margin(w, _as_margin(one["start"])), end=",")
    yield from _shown(one["start"])
    yield Step("So h is at least 0 all along")


def _shown(one: Mapping[str, Any]) -> Iterator[Step]:
    if one["numerator"] == "0":
        yield Step("and so at least 0")
        return
    if one["by"] == "slope":
        yield Step("which is at least 0, by a slope again")
        yield from _slope(one)
        return
    reason = _reason(one)
    if reason:
        yield reason


def _as_margin(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"numerator": one["numerator"], "denominator": [] if one["denominator"] == "1" else [one["denominator"]]}


def _where(w: Writer, defined: Mapping[str, Any]) -> str:
    return (r", \quad " if w.tex else ", ").join(
        f"{letter(name, w)} = {_atom(w, kind, [_over_if(w, *x) for x in of])}" for name, (kind, *of) in defined.items()
    )


def _atom(w: Writer, kind: str, of: list[str]) -> str:
    if kind == "power":
        return f"({of[0]})^{{{of[1]}}}" if w.tex else f"({of[0]})^({of[1]})"
    return rf"\{kind}\left({of[0]}\right)" if w.tex else f"{kind}({of[0]})"


def _over_if(w: Writer, top: str, below: str) -> str:
    return polynomial(w, top) if below == "1" else _over(w, polynomial(w, top), polynomial(w, below))


def _plain(text: str) -> str:
    return polynomial(Writer(), text)


def polynomial(w: Writer, text: str) -> str:
    """A certificate's polynomial as a reader would write it."""
    out = ""
    for term in _positive_first(text.split(" + ")):
        minus = term.startswith("-")
        factors = term.lstrip("-").split("*")
        if factors[0] == "1" and len(factors) > 1:
            factors = factors[1:]
        shown = (" " if w.tex else "*").join(_factor(w, f) for f in factors)
        out += (" - " if minus else " + ") + shown if out else ("-" if minus else "") + shown
    return out


def _positive_first(terms: list[str]) -> list[str]:
    return sorted(terms, key=lambda t: t.startswith("-"))


def _factor(w: Writer, text: str) -> str:
    name, _, power = text.partition("^")
    shown = letter(name, w)
    return shown if not power else f"{shown}^{{{power}}}" if w.tex else f"{shown}^{power}"
