import os
import re
import shutil
import threading
import time
import zipfile
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import httpx
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from proxied import NGINX, behind_nginx
from served import served
from test_stopping import slow_server

from mmasgan.apis.inference.steps import report
from mmasgan.cli import main
from mmasgan.semantic.overlay import overlay
from mmasgan.serve.comparison import comparison
from mmasgan.serve.limits import Limits
from mmasgan.serve.listeners import Listeners
from mmasgan.serve.page import TITLES, _Page, build_page, title_of
from mmasgan.serve.page_results import remove
from mmasgan.serve.service import DeblurService
from mmasgan.utils.model_index import read_model_index

pytestmark = pytest.mark.app

CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')


def opened(content):
    return np.asarray(Image.open(BytesIO(content)))


@pytest.fixture
def page(backend, tmp_path):
    service = DeblurService({'a': lambda: backend}, Limits(files=3))
    return _Page(service, tmp_path, Listeners())


@pytest.fixture
def upload(tmp_path, photo):
    def make(name, content=None):
        path = tmp_path / 'uploaded' / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(photo() if content is None else content)
        return str(path)

    return make


def run(page, files, before=(), strength=1.0):
    return page.deblur(files, 'a', strength, list(before), gr.Progress())


def test_one_photograph(page, upload, backend, photo):
    results, status, downloads, shown, view, semantic = run(
        page, [upload('a.png')]
    )
    assert status == '1 deblurred.'
    assert view == comparison(results[0])
    (file,) = downloads.value
    expected = page.service.deblur(photo(), 'a.png').content
    assert Path(file['path']).read_bytes() == expected
    paths = (results[0].before, results[0].after)
    before, after = (np.asarray(Image.open(path)) for path in paths)
    np.testing.assert_array_equal(before, opened(photo()))
    np.testing.assert_array_equal(after, opened(expected))
    assert not shown.visible
    assert not semantic.visible
    assert [entry.name for entry in results] == ['a.png']


def test_a_batch_goes_on_past_what_is_no_photograph(page, upload):
    files = [upload('a.png'), upload('b.png', b'garbage'), upload('c.jpg')]
    results, status, downloads, shown, *_ = run(page, files)
    assert '2 deblurred.' in status
    assert "- 'b.png' is not an image" in status
    names = [Path(file['path']).name for file in downloads.value]
    assert names == ['deblurred.zip', 'a.png', 'c.jpg']
    with zipfile.ZipFile(downloads.value[0]['path']) as archive:
        for entry in results:
            content = Path(entry.file).read_bytes()
            assert archive.read(entry.name) == content
    assert shown.visible
    view, _ = page.show(1, results)
    assert view == comparison(results[1])


def test_the_map_is_shown(steered, halves, tmp_path, upload, photo):
    service = DeblurService({'a': lambda: steered}, prior=halves)
    page = _Page(service, tmp_path, Listeners())
    (entry,), status, *_, semantic = run(page, [upload('a.png')])
    assert semantic.visible
    served = service.deblur(photo(), 'a.png')
    expected = overlay(served.before, served.semantic, ('sky', 'water'))
    found = np.asarray(Image.open(entry.semantic))
    np.testing.assert_array_equal(found, expected)
    assert 'tells' not in status


def test_a_missing_source_of_maps_is_told(steered, tmp_path, upload):
    page = _Page(DeblurService({'a': lambda: steered}), tmp_path, Listeners())
    _, status, *_ = run(page, [upload('a.png')])
    assert 'no source of such maps' in status


def test_what_is_too_much_or_nothing_is_told(page, upload):
    for files, message in (
        (None, 'Add a photograph'),
        ([], 'Add a photograph'),
        ([upload('a.png')] * 4, '4 photographs are more than 3'),
        ([upload('b.png', b'x')], "'b.png' is not an image"),
    ):
        with pytest.raises(gr.Error, match=message):
            run(page, files)


def test_files_elsewhere_are_not_opened(page, tmp_path_factory, photo):
    elsewhere = tmp_path_factory.mktemp('elsewhere') / 'a.png'
    elsewhere.write_bytes(photo())
    link = page.folder / 'link.png'
    link.symlink_to(elsewhere)
    for path in (str(elsewhere), f'{page.folder}/../x.png', str(link)):
        with pytest.raises(gr.Error, match='only uploaded photographs'):
            run(page, [path])


