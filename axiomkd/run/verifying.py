"""A result held against `verify` before anybody is told of it: in a process of its own, which has not made it, confined as all are.

It knows no mathematics: what stands and what does not is `verify`'s to say.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from axiomkd.core.events import Finished
from axiomkd.core.package import VERSION
from axiomkd.core.report import Report
from axiomkd.core.settings import Settings
from axiomkd.run import session, tampering, worker
from axiomkd.run.aftermath import End, Heard, finished
from axiomkd.run.isolate import Worker, forged
from axiomkd.run.worker import Fell, Ref, Refused, Room, Send, Verified

LIMIT = 600.0  # seconds an operator, where no timeout is given: as `axiomkd verify` has
APART = "What its check said counts for nothing: it changes what checks it, or this is a defect of axiomkd, to be reported with it"


def verified(done: Finished, ref: Ref, settings: Settings, stop: threading.Event | None = None) -> Finished:
    """The event with what its verdicts still rest on, or with an error in their place where `verify` does not accept one. What is
    an error already settles nothing, and stays as it is."""
    if done.result.status == "error" or (stop is not None and stop.is_set()):
        return done
    seen = _seen(done, settings, stop)
    if seen is None:
        return done
    if not seen.against:
        return done.model_copy(update={"result": done.result.model_copy(update={"verified": seen.layers})})
    wrong = finished(ref, settings, Heard(), _end(seen, ref), None, done.result.seconds)
    told = {key: getattr(done.result, key) for key in ("output", "confined", "outside", "hashes")}
    return wrong.model_copy(update={"result": wrong.result.model_copy(update=told)})


def _end(seen: Verified, ref: Ref) -> End:
    """Where the code is this package's own, or `verify` itself fell, nobody else can be at fault."""
    if seen.ours or ref.target.startswith("zoo:"):
        return End(
            f"axiomkd {VERSION} itself failed here (not verified: {seen.against}). This is a defect of axiomkd: please report it, "
            "with the operator",
            defect=True,
        )
    return End(f"was not verified: {seen.against}. {APART}")


def _seen(done: Finished, settings: Settings, stop: threading.Event | None) -> Verified | None:
    """What `verify` finds; None where it was stopped. That it came to no end is against a result, too."""
    limit = settings.timeout or LIMIT
    result = done.result.model_copy(update={"pictures": None})
    text = session.report_of([done.model_copy(update={"result": result})], settings).model_dump_json(by_alias=True)
    with Worker(verify_operator, text, settings, limit=limit) as process:
        for message in process.messages(limit, stop):
            match message:
                case Verified(against="") if list(message.layers) != [one.id for one in result.readings]:
                    return Verified(against=forged("lines of `verify` that are not due"))
                case Verified():
                    return message
                case Refused() | Fell():
                    return Verified(against=message.message, ours=isinstance(message, Fell) and message.ours)
        return None if process.stopped else Verified(against=f"verifying it {process.ending(limit)}")


def verify_operator(room: Room, text: str, settings: Settings) -> None:
    """The job of the process: hold the one result of a report against the operator, loaded anew, and send what is found."""
    worker._work(room, lambda send, _before: _verify(send, text, settings))


def _verify(send: Send, text: str, settings: Settings) -> None:
    from axiomkd.verify import report as verify
    from axiomkd.verify import requirements
    from axiomkd.verify.line import Failed

    worker._prepare(settings.device)
    tampering.code.cache_clear()  # which was asked for before `verify` was there
    before = tampering.Before()
    before.take()
    requirements.take(settings.profiles)
    report = Report.model_validate_json(text)
    one = report.operators[0]
    sys.argv = [one.file]
    layers: dict[str, list[str]] = {}
    try:
        # The user has named the file: it may lie anywhere.
        for line in verify.operator(report, one, trusted=Path(Path.cwd().anchor)):
            layers[line.reading] = list(line.layers)
    except Failed as e:
        send(Verified(layers=layers, against=str(e)))
        return
    replaced = before.replaced()
    send(Verified(layers=layers, against=f"it replaces {', '.join(replaced[:3])}" if replaced else ""))
