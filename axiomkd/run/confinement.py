"""What a worker gives up before it runs anybody's code: writing outside its folder, the network, other processes, endless amounts.

Each mean is taken where the system has it, and the worker's first message says which are in force. It knows no operator.
"""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from axiomkd.core.system import resource
from axiomkd.run import landlock, namespaces

SWITCH = "AXIOMKD_CONFINE"  # "off": the user's own word that what is checked is trusted; a checkout cannot set it
# Where compilers keep what they have compiled, as the user has said: they write there, or they compile anew each time.
COMPILED = ("JAX_COMPILATION_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR", "NUMBA_CACHE_DIR")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full")
ACCELERATORS = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/kfd", "/dev/accel0", "/dev/dri/renderD128")
FILE = 2 << 30  # bytes of one file
OPEN = 4096  # files open at a time
PROCESSES = (
    32_768  # of this user, threads among them: it counts what else the user runs, where users are not a namespace's
)
ALONE = 4096  # in a namespace of one's own
FOREVER = 1e7  # seconds
SPARE = 120  # seconds of processor time beyond the clock's, a core

NOTHING = (f"nothing: {SWITCH}=off",)

LINUX = sys.platform.startswith("linux")


def wanted() -> bool:
    """Whether workers are confined at all."""
    return os.environ.get(SWITCH, "").lower() not in ("off", "0", "no", "false")


def on_accelerator(device: str | None) -> bool:
    """Whether JAX may choose an accelerator: its driver writes to devices, and talks to other processes."""
    if device == "cpu" or os.environ.get("JAX_PLATFORMS", "") == "cpu":
        return False
    return any(os.path.exists(one) for one in ACCELERATORS)


def apart(device: str | None, hidden: Sequence[str]) -> Sequence[str]:
    """Namespaces for what this process starts next, in which the folders `hidden` look empty; what is in force."""
    if not LINUX or on_accelerator(device):
        return ()
    with suppress(OSError, AttributeError):
        return namespaces.apart(hidden)
    return ()


def enter(folder: str, device: str | None, seconds: float, apart: Sequence[str]) -> Sequence[str]:
    """Confine this process, which runs one thread, to a folder; the names of all means in force, `apart` among them."""
    tempfile.tempdir = os.environ["TMPDIR"] = scratch(folder)
    limits = _limit(seconds, bool(apart))
    if not LINUX:
        return limits
    namespaces.give_up_privileges()
    folders = [folder, *filter(None, map(os.environ.get, COMPILED))]
    files = list(DEVICES)
    if "shared memory" in apart:
        folders.append(namespaces.SHARED)
    if on_accelerator(device):
        folders += ["/dev", str(Path.home() / ".nv")]
    for one in folders[1:]:
        with suppress(OSError):
            os.makedirs(one, exist_ok=True)
    given_up = landlock.restrict(folders, files)
    return tuple(dict.fromkeys((*given_up, *apart, *limits)))


def scratch(folder: str) -> str:
    """Where temporary files of the operator's go, inside a worker's folder."""
    made = os.path.join(folder, "tmp")
    os.makedirs(made, exist_ok=True)
    return made


def _limit(seconds: float, alone: bool) -> Sequence[str]:
    """Limits that every Unix has. Memory is limited once JAX has taken what it needs."""
    processor = int((min(seconds, FOREVER) + SPARE) * (os.cpu_count() or 1))
    for kind, most in (
        (resource.RLIMIT_CPU, processor),
        (resource.RLIMIT_FSIZE, FILE),
        (resource.RLIMIT_NOFILE, OPEN),
        (resource.RLIMIT_NPROC, ALONE if alone and os.geteuid() else PROCESSES),
    ):
        soft, hard = resource.getrlimit(kind)
        top = most if hard == resource.RLIM_INFINITY else min(most, hard)
        low = top if soft == resource.RLIM_INFINITY else min(top, soft)
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (low, top))
    return ("limits",)


def untraceable() -> None:
    """Linux: this process's memory is nothing that others of the same user can read or write. Called by a process of ours that
    runs nobody else's code."""
    if LINUX and wanted():
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
