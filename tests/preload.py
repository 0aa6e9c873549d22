"""What the workers of these tests are forked from: all that every worker needs, and a formula is held against its operator at one
size only, as with the fixture `one_size`. Commands in a process of their own have the workers that users have."""

# ruff: noqa: E402, F401
from axiomkd.prove.translation import sizes
from tests.sizes import one_of

sizes.looked_at = one_of(sizes.looked_at)

import axiomkd.run.preload  # it notes which functions there are: a worker in which others stand later is not believed
