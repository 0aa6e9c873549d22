"""Double precision for the tests of the zoo, before anything is traced."""

import jax

jax.config.update("jax_enable_x64", True)
