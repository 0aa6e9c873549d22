"""What a report says in words: an operator's status, a reading's verdict on one line, the last line of a run.

Every format that has sentences takes them from here. It knows no layout, no colour and no terminal.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from axiomkd import axioms
from axiomkd.core.reading import Pointwise
from axiomkd.core.report import OperatorModel, ReadingModel, Report, WitnessModel
from axiomkd.core.scope import AtSizes, ForEvery, parse, parse_at_least
from axiomkd.core.verdict import GOOD
from axiomkd.report import known
from axiomkd.report.bars import short

HINT = "; call it T to have it varied"
LONG = 24  # characters of a scope that a table bears
NAMED = 2  # readings asked for that are named in a sentence; more are counted


def asked(report: Report, operator: OperatorModel) -> str:
    """What the operator was held to: the readings asked for one by one, the profile's name, or its own claims."""
    if report.settings.readings:
        return _named(report.settings.readings)
    if operator.requires == report.profile.requires:
        return report.profile.name
    for name, requires in axioms.PROFILES.items():
        if {axiom: tuple(readings) for axiom, readings in operator.requires.items()} == dict(requires):
            return f"its claims, the profile {name}"
    return "its claims"


def status(report: Report, operator: OperatorModel) -> str:
    """The status and what it is held to: `meets article (power softening)`, `fails article: convexity/envelope`."""
    what = asked(report, operator)
    match operator.status:
        case "valid":
            room = f", tolerance {report.settings.tolerance:g}" if report.settings.tolerance else ""
            return f"meets {what} ({report.settings.softener} softening{room}{_sizes_asked(report)}){_part(operator)}"
        case "invalid":
            failed = ", ".join(_those(report, operator, "refuted", "error"))
            told = "; ".join(filter(None, (failed, _open(report, operator))))
            return f"fails {told}" if report.settings.readings else f"fails {what}: {told}"
        case "undecided":
            told = _open(report, operator)
            return f"undecided: {told}" if report.settings.readings else f"undecided on {what}: {told}"
        case "error":
            return f"error: {cause(operator)}"


def settled(one: OperatorModel) -> str:
    """An operator that is done, on one line: `my_op.py::pool  invalid: envelope, responsive  3.1 s`."""
    words = {"invalid": ("refuted", "error"), "undecided": ("fragile", "inconclusive")}.get(one.status, ())
    wrong = [r.reading for r in one.readings if r.required and r.counts in words]
    why = cause(one) if one.status == "error" else ", ".join(wrong)
    return f"{one.target or one.name}  {one.status}{': ' if why else ''}{why}  {one.seconds:.1f} s"


def _named(readings: Sequence[str]) -> str:
    """The readings asked for, so few that they can be named, or their number."""
    return " and ".join(readings) if len(readings) <= NAMED else f"the {len(readings)} readings asked for"


def _sizes_asked(report: Report) -> str:
    """The sizes that proofs alone were asked for: at others nothing was looked at, and nothing is said of them."""
    s = report.settings
    asked = [f", {name} = {', '.join(map(str, sizes))}" for name, sizes in (("K", s.K), ("C", s.C)) if sizes]
    return "" if s.search else "".join(asked)


def cause(operator: OperatorModel) -> str:
    """Why an operator ended in error, on one line."""
    told = [operator.message, *(r.message for r in operator.readings if r.verdict == "error")]
    return next((text.splitlines()[0] for text in told if text.strip()), "no reading could be checked")


def blamed(operator: OperatorModel) -> str:
    """The cause with the operator's name before it, where it does not begin with that."""
    told = cause(operator)
    return told if told.startswith(f"`{operator.name}`") else f"`{operator.name}`: {told}"


def _part(operator: OperatorModel) -> str:
    """A remark where not every required reading was checked."""
    wanted = sum(map(len, operator.requires.values()))
    done = sum(r.required for r in operator.readings)
    return "" if done == wanted else f" as far as checked: {done} of its {wanted} readings"


