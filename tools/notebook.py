"""Write the tutorial as a notebook: ``python tools/notebook.py docs/tutorial.md tutorial.ipynb``.

Its cells are the blocks of the page; a test runs both.
"""

from __future__ import annotations

import doctest
import json
import re
import sys
from pathlib import Path
from typing import Any


def notebook(page: str) -> str:
    """Return a page with doctest blocks as a notebook (nbformat 4.5): text and code, without output."""
    cells: list[dict[str, Any]] = []
    for i, part in enumerate(re.split(r"^```python\n(.*?)^```\n", page, flags=re.DOTALL | re.MULTILINE)):
        for source in code(part) if i % 2 else [part.strip()]:
            cells.append(_cell("code" if i % 2 else "markdown", source, f"cell-{len(cells)}"))
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


def code(block: str) -> list[str]:
    """Return what a doctest block runs, without prompts and output; a cell ends where something is shown."""
    cells = [""]
    for example in doctest.DocTestParser().get_examples(block):
        cells[-1] += re.sub(r" *# doctest: .*", "", example.source)
        if example.want:
            cells.append("")
    return [cell.strip() for cell in cells if cell]


def _cell(kind: str, source: str, name: str) -> dict[str, Any]:
    more: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "id": name, "metadata": {}, "source": source.splitlines(keepends=True), **more}


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(notebook(Path(sys.argv[1]).read_text("utf-8")), "utf-8")
