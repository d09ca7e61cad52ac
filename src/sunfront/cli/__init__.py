"""The command ``sunfront``."""

from __future__ import annotations

import sys

from sunfront.cli import analysis, library, proofs, runs, studies, watch  # noqa: F401  each adds its commands
from sunfront.cli.common import app
from sunfront.errors import SunfrontError

__all__ = ["app", "main"]


def main() -> None:
    """Entry point: errors become one message and an exit code."""
    try:
        app()
    except SunfrontError as error:
        print(f"sunfront: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("sunfront: interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output left, as `head` does
        sys.stderr.close()
        sys.exit(0)
