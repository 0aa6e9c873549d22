"""Proofs at small sizes by SymPy: margins as quotients of polynomials in positive parameters, whose coefficients show a sign.

A parametrisation covers the domain (`regions`), the operator's trace is run on its quotients (`quotients`), an order that no sign
decides splits the region, and what is left is shown nonnegative (`nonnegative`). It never says that a claim is refuted.
"""
