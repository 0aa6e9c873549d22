"""The jaxpr of an operator is its only syntax tree: one walker, and a table of rules for each domain of values."""
