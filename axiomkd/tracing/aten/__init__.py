"""PyTorch's operations brought into JAX: a graph of aten operations, a table with a row for each, and the walk.

It imports no torch and refuses to know it: a graph is names, numbers and shapes. An operation without a row is unknown and is
named with the user's line; nothing is guessed. Where a new operation goes: a row in the file of its family.
"""
