"""Proofs of a report written out, step by step, as text or as LaTeX that an appendix can take as it stands.

It reads certificates and the theorems' written proofs, and finds nothing out: what a step says was derived when it was proved.
"""
