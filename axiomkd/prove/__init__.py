"""Proofs: theorems on families at all sizes, SMT and exhaustion at fixed ones. It knows facts, never a budget of search."""