def test_results_are_removed_when_new_ones_come(page, upload):
    first, *_ = run(page, [upload('a.png')])
    second, *_ = run(page, [upload('a.png')], before=first)
    assert not Path(first[0].file).parent.exists()
    assert Path(second[0].file).exists()
    remove(second)
    assert not list((page.folder / 'results').iterdir())
    with pytest.raises(gr.Error, match='deblur them again'):
        page.show(3, second)


def test_progress_is_told_within_a_photograph(tmp_path, upload):
    told, seen = [], threading.Event()

    def model(image, semantic=None):
        for share in (0.25, 0.5):
            report(share)
            seen.clear()
            assert seen.wait(30)
        return image

    def progress(share, text):
        told.append((share, text))
        seen.set()

    service = DeblurService({'a': lambda: model})
    page = _Page(service, tmp_path, Listeners())
    page.deblur([upload('a.png'), upload('b.png')], 'a', 1, [], progress)
    shares = [share for share, _ in told]
    assert {0.125, 0.25, 0.625, 0.75} <= set(shares)
    assert shares == sorted(shares)
    texts = dict(told)
    assert re.fullmatch(r"'b.png', 2 of 2, about \d+ s left", texts[0.75])


def test_a_batch_that_is_stopped_keeps_what_is_done(tmp_path, upload):
    running = threading.Event()

    def model(image, semantic=None):
        if len(list(page.folder.glob('results/*'))) == 1:
            running.set()
            while True:  # stopped where it reports
                report(0.5)
                time.sleep(0.01)
        return image

    listeners = Listeners()
    service = DeblurService({'a': lambda: model})
    page = _Page(service, tmp_path, listeners)
    visitor = SimpleNamespace(session_hash='s')
    files = [upload(name) for name in ('a.png', 'b.png', 'c.png')]

    def stop():
        assert running.wait(30)
        page.stop(visitor)

    with listeners.listen('s'):
        thread = threading.Thread(target=stop)
        thread.start()
        results, status, *_ = page.deblur(
            files, 'a', 1, [], gr.Progress(), visitor
        )
        thread.join()
        assert [entry.name for entry in results] == ['a.png']
        assert '- Stopped.' in status
        with pytest.raises(gr.Error, match='Stopped'):
            page.deblur(files, 'a', 1, [], gr.Progress(), visitor)
    assert service.in_progress == 0


def test_a_server_that_stops_is_told_once(page, upload):
    page.service.stop()
    with pytest.raises(gr.Error, match='has been stopped') as error:
        run(page, [upload('a.png'), upload('b.png')])
    assert error.value.message.count('has been stopped') == 1


def test_nothing_is_reported_to_anyone(page, tmp_path):
    blocks = build_page(page.service, tmp_path, Listeners())
    assert blocks.analytics_enabled is False
    assert blocks.enable_queue
    assert not blocks.api_open


def test_models_have_names_that_people_read():
    assert title_of('/models/my_own_one.pth') == 'my own one'
    index = read_model_index()
    published = {
        model.name
        for model in index.values()
        if model.weights and not model.name.startswith('motion')
    }
    assert set(TITLES) == published
    assert all(' ' in title_of(name) for name in published)


@pytest.fixture(scope='module')
def browser():
    if CHROMIUM is None:
        pytest.skip('needs Chromium')
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=['--no-sandbox']
        )
        yield browser
        browser.close()


@pytest.fixture(scope='module')
def site(weights, tmp_path_factory):
    """The page, behind nginx where there is one."""
    temporary = tmp_path_factory.mktemp('temporary')
    options = ['--weights', weights]
    if NGINX is None:
        with served(*options, folder=temporary) as address:
            yield f'{address}/'
        return
    options += ['--root-path', '/deblur', '--proxy', '127.0.0.1']
    with (
        served(*options, folder=temporary) as address,
        behind_nginx(address, tmp_path_factory.mktemp('nginx')) as outside,
    ):
        yield f'{outside}/'


class Tab:
    """The page in a browser, and what it asks for."""

    def __init__(self, browser, site, **options):
        self.page = browser.new_page(**options)
        self.page.set_default_timeout(90_000)  # on a busy machine
        self.asked, self.wrong = [], []
        self.page.on('request', lambda r: self.asked.append(r.url))
        self.page.on('pageerror', lambda error: self.wrong.append(str(error)))
        self.page.goto(site)

    def deblur(self, *paths):
        field = '#photographs input[type=file]'
        self.page.wait_for_selector(field, state='attached')
        self.page.set_input_files(field, [str(path) for path in paths])
        for path in paths:
            self.page.wait_for_selector(
                f'#photographs [aria-label="{path.name}"]'
            )
        self.page.click('#run')


