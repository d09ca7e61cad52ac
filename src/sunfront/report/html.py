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

#: What a drawing in a page needs not: who wrote it, space at the ends of its lines, names of groups (which may be names
#: of the page), all fonts but the last, turns by nothing, and more than hundredths of a point.
_SPARE_SVG = re.compile(
    r"<metadata>.*?</metadata>\s*|^[ \t]+|[ \t]+$"
    r'|(?<=<g) id="[^"]*"|(?<=font-family: )[^;"]*, | transform="rotate\(-0 [^"]*"|(?<=\d\d\.\d\d)\d+',
    re.MULTILINE | re.DOTALL,
)
#: Comments on lines of their own, and indentation; no text in a program goes over the end of a line.
_SPARE = re.compile(r"^\s*(?://.*|/\*\*[\s\S]*?\*/)?$\n|^[ \t]+", re.MULTILINE)


def render_page(name: str, data: Mapping[str, Any], program: str = "", **context: Any) -> str:
    """Render ``web/<name>.html`` with the script ``web/built/<name>.js`` and the data that the script reads.

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
        style=lambda name: Markup(web_file(f"{name}.css")),
        script=Markup(_SPARE.sub("", program) + web_file(f"{name}.js")),
        data=Markup(embed_json(data)),
        **context,
    )


def web_file(name: str) -> str:
    """Read a template of ``web/``, or a script or style that was built from its sources there."""
    folder = () if name.endswith(".html") else ("built",)
    return files("sunfront.report").joinpath("web", *folder, name).read_text("utf-8")


def pack_floats(values: Array) -> str:
    """Encode numbers as base64 of little-endian 32-bit floats: seven digits in a third of the length of text."""
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode("ascii")


def pack_column(values: Array) -> str:
    """Encode a number for each design as `pack_floats` does; only one if all are the same."""
    floats = np.ascontiguousarray(values, dtype="<f4")
    return pack_floats(floats[:1] if len(floats) and not (floats.view("<u4") - floats.view("<u4")[0]).any() else floats)


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
