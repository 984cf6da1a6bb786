"""Sphinx settings of the documentation site; docs/build.py prepares the pages and runs it."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

project = "ntm_widgets"
author = "The ntm_widgets developers"
release = re.search(r'__version__ = "(.+)"', (ROOT / "ntm_widgets" / "__init__.py").read_text(encoding="utf-8"))[1]

extensions = ["myst_nb"]
source_suffix = {".ipynb": "myst-nb", ".md": "myst-nb"}
nb_execution_mode = "off"  # the notebooks carry their outputs
nb_render_markdown_format = "gfm"
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]  # an API entry is a third-level heading wherever it stands

html_theme = "pydata_sphinx_theme"
html_title = "ntm_widgets"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "header_links_before_dropdown": 8,
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}
project_copyright = "2026 onwards, The ntm_widgets developers"
