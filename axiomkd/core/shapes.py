"""Shapes in the types: names for the arrays that are handed about, with their axes in the order of K teachers and C classes.

B counts cases. The numbers are floats, or exact ones in arrays of objects. Nothing is checked, and nothing imported, but where
`jaxtyping` has been imported before, as the tests do: they hold every call of the modules in `CHECKED` against these names.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

CHECKED = (
    "axiomkd.core.case",
    "axiomkd.claims.adversaries",
    "axiomkd.claims.directions",
    "axiomkd.claims.lost",
    "axiomkd.claims.margins",
    "axiomkd.claims.places",
    "axiomkd.operators.evaluate",
)
"""The modules whose every call is held against the shapes in its signature."""

if TYPE_CHECKING or "jaxtyping" in sys.modules:
    import numpy as np
    from jaxtyping import Shaped

    # One point.
    Panel = Shaped[np.ndarray, "K C"]
    """P: a row a teacher."""
    Weights = Shaped[np.ndarray, "K"]
    """w: a number a teacher."""
    Row = Shaped[np.ndarray, "C"]
    """A number a class: an aggregate, a teacher's row, a direction."""

    # B of them.
    Panels = Shaped[np.ndarray, "B K C"]
    ManyWeights = Shaped[np.ndarray, "B K"]
    Rows = Shaped[np.ndarray, "B C"]
    Each = Shaped[np.ndarray, "B"]
    """A number a case: an index, a share, a temperature, a margin."""
else:  # annotations are never evaluated
    Panel = Weights = Row = Panels = ManyWeights = Rows = Each = object
