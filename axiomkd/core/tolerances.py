"""Every number that separates "fails" from "rounds": each with its derivation. Nothing else defines a tolerance."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

# A violation smaller than this, in the claim's unit, is never `refuted` (axioms: "What is claimed of"). Literals such as
# 0.3333333333333333 denote their decimals, so exact claims about them are off by some 2^-52; 2^-40 leaves 12 bits of room.
EXACT = Fraction(1, 2**40)

# A float margin below -DETECT makes a case a candidate. Float noise is 2e-15 on pools at K*C near 100; candidates between
# EXACT and DETECT could not be refuted by much anyway, so detection starts a little above EXACT = 9.1e-13.
DETECT = 2e-12

# A candidate that exact arithmetic clears is `fragile` when the float result was this far off; smaller gaps are rounding.
FRAGILE = 1e-9

# An operator that cannot be followed exactly is refuted on floats alone when the violation is above both: a thousand times
# the spread of the margin under changes of the inputs by one unit in the last place, and this floor.
FLOAT_FLOOR = 1e-7
FLOAT_FACTOR = 1000.0

# An arithmetic is coarse when its unit of rounding is above this: 4 units of float64, which no sum in float64 is.
COARSE = 2.0**-50
# Where an operator computes in float32 or less, no violation below so many units of its rounding says anything: a sum of
# n terms errs by up to n units (Higham, Accuracy and Stability of Numerical Algorithms, 4.2), and
# K + C such units count where that is more. Above it a violation must also stand far above what moving the inputs by units of
# that arithmetic does to it: those errors the operator makes itself when it casts. And it must last when what the operator is
# called with, and what it returns, moves so (`float_rule`): that is why these two can be modest.
COARSE_FACTOR = 64.0
COARSE_SHAKE = 10.0
# Where an opaque operator stops when it is content, its answer is off by the steps that would have followed: by 1/(1 − r) of
# the last, where each is r times the one before. That is 64 at r = 0.985, as slow as what is in use converges at moderate
# points. Two ends that are further apart than the second are no tolerance of a solver (by default 1e-3 at most), but a jump
# of the function.
SOLVER_FACTOR = 64.0
SOLVER_WORST = 3e-3
# A violation that floats alone show must keep half of itself when the inputs move by this, whatever the dtype: choices
# between values that rounding alone tells apart do not.
STAYS, KEEPS = 2.0**-20, 0.5
# Relative noise of an opaque operator above which it counts as coarse: 2^-40 is 4096 units of float64, which stable
# algorithms in float64 stay below on panels of moderate probabilities, and 2^-16 units of float32.
NOISE = 2.0**-40
# What an aggregate's entries are moved by, in units of rounding of its largest, before a float violation is believed.
OUTPUT_UNITS = 16.0
# A class is lost in floats only where nothing small exists: probabilities and weights that are not 0 are above this.
MODERATE = 1e-3
# Weights below this are no ground for a conviction by floats.
LEAST_WEIGHT = 1e-9

# Jumps: the outputs of two points 2^-200 apart differ by more than JUMP, and by nine tenths of that at 2^-400.
JUMP = Fraction(1, 10**9)
JUMP_KEEPS = Fraction(9, 10)
JUMP_NEAR, JUMP_NEARER = 200, 400

# What is continuous can pass those two. Code guards divisions with constants down to the least double, 2^-1074, and what
# such a guard smooths is seen at 2^-1600; a guarded power, x^a/(x^a + 1e-300), is seen at 2^-20000 for a > 1/20.
BELOW_FLOATS, DEEPEST = 1600, 20_000

# And w^(1/2000) loses a tenth only after 2^-300. Between 2^-200, 2^-400 and 2^-1600 a jump beside functions that are
# Hölder continuous with an exponent b loses parts of 2^-200b and of 2^-400b, the second below the first; every power
# x^a that keeps nine tenths until 2^-1600 loses more than five times as much in the second step as in the first. So does
# a power of log x, at least 1.4 times. Differences below this count as none: balls of these bits are good to 2^-800.
SETTLED = Fraction(1, 2**256)

# Distances 2^-n at which the quotient of `lipschitz` must grow by growing increments.
GROWTH_STEPS = (50, 100, 200, 400)
# A report names the last of these quotients with four digits, so it may be off by half a unit of the fourth, 1/2000 of it at most.
REPLAYED = Fraction(1, 1000)

# In floats alone a gap counts above the first, far over the rounding error of any pool (2e-15). It must stand at every one
# of these distances 2^-n from a face: a product of fifty entries underflows at the last, but not at the first.
FLOAT_JUMP = Fraction(1, 10**6)
FLOAT_JUMP_NEAR = (20, 50, 100, 200)
# And near the least doubles: log max(p, 1e-300) is continuous, and a log pool of it jumps as far as 2^-900 = 1.2e-271.
FLOAT_NEAREST = 1010

# `limits`: at T = 2^40 (1 + max |log p|) every softened row is within 1e-11 of uniform; the aggregate must be within this,
# or nearer by a tenth at T². What is further looked at, and why, is as for jumps: T^32 is near 2^1344, T^512 beyond 2^20000.
FAR_EXPONENT = 40
FAR = Fraction(1, 1000)
FAR_POWERS = (1, 2, 8, 32, 512)

# `hot` is looked at from there on too, against JUMP: the aggregate at the limit is known, and is no guess. `cold` is where the
# second largest entry of row k has fallen to r = 2^(-200/w_k) of the largest: the logarithmic pool leaves r^w_k of it, 2^-200,
# and by one r for all weights it would be convicted (2^-200 leaves a half where w_k = 1/200). At r^4 what goes as 1/log r, as
# the Jeffreys centroid does, has lost three quarters; r^16 tells what goes slower.
COLD_EXPONENT = 200
COLD_POWERS = (1, 4, 16)
# In floats: at 2^40 times (1 + max |log p|) softened rows differ from uniform by 2^-40, 4096 units in the last place; and the
# smallest entry of a sharpened row is 2^-900, above the least double. Before that others, by which a slow end shows.
FLOAT_HOT = (16, 24, 32, 40)
FLOAT_COLD = (32, 46, 225, 900)

# Two calls of an operator at one point may differ by this much before it counts as not deterministic: batched against
# single evaluation differs by up to 2.6e-15 on well-conditioned operators, by more after cancellation.
REPEAT = 1e-9

# Smallest probability drawn in float64: far above the flushed denormals (2.2e-308), so that squares still are numbers.
TINY = 1e-100
# Softened rows below this are not evaluated in floats: the underflow would be the softener's, not the operator's.
SOFTENED_FLOOR = 1e-290

# A formula and the operator's trace, both run in float64, may differ by this much times 1 + |value|. Two spellings of one function
# differ by some 1e-13 at these points; the skewed ones, within 1e-9 of a vertex, cost a logarithm's argument half its digits.
TRANSLATION = 1e-9
# More is rounding where it is below a thousand times what a few units in the last place of the inputs change, and that is small.
TRANSLATION_NOISE, TRANSLATION_NOISIEST = 1000.0, 1e-6
# Compiled, or called by the user, a trace may be off by its own rounding: thousands of units of the coarsest type that is in it.
TRANSLATION_ULPS = 4096.0

# Precision of a dtype: what an operator may be off by before it is said to lose anything. A class of an aggregate is made with
# K + 4 roundings or less where each is done once: K products summed over teachers, a function, a total, a quotient, the cast.
# All in one direction they are K + 4 half spacings, and so is what a sum over classes may be off by, as every class errs alike at
# worst; two classes nearer than twice that are a tie at the dtype's resolution. A total of C terms, taken one by one, errs by up
# to C units (Higham, 4.2): of the dtype, or of float32, in which libraries total what is coarser.
ROUNDINGS = 4
ACCUMULATED = 2.0**-24
# What is said to be lost must be lost too with inputs moved by so many units of the dtype, in each of so many draws: where the
# exact value changes as much by that, the operator has answered a question next to the one that was put.
NUDGED, NUDGES = 2, 6
# A reference in float64 errs by far less than a millionth of what float32 and less round; what its own rounding could explain is
# not believed without balls.
FLOAT_REFERENCE = 1e-9

# Called in another process, at points whose entries are near 1, the same function in float64 gives the same numbers but for the
# order of sums: far below this. Where a step may be coarser (half precision has an eps of 2^-7, and a claim compares a few
# values), nothing smaller than the second one is told from rounding.
ELSEWHERE, ELSEWHERE_COARSE = 1e-6, 2e-2
# A margin there is a difference of a few such values and logarithms of them: what is refuted at an ordinary point is so by more.
OUTSIDE, OUTSIDE_COARSE = 1e-4, 5e-2


def of_constants(units: Collection[float]) -> Fraction:
    """What constants that were computed in few digits may account for; `units` are those of their rounding, none where there is no
    such constant. Several add up, as the terms of a sum do."""
    return Fraction(COARSE_FACTOR) * Fraction(max(units, default=0.0))


def elsewhere(eps: float) -> float:
    """By how much values of one function may differ from process to process; `eps` is that of its coarsest step."""
    return ELSEWHERE if eps <= COARSE else ELSEWHERE_COARSE


def outside(eps: float) -> float:
    """What a margin at an ordinary point has to be below 0 by to be no rounding."""
    return OUTSIDE if eps <= COARSE else OUTSIDE_COARSE


# The target of a loss that a minimiser finds: its last Newton step moves no probability by more than this at moderate panels, where
# second derivatives are well conditioned (the values of the loss are good to 1e-16, and its gradient to about 1e-13).
MINIMISER = 2e-9
