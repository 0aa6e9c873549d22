"""What comes over a pipe from a process that runs the user's code: whole messages, or word that it is none."""

import os
import struct
import time

import pytest

from axiomkd.core import incoming
from axiomkd.core.incoming import Incoming, Nonsense, framed


@pytest.fixture
def pipe():
    reads, writes = os.pipe()
    os.set_blocking(reads, False)
    yield Incoming(reads), writes
    for one in (reads, writes):
        os.close(one)


def test_messages_come_as_they_were_sent(pipe):
    read, writes = pipe
    assert read.read() == []
    os.write(writes, framed(b"one") + framed(b"") + framed(b"three")[:6])
    assert read.read() == [b"one", b""]
    os.write(writes, framed(b"three")[6:])
    assert read.read() == [b"three"]


def test_a_long_header_of_multiprocessing_is_read_too(pipe):
    read, writes = pipe
    os.write(writes, struct.pack("!iQ", -1, 3) + b"abc")
    assert read.read() == [b"abc"]


@pytest.mark.parametrize(
    "header", [struct.pack("!i", -5), struct.pack("!i", 10**9), struct.pack("!iQ", -1, 200 * 10**9)]
)
def test_a_size_that_no_message_has_is_nonsense(pipe, header):
    read, writes = pipe
    os.write(writes, header)
    with pytest.raises(Nonsense, match="a message of"):
        read.read()


@pytest.mark.parametrize("begun", [b"\0\0", b"\0\0\1\0abc"])
def test_half_a_message_is_not_waited_for(pipe, begun, monkeypatch):
    read, writes = pipe
    os.write(writes, begun)
    assert read.read() == []
    read.late()
    later = time.monotonic() + incoming.FINISHES + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    with pytest.raises(Nonsense, match="the beginning"):
        read.late()


def test_more_than_all_messages_may_be_is_nonsense(pipe, monkeypatch):
    monkeypatch.setattr(incoming, "WHOLE", 1000)
    read, writes = pipe
    os.write(writes, framed(b"x" * 2000))
    with pytest.raises(Nonsense, match="more than"):
        read.read()
