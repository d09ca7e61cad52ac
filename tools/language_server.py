"""Ask the YAML language server, which editors run, about a study: what it completes, explains and marks.

``python tools/language_server.py STUDY...`` installs it with npm and prints what it marks in these files.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, Self

PACKAGE, VERSION = "yaml-language-server", "1.25.0"

#: Seconds after which a server is ended, so that nobody waits for an answer that never comes.
LIMIT = 180


def install(folder: Path) -> Path:
    """Install the language server with npm into a folder, and return its script."""
    options = ["--no-audit", "--no-fund", "--loglevel=error", f"--prefix={folder}"]
    subprocess.run(["npm", "install", *options, f"{PACKAGE}@{VERSION}"], check=True, cwd=folder, timeout=300)
    return folder / "node_modules" / PACKAGE / "bin" / PACKAGE


class LanguageServer:
    """A running language server; a context manager.

    Args:
        script: The script that ``install`` returns.
    """

    def __init__(self, script: Path) -> None:
        self._process = subprocess.Popen(
            ["node", str(script), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._number = 0
        self._watch = threading.Timer(LIMIT, self._process.kill)

    def __enter__(self) -> Self:
        self._watch.start()
        abilities = {"completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}}}
        capabilities = {"textDocument": {**abilities, "hover": {}, "publishDiagnostics": {}}}
        self._request("initialize", {"processId": None, "rootUri": None, "capabilities": capabilities})
        self._send({"method": "initialized", "params": {}})
        # The store of schemas is on the network, and not needed.
        yaml = {"validate": True, "completion": True, "hover": True, "schemaStore": {"enable": False}}
        self._send({"method": "workspace/didChangeConfiguration", "params": {"settings": {"yaml": yaml}}})
        return self

    def __exit__(self, *error: object) -> None:
        self._watch.cancel()
        self._process.kill()
        self._process.communicate()

    def mark(self, text: str, folder: Path) -> list[str]:
        """Return what is marked in a file of a folder that has this text, each with its line: ``"3: ..."``."""
        document = self._open(text, folder)
        while True:
            message = self._receive()
            parameters = message.get("params", {})
            if message.get("method") == "textDocument/publishDiagnostics" and parameters["uri"] == document["uri"]:
                found = parameters["diagnostics"]
                return [f"{item['range']['start']['line'] + 1}: {item['message']}" for item in found]

    def complete(self, text: str, folder: Path) -> dict[str, Any]:
        """Return what may stand at the mark ``|`` in a text of a file: items of the protocol, by label."""
        answer = self._ask("textDocument/completion", text, folder) or {"items": []}
        return {item["label"]: item for item in answer["items"]}

    def explain(self, text: str, folder: Path) -> str:
        """Return what is shown for the word at the mark ``|`` in a text of a file."""
        answer = self._ask("textDocument/hover", text, folder)
        return str(answer["contents"]["value"]) if answer else ""

    def _ask(self, method: str, text: str, folder: Path) -> Any:
        before, mark, after = text.partition("|")
        assert mark, "the text has no mark |"
        position = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        return self._request(method, {"textDocument": self._open(before + after, folder), "position": position})

    def _open(self, text: str, folder: Path) -> dict[str, str]:
        """Tell the server that a new file of a folder has this text; nothing is written."""
        self._number += 1
        document = {"uri": (folder / f"open_{self._number}.yaml").absolute().as_uri()}
        opened = {**document, "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": opened}})
        return document

    def _request(self, method: str, params: Any) -> Any:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == self._number and "method" not in message:
                return message.get("result")

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> Any:
        """Read the next message; answer the server's own requests with nothing."""
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            raise RuntimeError("the language server has ended")
        message = json.loads(self._process.stdout.read(length))
        if "id" in message and "method" in message:
            self._send({"id": message["id"], "result": None})
        return message


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, LanguageServer(install(Path(folder))) as server:
        for path in map(Path, sys.argv[1:]):
            for line in server.mark(path.read_text("utf-8"), path.parent):
                print(f"{path}:{line}")


if __name__ == "__main__":
    main()
