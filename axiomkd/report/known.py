"""What is said of violations that a project has written down. It knows no layout."""

from __future__ import annotations

from collections import Counter

from axiomkd.core.report import KnownModel, Report


def term(one: KnownModel) -> str:
    """How long it is put up with: `until 2027-03-31`, `without an end`, `expired on 2026-03-31`; "" where it is fixed."""
    match one.state:
        case "known":
            return f"until {one.until}" if one.until else "without an end"
        case "expired":
            return f"expired on {one.until}"
        case "fixed":
            return ""


def sentence(one: KnownModel) -> str:
    """The state, the reason and what to do."""
    match one.state:
        case "known":
            return f"known, {term(one)}: {one.reason}"
        case "expired":
            return f"{term(one)}: {one.reason}. Mend the operator, or give the entry in {one.source} another date."
        case "fixed":
            now = "is proved" if one.verdict == "proved" else one.verdict
            return f"fixed: it {now} now. Remove it from {one.source}."


def counts(report: Report) -> str:
    """For the last line of a run: `2 known, 1 expired`; "" where nothing is written down."""
    found = Counter(one.state for one in report.known)
    return ", ".join(f"{found[state]} {state}" for state in ("known", "expired", "fixed") if found[state])
