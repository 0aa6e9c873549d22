"""A trace run in NumPy on a batch of points: a table of rules for what JAX documents that each primitive does.

It shares no rule with the exact walker nor with the lift, so that the two can be held against each other, and knows no operator.
"""
