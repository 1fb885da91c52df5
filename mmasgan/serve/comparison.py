"""Before and after of a photograph, as HTML with keyboard support."""

from html import escape
from pathlib import Path
from urllib.parse import quote

from ..utils.console import shown_size
from .page_results import Result

__all__ = ['CSS', 'JS', 'comparison']

CSS = """
figure { width: fit-content; min-width: min(100%, 320px); max-width: 100%; }
.stack { position: relative; width: fit-content; max-width: 100%; }
.frame { overflow: auto; max-height: 80vh; }
.frame img { display: block; max-width: 100%; max-height: 80vh; margin: 0; }
.frame.full .stack { max-width: none; }
.frame.full img { max-width: none; max-height: none; }
.frame img.after {
  position: absolute; inset: 0; width: 100%; height: 100%;
  clip-path: inset(0 0 0 var(--cut));
}
.line {
  position: absolute; top: 0; bottom: 0; left: var(--cut); width: 2px;
  background: white; box-shadow: 0 0 3px black; pointer-events: none;
}
input[type=range] { width: 100%; height: 44px; margin: 0; cursor: ew-resize; }
.tools {
  display: flex; flex-wrap: wrap; gap: 8px 24px; align-items: center;
  min-height: 44px; color: var(--body-text-color);
}
.tools a { color: var(--body-text-color); text-decoration: underline; }
"""
"""Style sheet."""

JS = """
const set = event => {
  const part = event.target, figure = part.closest('figure');
  if (!figure) return;
  if (part.type === 'range')
    figure.style.setProperty('--cut', part.value + '%');
  if (part.type === 'checkbox')
    figure.querySelector('.frame').classList.toggle('full', part.checked);
};
element.addEventListener('input', set);
element.addEventListener('pointermove', event => {
  const stack = event.target.closest('.stack');
  if (!stack || event.pointerType !== 'mouse' || !event.buttons) return;
  event.preventDefault();
  const box = stack.getBoundingClientRect();
  const cut = 100 * (event.clientX - box.left) / box.width;
  const range = stack.closest('figure').querySelector('[type=range]');
  range.value = cut;
  set({target: range});
});
"""
"""Script that moves the line, and switches to 100 %."""


def comparison(result: Result) -> str:
    """Return the two images, the slider and a link to the file."""
    name = escape(result.name)
    size = shown_size(Path(result.file).stat().st_size)
    kind = Path(result.name).suffix[1:].upper()
    return f"""
<figure style="--cut: 50%; margin: 0">
<div class="frame" tabindex="0" role="group" aria-label="Before and after">
<div class="stack">
<img class="before" src="{_address(result.before)}" draggable="false"
  alt="{name}, before">
<img class="after" src="{_address(result.after)}" draggable="false"
  alt="{name}, deblurred">
<div class="line"></div>
</div></div>
<input type="range" min="0" max="100" value="50"
  aria-label="Line between before, on the left, and after, on the right">
<div class="tools">
<span>Before | after</span>
<label><input type="checkbox"> at 100 %</label>
<a href="{_address(result.file)}" download="{name}">Download {name}
({kind}, {size})</a>
</div>
</figure>
"""


def _address(path: str) -> str:
    # Relative to the page, so that it works at any path of a proxy.
    return escape(f'gradio_api/file={quote(path)}')
