"""The process that calls the user's function: points come over a pipe as numbers, values go back as numbers.

Everything here runs beside the user's code, and nothing here judges.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from axiomkd.operators.loading import load, parse
from axiomkd.run.outside import bare

BARE, LOADED = "without axiomkd", "beside axiomkd"
ASK = struct.Struct("=qqqq")  # points, K, C, whether each has a T
READY, VALUES, RAISED = b"r", b"v", b"e"
SIZES = 64  # of those that an operator names, the first
LONGEST = 500  # characters of what is told

Function = Callable[[np.ndarray, np.ndarray, np.ndarray | None], tuple[np.ndarray, float]]


def serve(pipe: Connection, target: str, name: str, softener: str, *, alone: bool) -> None:
    """Load the operator, say how it is to be called, and answer until nobody asks; `alone`: with nothing of this package there."""
    try:
        call, meta = _alone(target, name) if alone else _beside(target, name, softener)
        pipe.send_bytes(READY + json.dumps(meta).encode())
    except BaseException as e:  # the user's file may raise anything
        pipe.send_bytes(RAISED + _told(e))
        return
    while True:
        try:
            asked = pipe.recv_bytes()
        except EOFError:
            return
        pipe.send_bytes(_answer(call, asked))


def _answer(call: Function, asked: bytes) -> bytes:
    """The largest eps and the values (B, C) at the points asked for: P (B, K, C), w (B, K) and T (B,) one after the other."""
    B, K, C, warm = ASK.unpack_from(asked)
    numbers = np.frombuffer(asked, float, offset=ASK.size)
    P, w, T = numbers[: B * K * C].reshape(B, K, C), numbers[B * K * C : B * K * (C + 1)].reshape(B, K), numbers[-B:]
    try:
        out, coarsest = call(P, w, T if warm else None)
    except BaseException as e:
        return RAISED + _told(e)
    return VALUES + struct.pack("=d", coarsest) + np.ascontiguousarray(out, float).tobytes()


def _told(e: BaseException) -> bytes:
    try:
        text = str(e)[:LONGEST]
    except BaseException:  # its __str__ is the user's
        text = ""
    unable = isinstance(e, bare.Unable)
    return json.dumps({"unable": unable, "kind": type(e).__name__[:LONGEST], "text": text}).encode()


def _alone(target: str, name: str) -> tuple[Function, dict[str, Any]]:
    import jax

    jax.config.update("jax_enable_x64", True)
    read = parse(target)
    bare.forget()
    call, given = bare.found(read.kind, read.where, read.name, name)
    return call.many, {
        "temperature": call.way.temperature,
        "domain": str(given.get("domain", "closed")),
        "K": _sizes(given.get("K")),
        "C": _sizes(given.get("C")),
        "weights": True,
        "plain": True,
    }


def _beside(target: str, name: str, softener: str) -> tuple[Function, dict[str, Any]]:
    from axiomkd.core.operator import EACH, ONE
    from axiomkd.core.softener import softener as of_name
    from axiomkd.operators.evaluate import Evaluator
    from axiomkd.tracing.numerics import prepare

    if (read := parse(target)).kind == "file" and not os.path.isfile(read.where):
        raise bare.Unable("its file is not where the check says: it was loaded in another working folder")
    prepare("cpu")
    operator = next(one for one in load(target) if one.name == name)
    evaluator = Evaluator(operator, of_name(softener))
    operator = evaluator.operator

    def call(P: np.ndarray, w: np.ndarray, T: np.ndarray | None) -> tuple[np.ndarray, float]:
        now: Any = (np.ones(len(P)) if T is None else T) if operator.takes_temperature else None
        return evaluator.batch(P, w, now), max(evaluator.rounding.eps, 2.0**-52)

    return call, {
        "temperature": (EACH if operator.each_temperature else ONE) if operator.takes_temperature else "",
        "domain": operator.domain,
        "K": _sizes(operator.K),
        "C": _sizes(operator.C),
        "weights": operator.has_weights,
        "plain": not operator.call.given and not operator.assumed,
    }


def _sizes(given: Any) -> list[int] | None:
    if given is None:
        return None
    return (
        [int(given)]
        if not hasattr(given, "__iter__")
        else [int(one) for one, _ in zip(given, range(SIZES), strict=False)]
    )