def _open(report: Report, operator: OperatorModel) -> str:
    parts = [f"{name} is {one}" for one in ("fragile", "inconclusive") for name in _those(report, operator, one)]
    if skipped := sum(r.required and r.skipped for r in operator.readings):
        parts.append(f"{skipped} more not looked at")
    parts += [f"{r.id} is proved at {scope(r)} only" for r in operator.readings if r.required and r.partly]
    return ", ".join(parts)


def _those(report: Report, operator: OperatorModel, *verdicts: str) -> list[str]:
    written = {one.reading: f" ({one.state})" for one in report.known if one.target == operator.target}
    wrong = [r for r in operator.readings if r.required and r.verdict in verdicts and not r.skipped]
    return [f"{r.axiom}/{r.reading}{written.get(r.reading, '')}" for r in wrong]


def verdict(reading: ReadingModel) -> str:
    """The verdict with its scope, or with what the search has spent."""
    match reading.verdict:
        case "proved":
            parts = [f"{scope(reading)}{' only' if reading.partly else ''}", argument(reading)]
        case "holds":
            parts = [
                _cases(reading),
                _margin(reading),
            ]
        case "refuted" | "fragile":
            parts = [
                reading.witness.confirmed if reading.witness and reading.verdict == "refuted" else None,
                violation(reading),
            ]
        case "inconclusive":
            parts = [reading.message if reading.moot else "not looked at" if reading.skipped else _cases(reading)]
        case "error":
            parts = []
    return " · ".join([reading.verdict, *(part for part in parts if part)])


def _margin(reading: ReadingModel) -> str | None:
    if reading.within is not None:
        return f"fails by up to {reading.within:.3g}, within the tolerance"
    return None if reading.margin is None else f"margin ≥ {max(reading.margin, 0) + 0.0:.3g}"


def scope(reading: ReadingModel) -> str:
    """The sizes of a proof, those of a long list counted: every one is in the JSON report."""
    text = reading.scope or ""
    if len(text) <= LONG:
        return text
    try:
        found = parse(text)
    except ValueError:
        return text
    match found:
        case AtSizes(sizes):
            Ks, Cs = sorted({K for K, _ in sizes}), sorted({C for _, C in sizes})
            return f"{len(sizes)} sizes, K {_from_to(Ks)}, C {_from_to(Cs)}"
        case ForEvery(axis, values):
            other = "C" if axis == "K" else "K"
            return f"{len(values)} {axis}, {_from_to(values)}, and every {other}"
        case _:
            return text


def _from_to(values: Sequence[int]) -> str:
    return str(values[0]) if len(values) == 1 else f"{values[0]}–{values[-1]}"


def argument(reading: ReadingModel) -> str:
    """What a proof rests on: `theorem pull-lemma`, `smt`."""
    return (reading.method or "").replace(": ", " ", 1)


def extent(reading: ReadingModel) -> str:
    """Where a refuted claim fails beside its witness, in a sentence; "" where no theorem says."""
    if reading.extent is None or reading.witness is None:
        return ""
    found, here = reading.extent, parse_at_least(reading.extent.scope).covers(reading.witness.K, reading.witness.C)
    size = "" if here else f"; the witness is of another size, K = {reading.witness.K}, C = {reading.witness.C}"
    return f"It fails at {found.scope}, by the theorem {found.theorem} (axiomkd explain {found.theorem}){size}."


def theorem(reading: ReadingModel) -> str | None:
    """The name of the theorem that a proof leans on."""
    named = (reading.certificate or {}).get("theorem")
    return named if isinstance(named, str) else None


def proof(reading: ReadingModel) -> str:
    """A proof in a sentence, with what shows the argument."""
    name = theorem(reading)
    page = f" (axiomkd explain {name})" if name else ""
    return f"{reading.message or argument(reading)}{page}"


