"""Losses as operators: what is judged is the distribution at which a loss is least in its student.

`judged` decides how that is found: read off the loss's trace, where its algebra lets it, or by a numeric minimiser. It refuses
to know any claim, and that a loss has a gradient of a form is never concluded from points.
"""

from axiomkd.operators.losses.judged import found_in_floats, judged, tells, told

__all__ = ["found_in_floats", "judged", "tells", "told"]
