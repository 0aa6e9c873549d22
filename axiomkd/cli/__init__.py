"""The command line: options in, exit codes out, and how far a run has come. `cli.app` is where a command starts.

It runs no operator's code; what it is asked goes to `run`, `gate`, `explain` and `verify`.
"""
