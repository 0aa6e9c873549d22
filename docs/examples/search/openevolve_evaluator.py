"""An evaluator for OpenEvolve: the operator of the evolved program, held against the profile `article`.

OpenEvolve loads this file and calls `evaluate(program_path)`. Give it as the evaluation file, and in its configuration an
`evaluator.timeout` above TIMEOUT. The program has to register one operator (see initial_program.py).
"""

import axiomkd

TIMEOUT = 120.0  # seconds for one program
MAX_BYTES = 20_000  # of the texts that go back to the model


def evaluate(program_path):
    """An EvaluationResult(metrics, artifacts); where OpenEvolve is not installed, the metrics alone, which it takes as well."""
    found = axiomkd.evaluate(program_path, timeout=TIMEOUT, max_bytes=MAX_BYTES)
    try:
        from openevolve.evaluation_result import EvaluationResult
    except ImportError:
        return found["metrics"]
    return EvaluationResult(metrics=found["metrics"], artifacts=found["artifacts"])
