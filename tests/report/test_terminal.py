"""The terminal report against snapshots, and what must hold of every one: width, plain text, whole pastes."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from axiomkd.core.report import Report
from axiomkd.report import terminal

from . import samples
from .samples import SAMPLES


class _Ascii(io.StringIO):
    """A stream that cannot show more than ASCII."""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "ascii"


def shown(
    report: Report, *, width: int = 80, verbose: bool = False, quiet: bool = False, file: io.StringIO | None = None
) -> str:
    file = file or io.StringIO()
    terminal.render(report, verbose=verbose, quiet=quiet, console=Console(file=file, width=width))
    return file.getvalue()


@pytest.mark.parametrize("name", SAMPLES)
def test_card(name, snapshot):
    snapshot(f"{name}.txt", shown(SAMPLES[name], verbose=True))


def test_only_what_is_required_gets_an_account():
    text = shown(SAMPLES["envelope_largest"])
    assert "convexity/envelope  refuted" in text
    assert "convexity/hull  refuted" not in text


def test_quiet_is_a_line_an_operator(snapshot):
    every = samples.report(*(one for r in SAMPLES.values() for one in r.operators), failures=SAMPLES["error"].failures)
    text = shown(every, quiet=True)
    assert len(text.splitlines()) == len(every.operators) + 1
    snapshot("quiet.txt", text)


def test_narrow(snapshot):
    every = samples.report(*SAMPLES["weights"].operators, *SAMPLES["jump"].operators)
    snapshot("narrow.txt", shown(every, width=48, verbose=True))


def test_ascii(snapshot):
    every = samples.report(*SAMPLES["envelope_largest"].operators, *SAMPLES["temperature"].operators)
    text = shown(every, verbose=True, file=_Ascii())
    assert text.isascii()
    assert "?" not in text
    snapshot("ascii.txt", text)


@pytest.mark.parametrize("width", [80, 60, 40])
@pytest.mark.parametrize("name", SAMPLES)
def test_fits_the_width(name, width):
    text = shown(SAMPLES[name], width=width, verbose=True)
    assert max(len(line) for line in text.splitlines() if not line.startswith("print(")) <= width


@pytest.mark.parametrize("name", SAMPLES)
def test_no_colour_where_nobody_looks(name):
    assert "\x1b" not in shown(SAMPLES[name], verbose=True)


def test_colour_on_a_terminal():
    file = io.StringIO()
    console = Console(file=file, width=80, force_terminal=True, color_system="standard", legacy_windows=False)
    terminal.render(SAMPLES["weights"], verbose=False, quiet=False, console=console)
    assert "\x1b[1;31mrefuted" in file.getvalue()


@pytest.mark.parametrize("width", [80, 40])
def test_a_reproducer_keeps_its_lines(width):
    text = shown(SAMPLES["envelope_largest"], width=width)
    (reproducer,) = {r.reproducer for r in SAMPLES["envelope_largest"].operators[0].readings if r.reproducer}
    assert f"\n{reproducer}\n" in text


@pytest.mark.parametrize("name", SAMPLES)
def test_never_valid_without_a_profile(name):
    for quiet in (False, True):
        assert "valid" not in shown(SAMPLES[name], quiet=quiet).split()


def test_a_control_character_of_the_operators_does_no_harm():
    bad = samples.operator("x", samples.reading("envelope", "inconclusive", "before \x1b[2J\x07 after"))
    assert "\x1b" not in shown(samples.report(bad))


def test_the_class_in_question_is_shown_of_many():
    text = shown(SAMPLES["wide"])
    assert "class 41" in text
    assert "class 40" not in text


def test_part_of_a_profile_is_not_the_profile():
    whole = SAMPLES["valid"].operators[0]
    part = whole.model_copy(update={"readings": whole.readings[:4]})
    assert "as far as checked: 1 of its 5 readings" in shown(samples.report(part))


@pytest.mark.parametrize("name", ["temperature", "tau", "temp", "t", "kd_temperature", "softmax_temp"])
def test_a_temperature_that_is_never_varied_is_told(name):
    one = samples.operator("cold", constants={name: "4.0", "alpha": "0.5"})
    hint = f"note: `{name}` keeps its default 4.0; call it T to have it varied"
    assert hint in shown(samples.report(one)) and "alpha" not in shown(samples.report(one))
    assert "note: `alpha` keeps its default 0.5" in shown(samples.report(one), verbose=True)
    taking = one.model_copy(update={"takes_T": True})
    assert "call it T" not in shown(samples.report(taking), verbose=True) and "note" not in shown(
        samples.report(taking)
    )


def test_a_default_that_softens_is_told_and_one_that_does_not_is_not():
    for default, told in ((4.0, True), (0.5, True), (1.0, False), (None, False)):
        one = samples.operator("warm", takes_T=True, default_T=default)
        assert (
            f"note: called without T it softens at {default}".removesuffix(".0") in shown(samples.report(one))
        ) == told


@pytest.mark.parametrize("name", ["attempt", "template", "beta", "start", "status", "tau0x"])
def test_what_only_sounds_like_a_temperature_is_no_hint(name):
    assert "note" not in shown(samples.report(samples.operator("cold", constants={name: "4.0"})))
