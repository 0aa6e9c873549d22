"""How long a test waits for another process: until it must be hanging. No test measures time, and a loaded machine is slow."""

PATIENCE = 600.0  # seconds
