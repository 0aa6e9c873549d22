"""What every worker needs, imported once in the process that workers are forked from.

Imports only: no JAX backend is started here, no array made, no user code run. A forked process could not use them.
"""

import flint  # noqa: F401
import hypothesis  # noqa: F401
import jax.numpy  # noqa: F401
import numpy  # noqa: F401

import axiomkd.checking.engine
import axiomkd.run.worker  # noqa: F401
