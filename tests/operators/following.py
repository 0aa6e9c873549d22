"""Uses what the recipes of CONTRIBUTING.md add. It is run in a folder with a copy of the package to which they were applied."""

import json
import sys

sys.path.insert(0, "docs")

import generate
import jax.numpy as jnp

import axiomkd
from axiomkd import axioms, zoo
from axiomkd.cli import app
from axiomkd.core.operator import describe
from axiomkd.prove import prover
from axiomkd.prove.families import BY_NAME
from axiomkd.prove.proof import Proof

QUICK = ("--effort", "quick", "-K", "2", "-C", "2")


def proved(fn, softener="power"):
    found = prover.prove(describe(fn), softener, axioms.READINGS, effort="quick", sizes=())
    return {name: one.theorem for name, one in found.items() if isinstance(one, Proof)}


def said(*argv):
    print("$", *argv, flush=True)
    return app.run(list(argv))


def with_sinh(P, w):
    """The linear pool: sinh x − (e^x − e^−x)/2 is 0, which only the rule for sinh can tell."""
    x = P[0]
    return w @ P + jnp.sinh(x) - (jnp.exp(x) - jnp.exp(-x)) / 2


def a_reading_a_theorem_a_format_and_an_operator():
    assert proved(zoo.linear)["capped"] == "no-more-than-one"
    targets = ("zoo:gently", "op.py", "--reading", "positivity/capped", "--softener", "fast-mix")
    assert said("check", *targets, *QUICK, "--json", "r.json", "--verdicts", "r.txt", "--html", "r.html") == 1
    with open("r.txt", encoding="utf-8") as file:
        assert file.read() == "gently positivity/capped proved\ntwice positivity/capped refuted\n"
    with open("r.json", encoding="utf-8") as file:
        assert any(one["verdict"] == "refuted" for one in json.load(file)["operators"][1]["readings"])
    assert said("verify", "r.json") == 0
    assert [said("explain", name) for name in ("capped", "no-more-than-one", "fast-mix", "zoo:gently")] == [0] * 4
    assert "No class gets more than there is." in generate.page(axioms.BY_NAME["capped"])
    assert "Σ_{j ≠ i}" in generate.theorem_page(BY_NAME["no-more-than-one"])


def a_softener():
    assert "commutation" in proved(zoo.linear, "fast-mix") and "commutation" not in proved(zoo.log, "fast-mix")


def a_function():
    assert "simplex" in proved(with_sinh)


if __name__ == "__main__":
    assert axiomkd.__file__.startswith(sys.argv[1]), axiomkd.__file__
    a_function()
    a_softener()
    a_reading_a_theorem_a_format_and_an_operator()
    print("all used")
