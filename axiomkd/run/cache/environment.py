"""What every answer depends on alike: this package, Python, what is installed, the variables that numerics obey."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from axiomkd.core.package import PACKAGE, VERSION

PREFIXES = (
    "JAX",
    "XLA",
    "PYTHON",
    "NPY",
    "OMP",
    "MKL",
    "OPENBLAS",
    "CUDA",
    "NVIDIA",
    "HIP",
    "ROCR",
    "LD_",
    "TF_",
    "AXIOMKD",
)
PASSING = {"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"}  # they change no result


@cache
def fingerprint() -> str:
    """The sha256 of all of it, the same as long as the same work would be done in the same way."""
    found = hashlib.sha256()
    for part in _parts():
        found.update(part if isinstance(part, bytes) else part.encode(errors="surrogateescape"))
        found.update(b"\0")
    return found.hexdigest()


COMPARED = ("jax", "jaxlib", "numpy", "scipy", "hypothesis", "python-flint", "sympy", "z3-solver", "torch")


@cache
def versions() -> dict[str, str]:
    """What two processes must have alike to come to the same report: this package by its hash, Python, what numbers go through."""
    found = hashlib.sha256()
    for file in sorted(PACKAGE.rglob("*.py")):
        found.update(file.relative_to(PACKAGE).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    out = {"axiomkd": f"{VERSION} ({found.hexdigest()[:12]})", "Python": ".".join(map(str, sys.version_info[:3]))}
    for name in COMPARED:
        with suppress(PackageNotFoundError):
            out[name] = version(name)
    return out


def _parts() -> Iterator[str | bytes]:
    for file in sorted(PACKAGE.rglob("*.py")):
        yield file.relative_to(PACKAGE).as_posix()
        yield file.read_bytes()
    yield sys.version
    yield repr(sys.flags)
    machine = os.uname()
    yield f"{machine.sysname} {machine.machine} {os.path.exists('/dev/nvidia0')}"
    yield from _installed()
    yield from (f"{k}={v}" for k, v in sorted(os.environ.items()) if k.startswith(PREFIXES) and k not in PASSING)


def _installed() -> Iterator[str]:
    """Names and versions, as the folders with their metadata say; and what adds folders to the path."""
    for folder in sys.path:
        try:
            names = sorted(os.listdir(folder)) if folder else []
        except OSError:
            continue
        yield from (one for one in names if one.endswith((".dist-info", ".egg-info", ".egg-link", ".pth")))
