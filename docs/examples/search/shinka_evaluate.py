"""An evaluator for ShinkaEvolve: `python shinka_evaluate.py --program_path PROGRAM.py --results_dir FOLDER`.

It writes `metrics.json` (combined_score, public, private, text_feedback) and `correct.json` (correct, error). A program is
correct where its operator could be checked at all: how near it is to what is required is its score.
"""

import argparse
import json
from pathlib import Path

import axiomkd

TIMEOUT = 120.0  # seconds for one program
MAX_BYTES = 20_000  # of the text that goes back to the model


def main(program_path: str, results_dir: str) -> None:
    """Evaluate a program, and leave the two files in the folder."""
    found = axiomkd.evaluate(program_path, timeout=TIMEOUT, max_bytes=MAX_BYTES)
    numbers, texts = dict(found["metrics"]), found["artifacts"]
    metrics = {
        "combined_score": numbers.pop("combined_score"),
        "public": numbers,
        "private": {},
        "text_feedback": "\n\n".join(f"{name}:\n{text}" for name, text in texts.items()),
    }
    correct = {"correct": "error" not in texts, "error": texts.get("error")}
    folder = Path(results_dir)
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in (("metrics.json", metrics), ("correct.json", correct)):
        (folder / name).write_text(json.dumps(value, indent=2), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program_path", required=True)
    parser.add_argument("--results_dir", required=True)
    given = parser.parse_args()
    main(given.program_path, given.results_dir)