def test_in_a_browser(browser, site, weights, photo, tmp_path):
    """Upload, deblur, look, download; the same as the command line."""
    files = [tmp_path / name for name in ('a.png', 'b.jpg', 'bad.png')]
    files[0].write_bytes(photo(height=200, width=300))
    files[1].write_bytes(photo('jpeg', height=90, width=80))
    files[2].write_bytes(b'garbage')
    command = ['deblur', '--weights', weights, '--device', 'cpu']
    command += [*files[:2], '-o', tmp_path / 'out']
    done = CliRunner().invoke(main, [str(word) for word in command])
    assert done.exit_code == 0, done.output

    tab = Tab(browser, site)
    tab.deblur(files[2])
    tab.page.wait_for_selector("text='bad.png' is not an image")
    tab.page.wait_for_selector('#run:enabled')
    assert tab.page.locator('#stop').is_hidden()
    tab.page.reload()
    tab.deblur(*files[:2])
    tab.page.wait_for_selector('#status >> text=2 deblurred')
    for link in (
        tab.page.locator('#results a[download="b.jpg"]'),
        tab.page.locator('#result a[download="a.png"]'),
    ):
        with tab.page.expect_download() as download:
            link.click()
        name = download.value.suggested_filename
        content = Path(download.value.path()).read_bytes()
        assert content == (tmp_path / 'out' / name).read_bytes()
    shown = tab.page.locator('#result img').first.evaluate(
        'image => [image.naturalWidth, image.naturalHeight]'
    )
    assert shown == [300, 200]
    own = (site.removesuffix('deblur/'), 'data:', 'blob:')
    assert [url for url in tab.asked if not url.startswith(own)] == []
    assert tab.wrong == []


@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('size', [(1280, 900), (390, 844)])
def test_everyone_can_use_it(browser, site, photo, tmp_path, scheme, size):
    """By keyboard, with a screen reader, on a phone; by axe."""
    from axe_playwright_python.sync_playwright import Axe

    path = tmp_path / 'a.png'
    path.write_bytes(photo(height=200, width=300))
    width, height = size
    tab = Tab(
        browser,
        site,
        color_scheme=scheme,
        viewport=dict(width=width, height=height),
    )
    tab.deblur(path)
    line = tab.page.locator('#result input[type=range]')
    line.wait_for()
    tab.page.wait_for_function(  # it scrolls into view
        "document.querySelector('#result [type=range]')"
        '.getBoundingClientRect().bottom < innerHeight'
    )
    wide = tab.page.evaluate('document.documentElement.scrollWidth')
    assert wide <= width
    line.focus()
    tab.page.keyboard.press('Home')
    cut = 'e => e.closest("figure").style.getPropertyValue("--cut")'
    assert line.evaluate(cut) == '0%'
    text = tab.page.inner_html('body')
    for word in ('common.', 'Weights'):
        assert word not in text
    for word in ('semantic', 'gopro'):
        assert word not in tab.page.inner_text('body')
    assert tab.page.locator('#run').is_enabled()
    folder = os.environ.get('MMASGAN_SCREENSHOTS')
    if folder:
        name = f'serve-{width}-{scheme}.png'
        tab.page.screenshot(path=Path(folder) / name, full_page=True)
    found = Axe().run(tab.page).response['violations']
    serious = [
        (rule['id'], node['html'][:200])
        for rule in found
        for node in rule['nodes']
        if rule['impact'] in ('serious', 'critical')
        # Gradio's own: a button in a button, in its field for files.
        and not (
            rule['id'] == 'nested-interactive'
            and 'aria-label="Add photographs"' in node['html']
        )
    ]
    assert serious == []
    tab.page.close()


def test_one_can_see_how_far_it_is_and_stop(browser, photo, tmp_path):
    path = tmp_path / 'a.png'
    path.write_bytes(photo())
    with slow_server(200, 1) as (_, address):
        tab = Tab(browser, f'{address}/deblur/')
        assert tab.page.locator('#stop').is_hidden()
        tab.deblur(path)
        told = re.compile(r"'a\.png', about \d+ s left - \d+\.\d%")
        tab.page.get_by_text(told).first.wait_for()
        assert tab.page.locator('#run').is_disabled()
        start = time.monotonic()
        tab.page.click('#stop')
        tab.page.wait_for_selector('text=Stopped.')
        tab.page.wait_for_selector('#stop', state='hidden')
        tab.page.wait_for_selector('#run:enabled')
        assert time.monotonic() - start < 60  # of 200 seconds
        assert httpx.get(f'{address}/health').json()['in_progress'] == 0
        assert tab.wrong == []
        tab.page.close()