def unproved(reading: ReadingModel) -> str:
    """Why there is no proof, below a heading that says that there is none."""
    return (reading.unproved or "").removeprefix("not proved: ")


def _cases(reading: ReadingModel) -> str | None:
    if not reading.cases:
        return None
    return "1 case" if reading.cases == 1 else f"{reading.cases:,} cases"


def violation(reading: ReadingModel) -> str | None:
    """By how much a refuted claim fails, where that is a number in the claim's unit."""
    return None if reading.verdict != "refuted" or reading.witness is None else amount(reading, reading.witness)


def by_how_much(reading: ReadingModel) -> str:
    """What follows "refuted" above an account: " by 1/100 (probability)", " by an equality", or nothing."""
    if reading.witness is not None and tied(reading, reading.witness):
        return " by an equality"
    by = violation(reading)
    return f" {by} ({unit(reading)})" if by else ""


def amount(reading: ReadingModel, witness: WitnessModel) -> str | None:
    """By how much a claim fails at a witness, where that is a number in its unit: an equality has none."""
    if witness.margin is None or not unit(reading) or tied(reading, witness):
        return None
    return f"by {short(witness.margin.removeprefix('-'))}"


def tied(reading: ReadingModel, witness: WitnessModel) -> bool:
    """Whether a strict claim fails at a witness by an equality, the violation of which is 1 by convention."""
    known = axioms.BY_NAME.get(reading.reading)
    claim = known.claim if known is not None else None
    return isinstance(claim, Pointwise) and claim.strict and witness.margin == "-1"


def unit(reading: ReadingModel) -> str | None:
    known = axioms.BY_NAME.get(reading.reading)
    return known.unit if known is not None else None


def profiles(operator: OperatorModel) -> str:
    """Which profiles the operator meets, fails and leaves open."""
    words = {True: "meets", False: "fails", None: "open:"}
    but = [name for name, met in operator.profiles.items() if met is None and _met_without(operator, name)]
    groups = {
        word: [name for name, met in operator.profiles.items() if met is key and name not in but]
        for key, word in words.items()
    }
    told = [f"{word} {', '.join(names)}" for word, names in groups.items() if names]
    told[1:1] = [f"meets {', '.join(but)} but for the weights, of which it has none"] if but else []
    return " · ".join(told)


def _met_without(operator: OperatorModel, profile: str) -> bool:
    """Whether a profile is met by all of its readings that say something of the operator, and some do not."""
    needs = [name for names in axioms.PROFILES.get(profile, {}).values() for name in names]
    verdicts = {r.reading: r for r in operator.readings}
    left = [verdicts[name] for name in needs if name in verdicts and not verdicts[name].moot]
    return (
        all(name in verdicts for name in needs) and 0 < len(left) < len(needs) and all(r.counts in GOOD for r in left)
    )


def strongest(operator: OperatorModel) -> str:
    """The strongest readings that hold, by axiom; axioms of which nothing was asked are left out."""
    told = ((axiom, ", ".join(names) or _no_reading(operator, axiom)) for axiom, names in operator.strongest.items())
    return " · ".join(f"{axiom} {names}" for axiom, names in told)


def _no_reading(operator: OperatorModel, axiom: str) -> str:
    """What is said of an axiom none of whose readings was found to hold: none does, or it is open, or not all were asked."""
    checked = [r for r in operator.readings if r.axiom == axiom]
    if any(r.counts in ("fragile", "inconclusive") for r in checked):
        return "open"
    return "none" if len(checked) == len(axioms.NAMES[axiom]) else f"not {', not '.join(r.reading for r in checked)}"


