"""Links to files of the repository that lie outside of this folder.

MyST offers such a file for download. Those whose text is a page of the site
lead there instead.
"""

from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.typing import ExtensionMetadata

__all__ = ['setup']

ROOT = Path(__file__).parents[2]
PAGES = {
    'CHANGELOG.md': 'changelog',
    'CONTRIBUTING.md': 'contributing',
    'README.md': 'index',
    'examples/mmpretrain/README.md': 'example_mmpretrain',
    'examples/own_data/README.md': 'example_own_data',
    'mmasgan/weights/ascyclegan_plus_small_gopro.md': 'model',
    'mmasgan/weights/ascyclegan_plus_unet_small_gopro.md': 'model_unet',
    'mmasgan/weights/motion_small_gopro.md': 'model_motion',
    'SECURITY.md': 'reporting',
}
"""Files by their path in the repository, and the pages that show them."""


class LinksToPages(SphinxTransform):
    """Turns links to the files in ``PAGES`` into links to pages."""

    # Before Sphinx collects downloads.
    default_priority = 5

    def apply(self, **kwargs: object) -> None:
        """Change the links of a page."""
        for kind in (addnodes.download_reference, addnodes.pending_xref):
            for node in list(self.document.findall(kind)):
                page = self._page(node)
                if page is not None:
                    self._lead_to(node, page)

    def _page(self, node: nodes.Element) -> str | None:
        if node.get('reftype') != 'myst' or not node.get('reftarget'):
            return None
        target = str(node['reftarget'])
        if node.get('refdomain') == 'doc':  # without its suffix
            target = f'/{target}.md'
        _, path = self.env.relfn2path(target, self.env.docname)
        try:
            name = Path(path).resolve().relative_to(ROOT)
        except ValueError:
            return None
        return PAGES.get(name.as_posix())

    def _lead_to(self, node: nodes.Element, page: str) -> None:
        link = addnodes.pending_xref(
            '',
            *node.children,
            refdomain='doc',
            reftype='myst',
            reftarget=page,
            reftargetid=None,
            refdoc=self.env.docname,
            refexplicit=node['refexplicit'],
        )
        node.replace_self(link)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the transform."""
    app.add_transform(LinksToPages)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
