"""How a page is put together: its files, its scripts as one, its numbers and JSON."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from sunfront.arrays import Array

if TYPE_CHECKING:
    from jinja2 import Environment


def packed(values: Array) -> str:
    """Numbers as base64 of little-endian 32-bit floats: seven digits, a third of their length as text."""

    return base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode("ascii")


def embedded(data: Mapping[str, Any]) -> str:
    """JSON that no text inside it can end before its time: it is put into a script element."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def environment() -> Environment:
    """jinja's, for the templates beside this file; what is put in is escaped."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    return Environment(
        loader=FunctionLoader(text), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def script(names: tuple[str, ...]) -> str:
    """The modules as one script: a page opened from a disk may not import files.

    Each becomes a function called at once, whose exports the later ones take in place of their imports.
    """
    parts = ["const modules = {};"]
    for name in names:
        module = text(f"{name}.js")
        exported = re.findall(r"^export (?:const|function) (\w+)", module, re.MULTILINE)
        module = re.sub(r"^export ", "", module, flags=re.MULTILINE)
        module = re.sub(r'^import \{(.*?)\} from "\./(\w+)\.js";', _taken, module, flags=re.MULTILINE)
        parts.append(f"modules.{name} = (() => {{\n{module}return {{ {', '.join(exported)} }};\n}})();")
    return "\n".join(parts)


def _taken(found: re.Match[str]) -> str:
    return f"const {{{found[1].replace(' as ', ': ')}}} = modules.{found[2]};"


def text(name: str) -> str:
    """A file of the page's own, as it is."""
    return files("sunfront.report").joinpath("web", name).read_text("utf-8")
