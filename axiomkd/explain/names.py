"""`axiomkd explain` and `axiomkd list`: what a name means, in words, in formulas and by an example worked by hand.

It explains axioms, readings, profiles, verdicts, softeners, theorems of the prover and operators of the zoo. It runs no
search, and loads no target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from axiomkd import axioms
from axiomkd.core.errors import UsageError
from axiomkd.core.reading import Axiom, Reading
from axiomkd.core.softener import FACTS, SOFTENERS, Softener
from axiomkd.core.words import meant
from axiomkd.explain import paper
from axiomkd.prove.families import REFUTING, THEOREMS, Refuting
from axiomkd.prove.theorem import Theorem

VERDICTS = {
    "proved": (
        "An exact argument covers the scope that the report names: all K and C, or the sizes listed.",
        "It asks for no trust in any search: a theorem whose premises the code was shown to meet, or, at fixed sizes, a "
        "derivation by SymPy or a solver's answer; `axiomkd prove TARGET --derivation` writes it out. A search runs all the "
        "same, and where it contradicts a proof the checker itself is at fault.",
    ),
    "holds": (
        "A search found no violation. The report gives the number of cases and how near the nearest of them came to "
        "failing.",
        "It is evidence and no proof: a violation in a corner that gives no sign of itself can be missed. The count "
        "says how hard the search looked, the margin how much room was left.",
    ),
    "refuted": (
        "There is a counterexample. It is printed as small as it could be made, with how it was confirmed: by exact or "
        "ball arithmetic where the code can be followed, else by floats with a margin far above their rounding error.",
        "A difference that comes from rounding alone is none, and below 2^-40 nothing is ever refuted.",
    ),
    "fragile": (
        "The floats break (NaN, infinity, underflow to 0, a sum that is off), and the real function that the code "
        "stands for does not.",
        "A numerical defect with its reproducer, not a violation. Where it is 0·log 0, `xlogy` mends it; where a "
        "softmax overflows, subtract the largest logit. `--allow fragile` lets it pass.",
    ),
    "inconclusive": (
        "The budget ended first, or the confirmation could not decide, or the reading does not apply to the domain "
        "that the operator declares.",
        "Try a higher --effort. `--allow inconclusive` lets it pass.",
    ),
    "error": (
        "The operator is no function that can be judged: it raised at an interior point, hung, returned another shape, "
        "changed its inputs, or gave two answers to one question.",
        "The report has the point at which it happened, and the operator's own traceback. Nothing lets it pass.",
    ),
}

CONFIRMED = {
    "exact": "Every number on the way was a fraction, or a logarithm, exponential or root that could be compared exactly.",
    "ball": "Some numbers are known as intervals with rigorous bounds (balls), and the violation stands for every number in them.",
    "float64": "The code cannot be followed exactly. The violation stands far above what rounding does to it there; the message "
    "has the numbers.",
}

# What follows from two readings, or from readings of different axioms, beside what `axioms.CONDITIONAL` has.
TOGETHER: tuple[tuple[tuple[str, ...], str], ...] = (
    (("envelope", "hull"), "At C = 2, envelope and hull are one claim."),
    (("pull", "coordinate"), "At C = 2, pull and coordinate are one claim."),
    (("unanimity", "interior", "limits"), "unanimity and interior together imply limits, so limits alone says little."),
    (("commutation", "common-support", "limits"), "commutation and common-support together imply limits."),
    (("commutation", "ranking", "entropy", "simplex"), "commutation implies ranking and entropy where simplex holds."),
    (
        ("nonexpansive", "commutation"),
        "nonexpansive and commutation are not ordered: either may hold without the other.",
    ),
    (("favourite", "responsive"), "favourite and responsive are not ordered."),
    (("transfer", "favourite"), "At K = 2, transfer and favourite are one claim."),
    (
        ("jensen", "bias-mean", "simplex"),
        "Of distributions, jensen and bias-mean hold for the linear pool alone: they are one claim.",
    ),
    (("safety", "jensen", "simplex"), "At K = 2 safety, like jensen, is the linear pool's alone, among distributions."),
    (
        ("influence", "jensen", "unanimity"),
        "influence and unanimity together are the linear pool's alone, as jensen is.",
    ),
    (
        ("strict-transfer", "commutation"),
        "For C >= 3 no continuous operator has strict-transfer and commutation: nothing log-like meets the paper's A3.",
    ),
    (
        ("strict-transfer", "bayes"),
        "For K >= 3 and C >= 4 no continuous operator has strict-transfer and bayes.",
    ),
    (
        ("envelope", "commutation"),
        "For C >= 3 no operator has envelope and commutation, and follows the weights to the vertices.",
    ),
)


def explain(name: str, console: Console) -> None:
    """Print what `name` means. Raises UsageError, with the nearest names, where nothing is called that."""
    wanted = name.strip()
    if wanted.startswith("zoo:"):
        return _zoo_entry(wanted.removeprefix("zoo:"), console)
    found = [(what, show) for what, known, show in _subjects() if wanted.lower().replace("_", "-") == known]
    if not found:
        raise UsageError(_unknown(wanted))
    for n, (what, show) in enumerate(found):
        if n:
            console.print()
        console.print(Text(what, style="dim"))
        show(console)
    return None


def overview(console: Console) -> None:
    """Print everything that has a name: axioms and guarantees, profiles, softeners, theorems, and the zoo."""
    for axiom in axioms.GROUPS:
        _heading(console, f"{axiom.name}: {_lower(axiom.sentence)}")
        _rows(console, ((reading.name, reading.statement) for reading in axiom.readings))
    _heading(console, "profiles")
    _rows(console, ((name, f"{axioms.ABOUT[name]}: {_needs(name)}") for name in axioms.PROFILES))
    _heading(console, "softeners")
    _rows(console, ((one.name, one.formula) for one in SOFTENERS.values()))
    _heading(console, "theorems")
    _rows(console, ((one.name, f"{one.title}: {', '.join(one.concludes)}") for one in THEOREMS))
    _heading(console, "theorems on what fails at every size")
    _rows(console, ((one.name, f"{one.title}: {', '.join(one.fails)}, at {one.extent}") for one in REFUTING))
    _heading(console, "zoo operators")
    _rows(console, ((f"zoo:{one.name}", one.formula) for one in _zoo().values()))


# --- names ----------------------------------------------------------------------------------------------------------

Show = Callable[[Console], None]


def _subjects() -> Iterator[tuple[str, str, Show]]:
    """(what it is, its name, how to show it). Should one name ever be two things, both are shown."""
    for axiom in axioms.GROUPS:
        what = "an axiom" if axiom in axioms.AXIOMS else "a group of readings, asked for with --guarantees"
        yield what, axiom.name, lambda console, axiom=axiom: _axiom(axiom, console)
        for reading in axiom.readings:
            for known in (reading.name, reading.id):
                yield f"a reading of {axiom.name}", known, lambda console, reading=reading: _reading(reading, console)
    for name in axioms.PROFILES:
        yield "a profile", name, lambda console, name=name: _profile(name, console)
    for name in VERDICTS:
        yield "a verdict", name, lambda console, name=name: _verdict(name, console)
    for name, text in CONFIRMED.items():
        yield "how a refutation is confirmed", name, lambda console, row=(name, text): _rows(console, (row,))
    for one in SOFTENERS.values():
        yield "a softener", one.name, lambda console, one=one: _softener(one, console)
    for one in THEOREMS:
        yield "a theorem of the prover", one.name, lambda console, one=one: _theorem(one, console)
    for one in REFUTING:
        yield "a theorem on what fails", one.name, lambda console, one=one: _refuting(one, console)


def _unknown(name: str) -> str:
    known = list(dict.fromkeys(known for _, known, _ in _subjects()))
    near = meant(name.lower(), known)
    hint = f"Did you mean {near}?" if near else "`axiomkd list` shows every name."
    return f"nothing is named {name!r}. {hint}"


def _zoo():
    from axiomkd.zoo import ENTRIES  # imports JAX: only who asks for the zoo pays for it

    return ENTRIES


# --- layout ---------------------------------------------------------------------------------------------------------


def _heading(console: Console, text: str) -> None:
    console.print(Text(text, style="bold"))


def _rows(console: Console, rows: Iterable[tuple[str, str]]) -> None:
    """Two columns, the left one as wide as it must be; rows without a text are left out. Ends with an empty line."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in rows:
        if text:
            table.add_row(Text(label, style="cyan"), Text(text))
    console.print(Padding(table, (0, 0, 1, 2)))


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def _needs(profile: str) -> str:
    return ", ".join(reading for wanted in axioms.PROFILES[profile].values() for reading in wanted)


