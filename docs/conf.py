"""Build of the documentation: ``sphinx-build -W docs build/site``.

The pages of the model, the gallery, the command and the licences are written from the code first, into
``docs/generated``. Formulas become MathML and pictures SVG, so that the site needs no network.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

project = "sunfront"
project_copyright = "the sunfront authors. MIT license"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "tools.site.extension"]
html_theme = "furo"
html_title = "sunfront"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
exclude_patterns = ["README.md"]

myst_enable_extensions = ["attrs_inline", "colon_fence"]
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
napoleon_use_rtype = False  # a sentence after "Returns:" may hold a colon
