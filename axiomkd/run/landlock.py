"""Linux's Landlock: a process gives up writing outside a few folders, and what lies outside itself. Without privileges, for good.

The numbers are the kernel's (linux/landlock.h); the calls have no wrapper in the C library, and no Python package for them is past
its first trials. Reading stays as it is. It knows no operator.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable, Sequence
from functools import cache

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # system calls, the same on every architecture that Python runs on
_VERSION = 1  # flag: say which version of the interface there is
_BENEATH = 1  # kind of rule: a file, or all below a folder

_WRITE, _TRUNCATE = 1 << 1, 1 << 14
# Removing folders and files; making devices, folders, files, sockets, pipes and links.
_CHANGE = sum(1 << bit for bit in range(4, 13))
_REFER = 1 << 13  # renaming from one folder into another
_DEVICES = 1 << 6 | 1 << 11
_TCP = 1 << 0 | 1 << 1  # binding, connecting
_ABSTRACT, _SIGNAL = 1 << 0, 1 << 1  # sockets without a file; signals to who is outside

_NO_NEW_PRIVS = 38  # prctl


@cache
def version() -> int:
    """The version of the interface that this kernel has; 0 where there is none."""
    try:
        found = _libc().syscall(_CREATE, None, 0, _VERSION)
    except (OSError, AttributeError):
        return 0
    return max(found, 0)


def restrict(folders: Iterable[str], files: Iterable[str]) -> Sequence[str]:
    """From here on this thread, and whatever it starts, writes below `folders` and into `files` only. What else it has given up,
    by name; nothing where the kernel refuses."""
    has = version()
    if not has:
        return ()
    writes = _WRITE | _CHANGE | (_REFER if has >= 2 else 0) | (_TRUNCATE if has >= 3 else 0)
    attributes = struct.pack("=Q", writes)
    if has >= 4:
        attributes += struct.pack("=Q", _TCP)
    if has >= 6:
        attributes += struct.pack("=Q", _ABSTRACT | _SIGNAL)
    libc = _libc()
    rules = libc.syscall(_CREATE, attributes, len(attributes), 0)
    if rules < 0:
        return ()
    try:
        for one in folders:
            _allow(rules, one, writes & ~_DEVICES)
        for one in files:
            _allow(rules, one, writes & (_WRITE | _TRUNCATE))
        if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.syscall(_RESTRICT, rules, 0):
            return ()
    finally:
        os.close(rules)
    return ("files", "tracing", *(("tcp",) if has >= 4 else ()), *(("signals",) if has >= 6 else ()))


def _allow(rules: int, path: str, access: int) -> None:
    """What cannot be opened is not allowed either, and that is no error: there may be no such device here."""
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        _libc().syscall(_ADD, rules, _BENEATH, struct.pack("=Qi", access, fd), 0)
    finally:
        os.close(fd)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
