"""Formulas as drawings, by matplotlib, which the library needs anyway.

MathJax, Sphinx's default, comes from another server, and how browsers draw
MathML depends on the fonts of a machine. These look the same everywhere, in
the colour of the text, without script or network.
"""

from html import escape
from pathlib import Path

import matplotlib
from docutils import nodes
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.path import Path as Outline
from matplotlib.textpath import TextPath
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

__all__ = ['setup']

SIZE = 100  # units in an em
COMMANDS = {
    Outline.MOVETO: 'M',
    Outline.LINETO: 'L',
    Outline.CURVE3: 'Q',
    Outline.CURVE4: 'C',
    Outline.CLOSEPOLY: 'Z',
}
# What matplotlib calls otherwise.
ALIASES = {'\\lVert': '\\|', '\\rVert': '\\|', '\\tfrac': '\\frac'}

# Its list of fonts is read from a cache, which may tell of other machines.
for font in Path(matplotlib.get_data_path(), 'fonts', 'ttf').glob('*.ttf'):
    fontManager.addfont(font)


def drawing(formula: str) -> str:
    """Return a formula of LaTeX as an inline SVG that sits on the line.

    Raises:
        ValueError: If matplotlib does not know a command in it.
    """
    style = FontProperties(math_fontfamily='stix')
    text = ' '.join(formula.split())
    for ours, theirs in ALIASES.items():
        text = text.replace(ours, theirs)
    path = TextPath((0, 0), f'${text}$', size=SIZE, prop=style)
    box = path.get_extents()
    words = []
    for points, code in path.iter_segments(simplify=False):
        words.append(COMMANDS[code])
        if code != Outline.CLOSEPOLY:  # SVG counts downwards
            words += [f'{x:.0f} {-y:.0f}' for x, y in points.reshape(-1, 2)]
    left, top = box.x0 - 5, -box.y1 - 5
    width, height = box.width + 10, box.height + 10
    return (
        f'<svg class="math" role="img" aria-label="{escape(text)}" '
        f'viewBox="{left:.0f} {top:.0f} {width:.0f} {height:.0f}" '
        f'style="width: {width / SIZE:.2f}em; height: {height / SIZE:.2f}em; '
        f'vertical-align: {(box.y0 - 5) / SIZE:.2f}em">'
        f'<path fill="currentColor" d="{" ".join(words)}"/></svg>'
    )


def visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in a line."""
    translator.body.append(drawing(node.astext()))
    raise nodes.SkipNode


def visit_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula that stands alone."""
    translator.body.append(translator.starttag(node, 'div', CLASS='math'))
    formula = node.astext().replace(r'\frac', r'\dfrac')
    translator.body.append(drawing(formula))
    translator.body.append('</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the renderer under the name ``drawn``."""
    app.add_html_math_renderer(
        'drawn', (visit_inline, None), (visit_block, None)
    )
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
