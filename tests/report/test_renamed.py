"""A report held to `paper` tells in a line that the profile has changed, once; no other report does."""

import io

import pytest
from rich.console import Console

from axiomkd import axioms
from axiomkd.report import github, phrases, terminal

from . import samples

PAPER = {axiom: list(names) for axiom, names in axioms.PROFILES["paper"].items()}


def shown(report) -> str:
    out = io.StringIO()
    terminal.render(report, verbose=False, quiet=False, console=Console(file=out, width=200))
    return out.getvalue()


def of_profile(name: str):
    requires = {axiom: list(names) for axiom, names in axioms.PROFILES[name].items()}
    report = samples.report(samples.operator("one", requires=requires), samples.operator("two", requires=requires))
    return report.model_copy(update={"profile": report.profile.model_copy(update={"name": name, "requires": requires})})


def test_by_the_profile():
    report = of_profile("paper")
    assert shown(report).count(phrases.RENAMED) == 1
    assert github.summary(report).count(phrases.RENAMED) == 1


def test_by_a_claim():
    assert shown(samples.report(samples.operator("one", requires=PAPER))).count(phrases.RENAMED) == 1


@pytest.mark.parametrize("name", ["article", "classical"])
def test_of_other_profiles_nothing_is_told(name):
    assert phrases.RENAMED not in shown(of_profile(name))


def test_single_readings_are_no_profile():
    report = of_profile("paper")
    asked = report.settings.model_copy(update={"readings": ["convexity/simplex"]})
    assert phrases.renamed(report.model_copy(update={"settings": asked})) == ""
