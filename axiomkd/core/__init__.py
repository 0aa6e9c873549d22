"""The vocabulary: an operator, a case, a reading, a verdict, a scope, a report as values; errors and tolerances.

It searches nothing, imports no JAX, and of input and output it knows files and pipes, whoever is at the other end. Every other
package speaks in these words.
"""
