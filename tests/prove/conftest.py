"""What tests of the prover share."""

import pytest

from axiomkd.prove.translation import sizes


@pytest.fixture
def one_size(monkeypatch):
    """The formula is held against the operator at one size only: what is tested is the lift and the theorems, which must need
    no net, and a dozen seconds of tracing are saved. Whole validations have tests of their own (`test_translation`)."""
    monkeypatch.setattr(sizes, "looked_at", lambda operator, K, C, **_: ((K or 2, C or 3),))
