"""What is spent before a search begins: processor seconds of starting, of manners and of proofs, beside a bare `import jax`.

Run `python -m benchmarks.start` from the checkout; `--against COMMIT` runs that commit too, in turns with this one. Every figure
is of a fresh process, with byte code that lies ready. It knows nothing of what a check finds.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.machine import described, table

HERE = Path(__file__).resolve().parent.parent
JAX = "import jax, jax.numpy as jnp; jax.jit(lambda x: x + 1)(jnp.ones(3)).block_until_ready()"
ANSWERED = ("check", "zoo:linear", "--effort", "quick")
# Prints the seconds from where the imports of a worker are done: to the first call of an operator, of its manners, its proofs.
WITHIN = """
import sys, time, warnings
import axiomkd.run.preload
warnings.simplefilter("ignore")
from axiomkd.axioms.summary import readings_of, requires_of
from axiomkd.checking import engine, proofs
from axiomkd.core.operator import describe
from axiomkd.core.settings import Settings
from axiomkd.core.softener import softener
from axiomkd.operators.loading import load
from axiomkd.operators.manners import Manners
from axiomkd.tracing.numerics import prepare
prepare()
operator = load("zoo:" + sys.argv[1])[0]
settings = Settings(effort="quick")
plan = engine.plan_of(operator, settings)
manners = Manners(operator, softener("power"), plan.sizes, hurry=True)
import jax
jax.jit(lambda x: x + 1)(1.0).block_until_ready()  # else the first to call pays for JAX's own start
begun = time.process_time()
manners.meet()
met = time.process_time()
proofs.ask(operator, settings, readings_of(settings, requires_of(operator.name, None, settings)), plan.sizes)
print(begun, met - begun, time.process_time() - met)
"""


def environment(checkout: Path, folder: str) -> dict[str, str]:
    """The variables with which a process runs a checkout's package, its byte code below a folder."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": str(checkout), "PYTHONPYCACHEPREFIX": f"{folder}/code"}


def spent(arguments: Sequence[str], folder: str, variables: Mapping[str, str]) -> float:
    """Processor seconds of one Python process and of the children that it waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=folder, env=variables, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def within(name: str, folder: str, variables: Mapping[str, str]) -> list[float]:
    """Of one operator of the zoo: seconds up to its first call, of its manners, and of its proofs."""
    done = subprocess.run(
        [sys.executable, "-c", WITHIN, name], cwd=folder, env=variables, capture_output=True, text=True, check=True
    )
    return [float(one) for one in done.stdout.split()]


def measured(folder: str, variables: Mapping[str, str], names: Sequence[str]) -> dict[str, float]:
    """Everything once, by what it is called in the table, in a folder in which the check has been answered before."""
    found = {
        "python alone": spent(["-c", ""], folder, variables),
        "import jax, one jitted call": spent(["-c", JAX], folder, variables),
        "axiomkd --version": spent(["-m", "axiomkd", "--version"], folder, variables),
        "axiomkd check, answered from the cache": spent(["-m", "axiomkd", *ANSWERED], folder, variables),
    }
    for name in names:
        begun, manners, proofs = within(name, folder, variables)
        found |= {f"{name}: to the first call": begun, f"{name}: manners": manners, f"{name}: proofs": proofs}
    return found


@contextmanager
def at(commit: str) -> Iterator[Path]:
    """A commit's files, in a folder for the time being."""
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "before"
        subprocess.run(["git", "worktree", "add", "--detach", str(checkout), commit], cwd=HERE, check=True)
        try:
            yield checkout
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(checkout)], cwd=HERE, check=True)


def compared(checkouts: Sequence[Path], names: Sequence[str], repeats: int) -> list[list[str]]:
    """Rows of the table: medians for each checkout, in turns, so that what else the machine does falls on all alike."""
    with tempfile.TemporaryDirectory() as compiled:
        places = [(f"{compiled}/{n}", environment(one, f"{compiled}/{n}")) for n, one in enumerate(checkouts)]
        for folder, variables in places:
            os.mkdir(folder)
            spent(["-m", "axiomkd", *ANSWERED], folder, variables)
            measured(folder, variables, names)  # this once for the byte code
        runs = [[measured(*one, names) for one in places] for _ in range(repeats)]
    medians = [{row: statistics.median(run[n][row] for run in runs) for row in runs[0][n]} for n in range(len(places))]
    return [[row, *(f"{one[row]:.2f}" for one in medians)] for row in medians[0]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=["linear", "log"], help="operators of the zoo (linear log)")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--against", metavar="COMMIT", help="a commit to run in turns with this checkout")
    given = parser.parse_args()
    if given.against is None:
        heads, rows = ["here"], compared([HERE], given.names, given.repeats)
    else:
        with at(given.against) as before:
            heads, rows = [given.against, "here"], compared([before, HERE], given.names, given.repeats)
    print(described(), f"Processor seconds, quick effort, medians of {given.repeats}.", sep="\n", end="\n\n")
    print(table(["", *heads], rows))


if __name__ == "__main__":
    main()
