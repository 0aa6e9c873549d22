"""Linux's namespaces: processes, network and shared memory of one's own, where the system lets one have them.

What the calling process starts next is alone in a world of processes, all of which end with the first of them. It knows no
operator.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Sequence
from contextlib import suppress

_MOUNTS, _IPC, _USERS, _PROCESSES, _NETWORK = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
_APART = _MOUNTS | _IPC | _PROCESSES | _NETWORK
_RECURSIVELY, _PRIVATE, _NO_SETUID, _NO_DEVICES = 0x4000, 0x40000, 2, 4  # flags of mount(2)
_DUMPABLE = 4  # prctl
_CAPSET, _CAPABILITIES_3 = "capset", 0x20080522
_READ_ANYTHING = 1 << 2  # CAP_DAC_READ_SEARCH: root reads files of others today, and its operators with it
SHARED = "/dev/shm"


def apart(hidden: Sequence[str] = ()) -> Sequence[str]:
    """Whatever this process starts next has processes, network and shared memory of its own; what of that is so, by name. Call
    it where no other thread runs. Afterwards none can be started here. `hidden` are folders that look empty from then on."""
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0 and not libc.unshare(_APART):
        return _private(libc, hidden)
    libc.prctl(_DUMPABLE, 1, 0, 0, 0)  # who is not may not write the maps of its own users
    if libc.unshare(_USERS):
        return ()
    try:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    except OSError:  # some systems allow a namespace of users in which one is nobody
        return ()
    return _private(libc, hidden) if not libc.unshare(_APART) else ()


def _private(libc: ctypes.CDLL, hidden: Sequence[str]) -> Sequence[str]:
    """Shared memory that nobody else sees: locks and arrays of an operator's own processes go through it. And empty folders over
    what is not an operator's to read."""
    if libc.mount(b"none", b"/", None, _RECURSIVELY | _PRIVATE, None):
        return "processes", "network"

    def empty(path: str, how: bytes) -> bool:
        return not libc.mount(b"axiomkd", os.fsencode(path), b"tmpfs", _NO_SETUID | _NO_DEVICES, how)

    mounted = empty(SHARED, b"mode=1777,size=50%")
    secret = [empty(path, b"mode=0700,size=4k") for path in hidden if os.path.isdir(path)]
    return (
        "processes",
        "network",
        *(("shared memory",) if mounted else ()),
        *(("secrets",) if secret and all(secret) else ()),
    )


def give_up_privileges() -> None:
    """Keep no capability but that of reading, where root had it. That there is no such call is no error."""
    with suppress(OSError, AttributeError):
        keep = _READ_ANYTHING if os.geteuid() == 0 else 0
        header = struct.pack("=Ii", _CAPABILITIES_3, 0)
        getattr(ctypes.CDLL(None), _CAPSET)(header, struct.pack("=IIIIII", keep, keep, keep, 0, 0, 0))
