"""Check the links of a built site: ``python docs/check_links.py SITE``.

Every link, anchor, picture, script and style within the site must be there.
Links to other sites are not followed, but no page may need one to be shown.
"""

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ['problems']

# What a browser fetches by itself, and the attribute that says from where.
FETCHED = {
    'audio': 'src',
    'iframe': 'src',
    'img': 'src',
    'link': 'href',
    'script': 'src',
    'source': 'src',
    'video': 'src',
}


class Page(HTMLParser):
    """The anchors of a page and what it refers to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors = {''}
        self.links: list[tuple[str, bool]] = []
        self.feed(path.read_text(encoding='utf-8'))

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        """Note an element."""
        found = dict(attrs)
        self.anchors |= {found.get('id'), found.get('name')} - {None}
        link = found.get(FETCHED.get(tag, 'href'))
        if link:
            self.links.append((link, tag in FETCHED))


def problems(site: Path) -> Iterator[str]:
    """Say of each link that leads nowhere on which page it is."""
    pages = {path: Page(path) for path in sorted(site.rglob('*.html'))}
    for path, page in pages.items():
        for link, is_fetched in dict.fromkeys(page.links):
            fault = _fault(link, is_fetched, path, pages)
            if fault is not None:
                yield f"{path.relative_to(site)}: '{link}' {fault}"


def _fault(
    link: str, is_fetched: bool, path: Path, pages: dict[Path, Page]
) -> str | None:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        is_elsewhere = is_fetched and parts.scheme != 'data'
        return 'is fetched from elsewhere' if is_elsewhere else None
    target = path
    if parts.path:
        target = (path.parent / unquote(parts.path)).resolve()
    if not target.is_file():
        return 'does not exist'
    if (
        target in pages
        and unquote(parts.fragment) not in pages[target].anchors
    ):
        return 'has no such anchor'
    return None


def main() -> None:
    """Print the problems of a site, and exit with 1 if there are any."""
    site = Path(sys.argv[1]).resolve()
    found = list(problems(site))
    if not (site / 'index.html').is_file():
        found.append(f"'{site}' has no index.html: build the site first")
    if found:
        sys.exit('\n'.join(found))


if __name__ == '__main__':
    main()
