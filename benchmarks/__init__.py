"""Measurements, run by hand: none is a test, and none knows a target that it must reach."""