def in_order(names: Iterable[str]) -> list[str]:
    """Readings in the order of every report."""
    wanted = set(names)
    return [reading.name for reading in axioms.EVERY if reading.name in wanted]


def required_by(reading: Reading) -> list[str]:
    """The profiles that ask for this reading by name."""
    return [name for name, needs in axioms.PROFILES.items() if reading.name in needs.get(reading.axiom, ())]


def together(reading: Reading) -> list[str]:
    """What follows from this reading, and to it, with others or under a condition."""
    return [sentence for names, sentence in (*TOGETHER, *_ruled()) if reading.name in names]


def _ruled() -> list[tuple[tuple[str, ...], str]]:
    """The axioms' implications under conditions as sentences, those of the same premises in one."""
    alike: dict[axioms.Rule, list[str]] = {}
    for rule in axioms.CONDITIONAL:
        alike.setdefault(replace(rule, conclusion=""), []).append(rule.conclusion)
    return [((*rule.premises, *names), _sentence(rule, names)) for rule, names in alike.items()]


def _with_facts(facts: Sequence[str]) -> list[str]:
    return [name for name, softener in SOFTENERS.items() if softener.has(*facts)]


def _sentence(rule: axioms.Rule, names: Sequence[str]) -> str:
    sizes = [f"{axis} <= {n}" for axis, n in (("K", rule.most_K), ("C", rule.most_C)) if n is not None]
    where = [f"where {' and '.join(rule.beside)} hold{'' if len(rule.beside) > 1 else 's'}"] if rule.beside else []
    where += ["for operators that take no temperature"] if rule.softened_from_outside else []
    softeners = [one.name for one in SOFTENERS.values() if one.has(*rule.facts)]
    where += [f"under {' or '.join(softeners)} softening"] if len(softeners) < len(SOFTENERS) else []
    start = f"At {' and '.join(sizes)}, " if sizes else ""
    end = f", {' and '.join(where)}" if where else ""
    return f"{start}{rule.main} implies {', '.join(names)}{end}."


