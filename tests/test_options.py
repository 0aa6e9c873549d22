"""The table of options against the doors that it makes or that are written beside it: flags, keys, settings, arguments."""

from dataclasses import fields
from inspect import signature

import pytest

import axiomkd
from axiomkd import api
from axiomkd.core.errors import UsageError
from axiomkd.core.settings import Settings
from axiomkd.gate import configuration
from axiomkd.gate.options import ARGUMENTS, BY_NAME, OPTIONS
from tests.command import axiomkd as command

OF_A_SEARCH = {"seed", "fail_fast", "precision", "tolerance", "budget"}  # what proofs alone know nothing of
OF_ONE_NUMBER = {
    "guarantees",
    "fail_fast",
    "precision",
    "tolerance",
    "budget",
}  # `evaluate` gives a score for what is required
DEFAULTS = {one.name: one.default for one in fields(Settings)}


def arguments(function):
    return {key: one for key, one in signature(function).parameters.items() if key in ARGUMENTS}


def test_no_option_is_there_twice():
    assert len(BY_NAME) == len(OPTIONS)
    assert len({one.flag for one in OPTIONS}) == len(OPTIONS)


def test_what_is_a_setting_is_a_field_of_the_settings():
    assert {one.setting for one in OPTIONS if one.setting} <= set(DEFAULTS)


@pytest.mark.parametrize(
    "function, left_out",
    [(axiomkd.check, set()), (api.prove, OF_A_SEARCH), (axiomkd.Checker, set()), (axiomkd.evaluate, OF_ONE_NUMBER)],
)
def test_python_takes_the_arguments_of_the_table(function, left_out):
    assert set(arguments(function)) == set(ARGUMENTS) - left_out


def test_the_defaults_in_python_are_those_of_the_settings():
    for key, one in arguments(axiomkd.check).items():
        if key in ("K", "C", "cache"):  # none given, and no setting
            continue
        assert one.default == DEFAULTS[key], key


def test_every_flag_is_told_of():
    told = command("check", "--help").stdout
    for one in OPTIONS:
        assert (f"{one.flag} " in told) == bool(one.help), one.name


GIVEN = {
    "profile": "strict",
    "readings": ["convexity/hull"],
    "effort": "quick",
    "budget": 2.0,
    "softener": "uniform-mix",
    "seed": 3,
    "guarantees": True,
    "fail_fast": True,
    "precision": True,
    "verify": True,
    "tolerance": 1e-6,
    "K": [2, 3],
    "C": "4-6",
    "device": "cpu",
    "timeout": 9.0,
}


def test_an_argument_and_a_key_make_the_same_settings():
    assert set(GIVEN) == set(ARGUMENTS) - {"cache"}
    written = configuration.checked({ARGUMENTS[key].name: value for key, value in GIVEN.items()})
    from_file = configuration.settings(written.options, {})
    from_python = api.settings_of({**GIVEN, "profiles": None})
    for key in GIVEN:
        assert getattr(from_file, key) == getattr(from_python, key) != DEFAULTS[key], key


@pytest.mark.parametrize("key, called, flag", [("K", "K", "-K"), ("fail_fast", "fail_fast", "--fail-fast")])
def test_what_will_not_do_is_named_as_it_was_given(key, called, flag):
    with pytest.raises(UsageError, match=f"^{called}: "):
        api.settings_of({"K": None, "C": None, "readings": (), "profiles": None, key: "no"})
    with pytest.raises(UsageError, match=f"^{flag}: "):
        configuration.merged({key: "no"}, configuration.Configuration())
