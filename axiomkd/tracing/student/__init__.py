"""A loss as a function of its student: whether its gradient is c·(softmax(σz) − q) with c, σ and q free of the student's logits z.

It is read off the loss's jaxpr, equation by equation, in real arithmetic: what is affine in z and in log Σ_i exp(σ z_i) is followed
exactly, everything else is refused with the user's line. Nothing is sampled here, and no claim is known.
"""

from axiomkd.tracing.student.forms import NoMinimum, NotOfTheForm
from axiomkd.tracing.student.read import Reading, read

__all__ = ["NoMinimum", "NotOfTheForm", "Reading", "read"]