# --- subjects -------------------------------------------------------------------------------------------------------


def _axiom(axiom: Axiom, console: Console) -> None:
    _heading(console, f"{axiom.title}: {_lower(axiom.sentence)}")
    _rows(console, ((reading.name, f"{reading.statement}\n{reading.formula}") for reading in axiom.readings))
    profiles = ((name, ", ".join(needs.get(axiom.name, ()))) for name, needs in axioms.PROFILES.items())
    _heading(console, "Required by the profiles")
    _rows(console, profiles)
    papers = ", ".join(f"{reading.name} ({reading.paper})" for reading in axiom.readings if reading.paper)
    console.print(
        Text(
            f"The paper's own: {papers}; the others are this project's. `axiomkd explain {axiom.readings[-1].name}` explains "
            "one, `axiomkd explain paper` what is true of the paper."
        )
    )


def _reading(reading: Reading, console: Console) -> None:
    _heading(console, f"{reading.id}: {_lower(reading.statement)}")
    _rows(
        console,
        (
            ("formula", reading.formula),
            ("LaTeX", reading.latex),
            ("domain", DOMAINS[reading.domain]),
            ("margin", f"in units of {reading.unit}" if reading.unit else "none: the claim is met or it is not"),
            ("implies", ", ".join(in_order(axioms.WEAKER[reading.name])) or "no other reading by itself"),
            ("implied by", ", ".join(in_order(axioms.STRONGER[reading.name])) or "no other reading by itself"),
            ("with others", "\n".join(together(reading))),
            ("profiles", ", ".join(required_by(reading)) or "none asks for it by name"),
            ("note", reading.note),
            ("in the paper", reading.paper),
            ("source", reading.source),
        ),
    )
    _worked(reading, console)


DOMAINS = {
    "interior": "all probabilities and all weights positive",
    "interior P": "all probabilities positive, weights anywhere (one teacher may have all)",
    "closed": "zeros allowed, in probabilities and in weights",
}


def _worked(reading: Reading, console: Console) -> None:
    from axiomkd.explain.worked import work  # imports SymPy, which takes a while

    example = work(reading.name)
    if example is None:
        return _suggested(reading, console)
    _heading(console, f"An operator that fails it: {example.operator}")
    _rows(console, (("operator", example.formula), *example.steps))
    if example.general:
        console.print(Text("The first entry of q for two teachers and two classes, in symbols:"))
        drawn = Text("\n".join(f"  {line}" for line in example.general.splitlines()))
        console.print(
            drawn, no_wrap=True, overflow="ignore", crop=False
        )  # a fraction drawn in characters must not be folded
        console.print()
    console.print(Text(example.conclusion))
    if example.operator == reading.fails:
        _suggested(reading, console)


def _suggested(reading: Reading, console: Console) -> None:
    """Where the search would find a failure."""
    if reading.fails:
        command = f"axiomkd check zoo:{reading.fails} --reading {reading.id}"
        console.print(Text(f"Let the search find one of its own: {command}", style="dim"))


def _profile(name: str, console: Console) -> None:
    if name == "paper":
        _paper(console)
    _heading(console, f"{name}: {axioms.ABOUT[name]}")
    _rows(console, ((axiom, ", ".join(wanted)) for axiom, wanted in axioms.PROFILES[name].items()))
    met = {one: _meets(name, other) for one, other in axioms.PROFILES.items() if one != name}
    others = ", ".join(one for one, yes in met.items() if yes)
    console.print(
        Text(f"Meeting it is meeting {others} too." if others else "Meeting it meets no other profile by itself.")
    )


