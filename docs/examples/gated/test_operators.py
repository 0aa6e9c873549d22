"""An ordinary test beside the gate."""

import axiomkd
from operators.mixture import mixture


def test_mixture_is_valid():
    axiomkd.assert_valid(mixture, effort="quick")
