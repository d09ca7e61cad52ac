"""The ``sunfront`` command."""

from __future__ import annotations

import sys

# Importing a module adds its commands; --help lists them in this order.
# isort: off
from sunfront.cli import studies, runs, analysis, sensitivity, proofs, library  # noqa: F401

# isort: on
from sunfront.cli.common import app
from sunfront.errors import SunfrontError

__all__ = ["app", "main"]


def main() -> None:
    """Run the command. An error prints one message and sets the exit code."""
    try:
        app()
    except SunfrontError as error:
        print(f"sunfront: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("sunfront: interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # the reader of the output has exited, as `head` does
        sys.stderr.close()
        sys.exit(0)
