"""How an operator fares in floating point: run as it is written in each dtype, held against its exact value at the same inputs.

A value goes: `cases` (inputs, as lines of Python) → `calling` (the operator as written) → `judging` (what is lost, against
`reference`) → `advice` (the same graph in a stable form, run). It knows dtypes and numbers, and refuses to know any axiom.
"""
