"""The operator meets the axioms: a failure shows the point at which it does not."""

import axiomkd
from my_op import my_op


def test_my_op_is_valid():
    axiomkd.assert_valid(my_op)
