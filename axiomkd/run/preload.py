"""What every worker needs, imported once in the process that workers are forked from.

Imports only: no JAX backend is started here, no array made, no user code run. A forked process could not use them.
"""

# ruff: noqa: E402, F401
import gc

gc.disable()  # nothing that an import makes is garbage: collecting while they run is a tenth of the time

import flint
import hypothesis
import jax.numpy
import numpy

import axiomkd.checking.engine
import axiomkd.checking.repairs
import axiomkd.run.outside.looking
import axiomkd.run.worker
from axiomkd.run import confinement, tampering

tampering.code()  # as all of it is before any operator's file is loaded
confinement.untraceable()
gc.freeze()  # no worker's collector goes through all this again, nor makes it copy the pages
gc.enable()
