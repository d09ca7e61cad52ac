"""Put an HTML page together: template, style, scripts and data in one file that loads nothing."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from sunfront.arrays import Array

_IMPORT = re.compile(r'^import \{(.*?)\} from "\./(\w+)\.js";', re.MULTILINE)
#: What a drawing in a page needs not: who wrote it, and space at the ends of its lines.
_SPARE_SVG = re.compile(r"<metadata>.*?</metadata>\s*|^[ \t]+|[ \t]+$", re.MULTILINE | re.DOTALL)
#: Comments on lines of their own, and indentation; no text in the scripts goes over the end of a line.
_SPARE = re.compile(r"^\s*(?://.*|/\*\*[\s\S]*?\*/)?$\n|^[ \t]+", re.MULTILINE)
_EXPORT = re.compile(r"^export (?:const|function) (\w+)", re.MULTILINE)


def render_page(name: str, data: Mapping[str, Any], program: str = "", **context: Any) -> str:
    """Render ``web/<name>.html`` with the script ``web/<name>.js`` and the data that the script reads.

    ``program`` is JavaScript that the script calls, written by sunfront. Values of ``context`` are escaped. Only the
    style, the scripts and the JSON of this package go in as they are.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FunctionLoader(web_file),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(f"{name}.html").render(
        style=Markup(web_file("style.css")),
        script=Markup(_SPARE.sub("", program + bundle_scripts(name))),
        data=Markup(embed_json(data)),
        **context,
    )


def web_file(name: str) -> str:
    """Read a file of ``web/``."""
    return files("sunfront.report").joinpath("web", name).read_text("utf-8")


def bundle_scripts(entry: str) -> str:
    """Join a script module and the modules that it imports into one script.

    A page opened from disk cannot import files. Each module becomes a function that is called once; later modules take
    its exports from the object that it returns.
    """
    return "\n".join(["const modules = {};", *(_wrap_module(name) for name in script_modules(entry))])


def script_modules(entry: str) -> list[str]:
    """Names of a script module and of all modules that it imports, each after those that it imports itself."""
    found: dict[str, None] = {}

    def visit(name: str) -> None:
        for match in _IMPORT.finditer(web_file(f"{name}.js")):
            if match[2] not in found:
                visit(match[2])
        found[name] = None

    visit(entry)
    return list(found)


def _wrap_module(name: str) -> str:
    module = web_file(f"{name}.js")
    exports = ", ".join(_EXPORT.findall(module))
    body = _IMPORT.sub(_import_as_assignment, re.sub(r"^export ", "", module, flags=re.MULTILINE))
    return f"modules.{name} = (() => {{\n{body}return {{ {exports} }};\n}})();"


def _import_as_assignment(match: re.Match[str]) -> str:
    return f"const {{{match[1].replace(' as ', ': ')}}} = modules.{match[2]};"


def pack_floats(values: Array) -> str:
    """Encode numbers as base64 of little-endian 32-bit floats: seven digits in a third of the length of text."""
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode("ascii")


def embed_json(data: Mapping[str, Any]) -> str:
    """Write JSON for a script element. No text in the data can close the element."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def embed_image(path: Path) -> str:
    """Encode an SVG or PNG file as a data URL; empty if there is no such file."""
    if not path.is_file():
        return ""
    kind = {".svg": "svg+xml", ".png": "png"}[path.suffix]
    return f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def inline_svg(path: Path) -> str:
    """Return the drawing of an SVG file as an element of a page, which is a quarter shorter than a data URL."""
    text = path.read_text("utf-8")
    return _SPARE_SVG.sub("", text[text.index("<svg") :])
