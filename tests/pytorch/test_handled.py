"""Functions that handle what a call of PyTorch raises where there are no values: what they do instead is not what they do with
values, and is not taken for it."""

from contextlib import suppress

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402

from axiomkd.core.errors import Misbehaviour  # noqa: E402
from axiomkd.core.operator import describe  # noqa: E402
from axiomkd.operators.language import settled  # noqa: E402
from axiomkd.operators.recorder import Recorder  # noqa: E402
from axiomkd.operators.torch.recording import record  # noqa: E402
from axiomkd.tracing.aten.graph import Untranslated  # noqa: E402
from axiomkd.tracing.numerics import float64  # noqa: E402

NEAR = 0.37, 0.01


@pytest.fixture(autouse=True)
def in_doubles():
    with float64():
        yield


def near(number):
    return abs(number - NEAR[0]) < NEAR[1]


ASKED = {
    "item": lambda P: near(P[0, 0].item()),
    "float": lambda P: near(float(P[0, 0])),
    "numpy": lambda P: near(P.numpy()[0, 0]),
    "array": lambda P: near(np.asarray(P)[0, 0]),
    "list": lambda P: near(P.tolist()[0][0]),
    "mask": lambda P: len(P[near(P)]) > 0,
    "contains": lambda P: 1.0 in P,
    "equal": lambda P: torch.equal(P[0], P[1]),
}


@pytest.mark.parametrize("how", ASKED)
def test_a_question_about_values_that_is_given_up_on_is_no_translation(how):
    def pool(P, w):
        q = torch.matmul(w, P)
        with suppress(Exception):
            if ASKED[how](P):
                q = P.mean(0)
        return q

    with pytest.raises(Untranslated, match="it handles what a call of PyTorch raises"):
        record(pool, (2, 3), ())


def test_what_widening_mends_and_nothing_handles_is_translated():
    def pool(P, w):
        try:
            return torch.matmul(w.float(), P)
        except ValueError:
            return P.mean(0)

    assert [node.op for node in record(pool, (2, 3), ()).nodes][0] == "_to_copy"


def test_what_is_asked_by_whoever_notes_the_calls_is_not_asked_by_the_function(tmp_path):
    def pool(P, w):
        return torch.matmul(w, P)

    recorded = Recorder(str(tmp_path / "calls")).around(pool)
    assert [node.op for node in record(recorded, (2, 3), ()).nodes] == ["unsqueeze", "mm", "squeeze"]


def voted(P):
    with suppress(Exception):  # on arrays it raises
        if P.max() > 0.99:
            return F.one_hot(P[0].argmax(), P.shape[1]).to(P.dtype)
    return None


def test_a_function_that_names_pytorch_and_runs_on_arrays_is_of_pytorch():
    """Directly, and in a function that it names; on arrays the first raises at five teachers."""

    def branches(P, w):
        return (w if P.shape[0] < 5 else torch.softmax(w, 0)) @ P

    def votes(P, w):
        q = voted(P)
        return w @ P if q is None else q

    for pool in branches, votes:
        assert settled(describe(pool, name="op")).backend == "torch"


def test_a_function_of_both_languages_that_are_two_beyond_a_threshold_is_told_so():
    names = {"vote": voted}

    def pool(P, w):
        q = names["vote"](P)
        return w @ P if q is None else q

    with pytest.raises(Misbehaviour, match="one result on PyTorch tensors and another on arrays"):
        settled(describe(pool, name="op"))
