"""Where the tests run JavaScript: in node, and in a page of Chromium."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

CHROMIUM_ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

#: Takes the text of a script that defines ``main``, from bytes to bytes, and the bytes; returns what ``main`` does.
Host = Callable[[str, bytes], bytes]

_IN_NODE = """
const files = require("node:fs");
files.writeFileSync(process.argv[3], main(Uint8Array.from(files.readFileSync(process.argv[2]))));
"""
#: Texts of bytes, as a page and its driver exchange them.
_IN_PAGE = """
window.answer = (text) => {
  const bytes = main(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
  let found = "";
  for (let i = 0; i < bytes.length; i += 8192) found += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(found);
};
"""


def find_chromium() -> str:
    """The file of Chromium: ``CHROMIUM``, or what is on the path."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert found, "no Chromium; install it (Debian: apt-get install chromium) or set CHROMIUM to its file"
    return found


def node(folder: Path) -> Host:
    """Run scripts in node, by files in a folder."""

    def run(script: str, given: bytes) -> bytes:
        found = shutil.which("node")
        assert found, "no node; install it (Debian: apt-get install nodejs)"
        (folder / "script.js").write_text("'use strict';\n" + script + _IN_NODE, "utf-8")
        (folder / "in").write_bytes(given)
        subprocess.run([found, folder / "script.js", folder / "in", folder / "out"], check=True, timeout=600)
        return (folder / "out").read_bytes()

    return run


def chromium() -> Host:
    """Run scripts in an empty page of Chromium."""
    from playwright.sync_api import sync_playwright

    def run(script: str, given: bytes) -> bytes:
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS)
            page = browser.new_page()
            page.set_default_timeout(120_000)
            page.add_script_tag(content="'use strict';\n" + script + _IN_PAGE)
            found = page.evaluate("text => answer(text)", base64.b64encode(given).decode())
            browser.close()
        return base64.b64decode(found)

    return run
