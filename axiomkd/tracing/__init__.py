"""An operator as a graph: its jaxpr is the only syntax tree, with one walker and a table of rules for each domain of values.

Floats, exact fractions, balls, terms at symbolic sizes and solver terms are such tables. It knows neither axioms nor files.
What it traces comes from `operators`, and what it finds goes to `claims`, to the search and to the prover.
"""
