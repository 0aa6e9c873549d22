"""A search over programs that needs no model: hill climbing by what `axiomkd.evaluate` says, and by nothing else.

A program is five choices: what becomes of the weights and of the rows, how they are pooled, what that is taken back by, and how
it ends. A step changes one choice, writes the program to a file, and keeps it where its score is no lower.
"""

import argparse
import random
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import axiomkd

CHOICES: Mapping[str, tuple[str, ...]] = {
    "v": ("w**2", "jnp.sqrt(w)", "w", "jnp.ones_like(w)", "jnp.exp(w)"),
    "share": ("v / jnp.max(v)", "v", "v / jnp.sum(v)"),
    "X": ("P**2", "jnp.log(P)", "P", "jnp.sqrt(P)"),
    "pool": ("jnp.max(s[:, None] * X, axis=0)", "s @ X", "jnp.prod(X, axis=0)"),
    "q": ("jnp.exp(y)", "y", "y**2", "jnp.sqrt(y)"),
}
START = {name: 0 for name in CHOICES}
PROGRAM = '''"""Written by a search."""

import jax.numpy as jnp

from axiomkd import operator


@operator
def aggregate(P, w):
    v = {v}
    s = {share}
    X = {X}
    y = {pool}
    return {q}
'''
Choice = dict[str, int]
Evaluate = Callable[[str], Mapping[str, Mapping]]


def written(choice: Choice) -> str:
    """The program that the choices make."""
    return PROGRAM.format(**{name: CHOICES[name][n] for name, n in choice.items()})


def neighbour(choice: Choice, rng: random.Random) -> Choice:
    """The same with one choice, or two, made otherwise."""
    changed, open_ones = dict(choice), [name for name, parts in CHOICES.items() if len(parts) > 1]
    for name in rng.sample(open_ones, rng.choice((1, 1, 2))):
        changed[name] = rng.choice([n for n in range(len(CHOICES[name])) if n != choice[name]])
    return changed


def climb(
    evaluate: Evaluate, start: Choice, steps: int, seed: int, file: Path, say: Callable[[str], None] = print
) -> Choice:
    """Climb until a program is valid, or so many programs were evaluated: the best choices. Leaves their program in `file`."""
    rng, seen = random.Random(seed), {}

    def score(choice: Choice) -> tuple[float, bool]:
        key = tuple(choice.values())
        if key not in seen:
            file.write_text(written(choice), encoding="utf-8")
            found = evaluate(str(file))
            seen[key] = found["metrics"]["combined_score"], bool(found["metrics"]["valid"])
            say(f"{len(seen):3}  {seen[key][0]:.3f}  {found['artifacts']['verdict']}")
        return seen[key]

    best = dict(start)
    while not score(best)[1] and len(seen) < steps:
        trial = neighbour(best, rng)
        if score(trial)[0] >= score(best)[0]:
            best = trial
    file.write_text(written(best), encoding="utf-8")
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "program.py")
        climb(lambda path: axiomkd.evaluate(path, K=2, C=3), START, given.steps, given.seed, file)
        print(file.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
