"""The place of the pytest plugin: the entry point is reserved, and this version adds nothing to pytest.

In an ordinary test, `axiomkd.assert_valid(op)` serves.
"""
