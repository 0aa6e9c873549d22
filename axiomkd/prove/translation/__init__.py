"""Whether a formula is the operator: both are evaluated at many sizes, by rules that share no code with the lift.

In: an operator, its traces and the terms that a proof leans on. Out: a `Translation`, the sizes at which the formula was found
to be the operator, those where it is not, and those that were not looked at. It refuses to know theorems and readings.
"""
