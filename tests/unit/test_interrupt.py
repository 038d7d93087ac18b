"""Ctrl-C that Python has lost is raised at the next look."""

import os
import signal

import pytest

from producer.terminal.interrupt import Interrupt


def test_an_interrupt_that_was_swallowed_is_raised_at_the_next_check():
    earlier = signal.getsignal(signal.SIGINT)
    with Interrupt() as interrupt:
        interrupt.check()
        with pytest.raises(KeyboardInterrupt):  # as a destructor swallows it
            os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            interrupt.check()
    assert signal.getsignal(signal.SIGINT) is earlier
