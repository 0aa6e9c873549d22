"""A loss as a function of its student: which divergence it is, of four whose minimum is known in closed form.

These are KL(q‖s), KL(s‖q), ‖s − q‖² and ‖z − a‖², times a number and plus what is free of the student's logits z, where
s = softmax(σz). It is read off the loss's jaxpr, equation by equation, in real arithmetic: what is affine in z and in
log Σ_i exp(σ z_i), and what is quadratic in s, log s and z, is followed exactly, everything else is refused with the user's line.
Nothing is sampled here, and no claim is known.
"""

from axiomkd.tracing.student.forms import NoMinimum, NotOfTheForm
from axiomkd.tracing.student.read import FORWARD, OF_LOGITS, REVERSE, SQUARES, Reading, read

__all__ = ["FORWARD", "OF_LOGITS", "REVERSE", "SQUARES", "NoMinimum", "NotOfTheForm", "Reading", "read"]
