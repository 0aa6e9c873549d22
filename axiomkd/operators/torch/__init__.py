"""Operators written in PyTorch: called for real, and written down as a graph that JAX can take.

Only files here import torch, and they are imported only where an operator needs it (`operators.language` decides). What an
operation means is not known here: that is the table in `tracing/aten`.
"""
