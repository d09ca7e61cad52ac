"""Signals that end a process, during a run: what was computed is stored before the process ends.

Ctrl-C (SIGINT), the end of a job or of a container (SIGTERM) and of a terminal (SIGHUP) interrupt the engine as
KeyboardInterrupt, upon which it answers with what it has.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

#: Seconds in which a further signal repeats the same wish; the engine is putting its answer together.
GRACE = 5.0

#: Seconds until a signal that came amid an import, or was lost, is tried again.
RETRY = 0.05

#: Files whose functions lose what a signal raises in them, and are of no use afterwards: scipy fills its table of Sobol
#: numbers once, in compiled code that raises nothing.
_UNBROKEN = ("scipy/stats/_qmc.py", "scipy\\stats\\_qmc.py")

#: Signals by the handlers that are replaced: a caller's own handler, and a signal ignored as by nohup, stay.
_REPLACED = {"SIGINT": signal.default_int_handler, "SIGTERM": signal.SIG_DFL, "SIGHUP": signal.SIG_DFL}


class Terminated(KeyboardInterrupt):
    """A signal other than Ctrl-C that ends the process.

    Attributes:
        number: Of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class StopSignals:
    """The signals received during a run.

    Attributes:
        received: How many.
    """

    def __init__(self) -> None:
        self.received = 0
        self._is_holding = False
        self._held = 0
        self._last = -GRACE

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Interrupt the engine, unless the last signal did so a moment ago, or the answer is being stored.

        A module whose import is interrupted is of no use to what comes after; so the import is waited for.
        """
        if time.monotonic() - self._last < GRACE:  # asked first: an import may outlast it
            self.received += 1
            return
        if _must_end(frame):
            _send_later(number)
            return
        self.received += 1
        self._last = time.monotonic()
        if self._is_holding:
            self._held = number
        else:
            _interrupt(number)

    def repeat(self, error: KeyboardInterrupt) -> None:
        """Interrupt again, since the interruption was lost: in a destructor, or in code that raises nothing."""
        self._last = -GRACE
        _send_later(error.number if isinstance(error, Terminated) else signal.SIGINT)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold back signals; one that arrives meanwhile interrupts at the end."""
        self._is_holding = True
        try:
            yield
        finally:
            self._is_holding = False
        if self._held:
            _interrupt(self._held)


def _send_later(number: int) -> None:
    again = threading.Timer(RETRY, _send, [number])
    again.daemon = True
    again.start()


def _send(number: int) -> None:
    """Send a signal to the main thread, so that it wakes from a wait."""
    if sys.platform == "win32":
        signal.raise_signal(number)
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, number)


def _must_end(frame: FrameType | None) -> bool:
    """Whether the code of a frame must come to its end: an import, or a file of _UNBROKEN."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name == "<frozen importlib._bootstrap>" or name.endswith(_UNBROKEN):
            return True
        frame = frame.f_back
    return False


def _interrupt(number: int) -> None:
    raise KeyboardInterrupt if number == signal.SIGINT else Terminated(number)


@contextmanager
def stop_signals() -> Iterator[StopSignals]:
    """Handle the signals that end a process; only the main thread can, in others they keep their effect."""
    signals = StopSignals()
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        numbers = {
            number: own for name, own in _REPLACED.items() if (number := getattr(signal, name, None)) is not None
        }
        before = {number: own for number, own in numbers.items() if signal.getsignal(number) == own}
    hook = sys.unraisablehook

    def hear(lost: sys.UnraisableHookArgs) -> None:
        if isinstance(lost.exc_value, KeyboardInterrupt) and before:
            signals.repeat(lost.exc_value)
        else:
            hook(lost)

    try:
        sys.unraisablehook = hear
        for number in before:
            signal.signal(number, signals.handle)
        yield signals
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)
