"""The vocabulary: an operator, a case, a reading, a verdict, a scope, a report as values; errors and tolerances.

It searches nothing, imports no JAX, and does no more of input and output than to write a file in one step. Every other
package speaks in these words.
"""
