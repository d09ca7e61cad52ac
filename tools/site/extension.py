"""What the build of the documentation adds to Sphinx: pages written from the code, MathML, checked links."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from tools import licences, model_page, notebook
from tools.site import calculators, command, formulas, gallery, links


def setup(app: Any) -> dict[str, bool]:
    """Add it to the build."""
    logging.getLogger("pint").setLevel(logging.ERROR)  # it warns of each unit that sunfront redefines
    app.connect("builder-inited", _write_pages)
    app.connect("build-finished", calculators.write)
    app.connect("build-finished", links.check)
    formulas.add_to(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _write_pages(app: Any) -> None:
    """Write what is not in ``docs``; what has not changed keeps its date, and is not read again."""
    docs = Path(app.srcdir)
    folder = docs / "generated"
    texts = {f"model/{name}": text for name, text in model_page.pages().items()} | {
        "gallery.md": gallery.page(),
        "command.md": command.page(),
        "licences.md": licences.page(),
        "tutorial.ipynb": notebook.notebook((docs / "tutorial.md").read_text("utf-8")),
    }
    for name, text in texts.items():
        path = folder / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    written = {folder / name for name in texts} | set(gallery.draw(folder / "gallery"))
    for path in folder.rglob("*.*"):
        if path not in written:
            path.unlink()
