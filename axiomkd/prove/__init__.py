"""Proofs: theorems on families at all sizes, and a solver at fixed ones.

It knows facts, never a budget of search, and nothing of what was searched. Its answers are `Proof` and `NotProved`, which
`checking` holds against what the search found.
"""
