"""The ``sunfront`` command."""

from __future__ import annotations

import os
import sys
import warnings
from typing import TextIO

# Importing a module adds its commands; --help lists them in this order.
# isort: off
from sunfront.cli import studies, runs, cash_flow, calculator, analysis, sensitivity, proofs, alternatives  # noqa: F401
from sunfront.cli import library, config  # noqa: F401

# isort: on
from sunfront.cli.common import app, failure
from sunfront.errors import SunfrontError, SunfrontWarning

__all__ = ["app", "main"]


def main() -> None:
    """Run the command. An error prints one message and sets the exit code."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started the command, as with >&-
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a character that the terminal's encoding lacks must not end the command
            stream.reconfigure(errors="backslashreplace")
    show = warnings.showwarning
    warnings.showwarning = _show_warning
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # the reader of the output has exited, as `head` does
        _discard_output()
        sys.exit(0)
    except (SunfrontError, OSError, MemoryError) as error:
        message, code = failure(error)
        print(f"sunfront: {message}", file=sys.stderr)
        if isinstance(error, OSError):
            _discard_output()
        sys.exit(code)
    except (KeyboardInterrupt, RuntimeError) as error:
        # Python 3.11 turns an interruption of the definition of a class, amid an import, into a RuntimeError.
        if not isinstance(error, KeyboardInterrupt) and not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        print("sunfront: interrupted", file=sys.stderr)
        sys.exit(130)
    finally:
        warnings.showwarning = show


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning about a run as one line, any other as Python does."""
    is_own = issubclass(category, SunfrontWarning)
    text = f"sunfront: {message}\n" if is_own else warnings.formatwarning(message, category, filename, lineno, line)
    print(text, end="", file=file or sys.stderr)


def _discard_output() -> None:
    """Let what is still to be written to standard output vanish, so that Python does not fail on it at exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return
