"""Check that every link and picture within the built pages leads somewhere, down to the anchor."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The anchors of a page and where it links to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element is called and what it refers to."""
        for key, value in attrs:
            if key == "id" and value:
                self.anchors.add(value)
            elif value and ((key == "href" and tag == "a") or (key == "src" and tag == "img")):
                self.links.add(value)


def check(app: Any, failure: Exception | None) -> None:
    """Warn of each link that leads nowhere; with ``-W`` the build fails."""
    from sphinx.util import logging

    if failure is None and app.builder.name == "html":
        for page, link in broken(Path(app.outdir)):
            logging.getLogger(__name__).warning("%s: the link %s leads nowhere", page, link)


def broken(folder: Path) -> list[tuple[str, str]]:
    """Return the page and the target of each link that leads nowhere. Links to other sites are not looked at."""
    pages = {path.resolve(): Page(path.read_text("utf-8")) for path in sorted(folder.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            anchor = unquote(parts.fragment)
            if not target.is_file() or (anchor and target in pages and anchor not in pages[target].anchors):
                found.append((str(path.relative_to(folder.resolve())), link))
    return found
