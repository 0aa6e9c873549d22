"""A user's file, and the operators in it as values that can be called: loading, calling in batches, manners, float behaviour.

It knows no axiom and judges nothing. Who wants to know what an operator gives at a point asks `operators.evaluate`.
"""