def _paper(console: Console) -> None:
    """In one screen: what the paper states, and what is true of it."""
    _heading(console, paper.TITLE)
    _rows(console, ((one.ref, "\n".join((f"{one.claims} {one.verdict}", *_at(one)))) for one in paper.STATEMENTS))
    console.print(Text(f"{paper.IDENTITY} {paper.MORE}"))
    console.print()


def _at(statement: paper.Statement) -> Iterator[str]:
    """The witness that ends a theorem, and what rescues it, in few words."""
    if statement.false and statement.breaks:
        one = statement.breaks[-1]
        rescue = f"; {statement.rescued}" if statement.rescued else ""
        yield f"zoo:{one.operator} at {one.P}, w = {one.w}{rescue}"


def _meets(strong: str, weak) -> bool:
    """Whether the readings that `strong` requires imply those that `weak` does, ladders only."""
    given = {reading for wanted in axioms.PROFILES[strong].values() for reading in wanted}
    implied = given.union(*(axioms.WEAKER[reading] for reading in given))
    if {"unanimity", "interior"} <= implied:
        implied.add("limits")
    return all(reading in implied for wanted in weak.values() for reading in wanted)


def _verdict(name: str, console: Console) -> None:
    meaning, advice = VERDICTS[name]
    _heading(console, name)
    _rows(console, (("meaning", meaning), ("note", advice)))


def _softener(one: Softener, console: Console) -> None:
    _heading(console, f"{one.name}: what temperature T does to a row of probabilities")
    _rows(
        console,
        (
            ("formula", one.formula),
            ("LaTeX", one.latex),
            ("T searched", f"{one.lowest:g} to {one.highest:g}"),
            ("facts", "; ".join(text for fact, text in FACTS.items() if fact in one.facts)),
            ("note", f"zoo:{one.commutes} commutes with it" if one.commutes else ""),
        ),
    )
    console.print(Text(f"Choose it with --softener {one.name}; every report names the softener it used."))


TAKES_T = {
    False: "for operators that do not take T",
    True: "for operators that take T",
    None: "whether or not the operator takes T",
}


def _refuting(theorem: Refuting, console: Console) -> None:
    _heading(console, f"{theorem.name}: {_lower(theorem.title)}")
    _rows(
        console,
        (
            ("fails", ", ".join(in_order(theorem.fails))),
            ("at", str(theorem.extent)),
            ("statement", theorem.statement),
            ("proof", theorem.proof),
            ("source", theorem.source),
            ("an example", f"zoo:{theorem.example}"),
        ),
    )


def _theorem(theorem: Theorem, console: Console) -> None:
    _heading(console, f"{theorem.name}: {_lower(theorem.title)}")
    fit = [one.name for one in SOFTENERS.values() if one.has(*theorem.facts)]
    softeners = "every softener" if len(fit) == len(SOFTENERS) else f"the softener {', '.join(fit)}"
    _rows(
        console,
        (
            ("concludes", ", ".join(in_order(theorem.concludes))),
            ("asks for", ", ".join(in_order(theorem.after))),
            ("applies", f"{TAKES_T[theorem.takes_T]}, to {softeners}"),
            ("statement", theorem.statement),
            ("proof", theorem.proof),
            ("source", theorem.source),
        ),
    )
    _instance(theorem, console)


def _instance(theorem: Theorem, console: Console) -> None:
    from axiomkd.explain.instance import instance  # asks the prover, and so imports JAX

    found = instance(theorem)
    if found is None:
        console.print(Text(f"zoo:{theorem.example} has the shape, and an earlier theorem proves it."))
        return
    _heading(console, f"An operator that meets it: {found.operator}")
    _rows(console, (("operator", found.formula), ("proved", f"{', '.join(found.readings)} ({found.scope})")))
    if found.steps:
        _heading(console, "What the prover found in its code")
        _rows(console, ((text, formula or "(of the code itself)") for text, formula in found.steps))
    if theorem.example and found.operator.startswith("zoo:"):
        console.print(Text(f"See it proved: axiomkd prove {found.operator}", style="dim"))


def _zoo_entry(name: str, console: Console) -> None:
    entries = _zoo()
    if name not in entries:
        near = meant(f"zoo:{name}", [f"zoo:{one}" for one in entries])
        hint = f"Did you mean {near}?" if near else "`axiomkd list` shows them all."
        raise UsageError(f"the zoo has no operator {name!r}. {hint}")
    one = entries[name]
    by_mark = {mark: ", ".join(r for r in in_order(one.truth) if one.truth[r] is mark) for mark in (True, False, None)}
    _heading(console, f"zoo:{name}")
    rows = (("formula", one.formula), ("source", one.source), ("note", one.note), ("open", one.open))
    _rows(console, (*rows, ("holds", by_mark[True]), ("fails", by_mark[False]), ("not known", by_mark[None])))