def summary(report: Report) -> str:
    """The counts over all operators, with the profile they were held to."""
    counts = Counter(one.status for one in report.operators)
    words = {"valid": "meet", "invalid": "fail", "undecided": "undecided", "error": "in error"}
    total = len(report.operators)
    parts = [f"{counts[key]} {_verb(word, counts[key])}" for key, word in words.items() if counts[key]]
    parts += [f"{len(report.failures)} not loaded"] if report.failures else []
    what = f"{total} operator{'' if total == 1 else 's'} against {against(report)}"
    written = known.counts(report)
    cut = (f"; violations written down: {written}" if written else "") + (
        "; interrupted, the report is partial" if report.partial else ""
    )
    return f"{what}: {', '.join(parts) or 'nothing to check'}{cut}"


def notes(operator: OperatorModel, *, verbose: bool = False) -> list[str]:
    """What the user may not have meant: a temperature that is never varied, a default of T that softens. `verbose`: every
    parameter that kept its default."""
    hints = [name for name in operator.constants if _is_temperature(name) and not operator.takes_T]
    softens = operator.default_T is not None and operator.default_T != 1
    at_default = [f"called without T it softens at {operator.default_T:g}"] if softens else []
    assumed = ", ".join(f'{name}="{value}"' for name, value in operator.assumed.items())
    ways = [f"called as it seems to be meant: {assumed}; declare it by operator({assumed})"] if assumed else []
    if operator.loss:
        ways.append(f"a loss: {operator.loss}")
    if any(r.moot for r in operator.readings):
        ways.append("it has no weights: what is asked of weights says nothing about it")
    return (
        at_default
        + ways
        + [
            f"`{name}` keeps its default {value}{HINT if name in hints else ''}"
            for name, value in operator.constants.items()
            if verbose or name in hints
        ]
    )


def _is_temperature(name: str) -> bool:
    return name == "t" or re.search(r"(?:^|_)(?:temp|temperature|tau)s?(?:_|$)", name.lower()) is not None


def _verb(word: str, count: int) -> str:
    return f"{word}s" if count == 1 and word in ("meet", "fail") else word


def against(report: Report) -> str:
    """What the operators of a report are held to."""
    if report.settings.readings:
        return _named(report.settings.readings)
    own = any(one.requires != report.profile.requires for one in report.operators)
    return f"{report.profile.name} or their claims" if own else report.profile.name


RENAMED = "the profile paper is the paper's own five formulas now; what was called paper is called classical"


def renamed(report: Report) -> str:
    """What has changed about the profile that operators are held to, by its name or by their claims; "" where nothing has."""
    held = [report.profile.requires, *(one.requires for one in report.operators)]
    paper = {axiom: list(names) for axiom, names in axioms.PROFILES["paper"].items()}
    named = any({axiom: list(names) for axiom, names in one.items()} == paper for one in held)
    return RENAMED if named and not report.settings.readings else ""


def searched(report: Report) -> str:
    """What the verdicts rest on: sizes, effort, seed, softener, numbers."""
    s = report.settings
    sizes = _pairs(s.sizes) if s.sizes else "no sizes"
    if not s.search:
        return f"proofs only, nothing searched · effort {s.effort} · {s.softener} softening"
    clock = f" · stopped by the clock at {s.budget:g} s an operator" if s.budget is not None else ""
    room = f" · tolerance {s.tolerance:g}" if s.tolerance else ""
    return (
        f"{sizes} · effort {s.effort} · seed {s.seed} · {s.softener} softening{room} · {s.dtype} on {s.device}{clock}"
    )


def _pairs(sizes: Sequence[tuple[int, int]]) -> str:
    """The sizes searched; how many they are, where they are not every K with every C."""
    Ks, Cs = [K for K, _ in sizes], [C for _, C in sizes]
    told = f"K = {_span(Ks)}, C = {_span(Cs)}"
    count = len(set(sizes))
    return told if count == len(set(Ks)) * len(set(Cs)) else f"{count} sizes of {told}"


def _span(values: list[int]) -> str:
    some = sorted(set(values))
    shown = some if len(some) <= 4 else [*some[:3], "…", some[-1]]
    return ", ".join(map(str, shown))
