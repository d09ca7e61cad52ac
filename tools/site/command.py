"""The page of the command, from its own help."""

from __future__ import annotations

import typer
from typer.cli import get_docs_for_click
from typer.main import get_command

from sunfront.cli import app


def page() -> str:
    """Return the page as Markdown."""
    command = get_command(app)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command), name="sunfront")
    return text.replace("# `sunfront`", "# The command", 1)
