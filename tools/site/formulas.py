"""Formulas as MathML, which browsers draw themselves."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml


def add_to(app: Any) -> None:
    """Make it the way in which the pages show formulas."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.config.html_math_renderer = "mathml"


def _inline(writer: Any, node: Any) -> None:
    writer.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def _block(writer: Any, node: Any) -> None:
    formula = tex2mathml(node.astext()).replace("<math ", '<math displaystyle="true" ', 1)
    writer.body.append(f'<div class="formula">{formula}</div>')
    raise nodes.SkipNode
