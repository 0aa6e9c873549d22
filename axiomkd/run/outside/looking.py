"""The look from outside as a worker's job: one process judges, and forks the one that runs the user's code.

It knows what was settled, and no more of how than the command does.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Sequence
from multiprocessing import Pipe

from axiomkd.core.settings import Settings
from axiomkd.run import confinement, landlock
from axiomkd.run.outside import judging, serving
from axiomkd.run.outside.judging import Against, Remote, Silent
from axiomkd.run.worker import Outside, Ref, Room, Sampled, Send


def look(send: Send, room: Room, ref: Ref, settings: Settings, good: Sequence[str], sampled: Sampled | None) -> None:
    """Send what is seen from outside of an operator of which the readings `good` are said to hold."""
    confinement.untraceable()
    for alone in (True, False):
        how = serving.BARE if alone else serving.LOADED
        try:
            against = _asked(room, ref, settings, good, sampled if alone else None, alone=alone)
        except Silent as e:
            if alone and (e.unable or e.raised):
                continue  # what needs this package to be called at all is called beside it
            send(Outside(how="" if e.unable else how, against="" if e.unable else f"it fails there ({e})"))
            return
        told = Outside(how=how)
        if against is not None:
            told = Outside(how=how, against=against.told, P=against.P, w=against.w, T=against.T)
        send(told)
        return


def _asked(
    room: Room, ref: Ref, settings: Settings, good: Sequence[str], sampled: Sampled | None, *, alone: bool
) -> Against | None:
    """Raises Silent."""
    ours, theirs = Pipe()
    child = os.fork()
    if not child:
        ours.close()
        _serve(room, theirs, ref, settings, alone)
    theirs.close()
    os.set_blocking(ours.fileno(), False)
    try:
        remote = Remote(ours, settings.softener)
        against = None
        if alone:
            judging.tell_apart(remote, settings)
        if sampled is not None and remote.meta.plain:
            against = judging.compare(remote, sampled.size, sampled.values, settings.seed)
        return against or judging.judge(remote, good, settings)
    except OSError:
        raise Silent("its process ended") from None
    finally:
        ours.close()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _serve(room: Room, theirs, ref: Ref, settings: Settings, alone: bool) -> None:
    """The child: nothing of the judge's is left open, and it is in a domain of its own, out of which it can reach nobody."""
    try:
        kept = theirs.fileno()
        os.closerange(3, kept)
        os.closerange(kept + 1, kept + 4096)
        if confinement.LINUX:
            ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
        if room.confined:
            landlock.restrict([room.folder], confinement.DEVICES)
        serving.serve(theirs, ref.target, ref.name, settings.softener, alone=alone)
    finally:
        os._exit(0)
