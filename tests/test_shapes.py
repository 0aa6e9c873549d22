"""Shapes in signatures are held against every call, here and in all other tests; at a user's nothing is imported for it."""

import subprocess
import sys

import numpy as np
import pytest
from jaxtyping import TypeCheckError

from axiomkd.claims.directions import separating
from axiomkd.core import shapes
from axiomkd.core.case import Cases


def test_arrays_in_another_order_of_axes_are_refused():
    P, q = np.full((5, 2, 3), 1 / 3), np.full((5, 3), 1 / 3)
    assert separating(P, q).shape == (5, 3)
    with pytest.raises(TypeCheckError):
        separating(P.swapaxes(1, 2), q)


def test_axes_agree_among_the_fields_of_a_value():
    P, w, each = np.full((5, 2, 3), 1 / 3), np.full((5, 2), 1 / 2), np.ones(5)
    Cases(P, w, each, each, each, each)
    with pytest.raises(TypeCheckError):
        Cases(P, w.T, each, each, each, each)
    with pytest.raises(TypeCheckError):
        Cases(P, w, each[1:], each, each, each)


def test_every_module_that_is_said_to_be_checked_is():
    for name in shapes.CHECKED:
        assert name not in sys.modules or "jaxtyping" in str(sys.modules[name].__spec__.loader), name
    assert sys.modules["axiomkd.claims.directions"].Panels is shapes.Panels is not object


def test_where_nobody_asked_nothing_is_checked_and_nothing_imported():
    code = (
        "import sys, numpy as np; from axiomkd.core.case import Cases;"
        "Cases(*[np.ones(2)] * 6); print('jaxtyping' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.stdout.split() == ["False"], told.stderr
