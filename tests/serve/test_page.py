import shutil
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from served import served

from mmasgan.cli import main
from mmasgan.priors.overlay import overlay
from mmasgan.serve import DeblurService, Limits
from mmasgan.serve.page import _Page, _remove, build_page

CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')


def opened(content):
    return np.asarray(Image.open(BytesIO(content)))


@pytest.fixture
def page(backend, tmp_path):
    service = DeblurService({'a': lambda: backend}, Limits(files=3))
    return _Page(service, tmp_path)


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
    results, status, downloads, shown, slider, semantic = run(
        page, [upload('a.png')]
    )
    assert status.startswith('1 deblurred.')
    assert 'take no semantic map' in status
    (file,) = downloads.value
    expected = page.service.deblur(photo(), 'a.png').content
    assert Path(file['path']).read_bytes() == expected
    before, after = (np.asarray(Image.open(path)) for path in slider)
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
    slider, _ = page.show(1, results)
    assert slider == (results[1].before, results[1].after)


def test_equal_names_stay_apart_in_the_archive(page, upload):
    results, _, downloads, *_ = run(page, [upload('a.png')] * 2)
    with zipfile.ZipFile(downloads.value[0]['path']) as archive:
        assert archive.namelist() == ['a.png', 'a-1.png']
    assert results[0].file != results[1].file


def test_the_map_is_shown(steered, halves, tmp_path, upload, photo):
    service = DeblurService({'a': lambda: steered}, prior=halves)
    page = _Page(service, tmp_path)
    (entry,), status, *_, semantic = run(page, [upload('a.png')])
    assert semantic.visible
    served = service.deblur(photo(), 'a.png')
    expected = overlay(served.before, served.semantic, ('sky', 'water'))
    found = np.asarray(Image.open(entry.semantic))
    np.testing.assert_array_equal(found, expected)
    assert 'semantic' not in status


def test_a_missing_source_of_maps_is_told(steered, tmp_path, upload):
    page = _Page(DeblurService({'a': lambda: steered}), tmp_path)
    _, status, *_ = run(page, [upload('a.png')])
    assert 'no source of them' in status


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
        with pytest.raises(gr.Error, match='only photographs that were sent'):
            run(page, [path])


def test_results_are_removed_when_new_ones_come(page, upload):
    first, *_ = run(page, [upload('a.png')])
    second, *_ = run(page, [upload('a.png')], before=first)
    assert not Path(first[0].file).parent.exists()
    assert Path(second[0].file).exists()
    _remove(second)
    assert not list((page.folder / 'results').iterdir())
    with pytest.raises(gr.Error, match='deblur them again'):
        page.show(3, second)


def test_previews_are_of_bounded_size(page, upload, monkeypatch, photo):
    monkeypatch.setattr('mmasgan.serve.page.PREVIEW', 20)
    content = photo(height=40, width=50)
    (entry,), *_ = run(page, [upload('a.png', content)])
    assert Image.open(entry.after).size == (20, 16)
    assert Image.open(entry.file).size == (50, 40)
    assert replace(entry, name='') != entry


def test_nothing_is_reported_to_anyone(page, tmp_path):
    blocks = build_page(page.service, tmp_path)
    assert blocks.analytics_enabled is False
    assert blocks.enable_queue
    assert not blocks.api_open


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason='needs Chromium')
def test_in_a_browser(weights, photo, tmp_path):
    """Upload, deblur, look, download; the same as the command line."""
    from playwright.sync_api import sync_playwright

    (tmp_path / 'a.png').write_bytes(photo(height=200, width=300))
    (tmp_path / 'b.jpg').write_bytes(photo('jpeg', height=90, width=80))
    (tmp_path / 'bad.png').write_bytes(b'garbage')
    command = ['deblur', '--weights', weights, '--device', 'cpu']
    command += [tmp_path / 'a.png', tmp_path / 'b.jpg', '-o', tmp_path / 'out']
    done = CliRunner().invoke(main, [str(word) for word in command])
    assert done.exit_code == 0, done.output

    temporary = tmp_path / 'temporary'
    temporary.mkdir()
    with (
        served('--weights', weights, folder=temporary) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=['--no-sandbox']
        )
        tab = browser.new_page()
        asked, wrong = [], []
        tab.on('request', lambda request: asked.append(request.url))
        tab.on('pageerror', lambda error: wrong.append(str(error)))
        tab.goto(address)

        def give(*names):
            tab.wait_for_selector(
                '#photographs input[type=file]', state='attached'
            )
            tab.set_input_files(
                '#photographs input[type=file]',
                [str(tmp_path / name) for name in names],
            )
            for name in names:
                tab.wait_for_selector(f'#photographs [aria-label="{name}"]')
            tab.click('#run')

        give('bad.png')
        tab.wait_for_selector("text='bad.png' is not an image")
        tab.reload()

        give('a.png', 'b.jpg')
        tab.wait_for_selector('#status >> text=2 deblurred')
        tab.wait_for_selector('#slider img')
        for name in ('a.png', 'b.jpg'):
            link = tab.locator(f'#results a[download="{name}"]')
            with tab.expect_download() as download:
                link.click()
            content = Path(download.value.path()).read_bytes()
            assert content == (tmp_path / 'out' / name).read_bytes()
        shown = tab.locator('#slider img').first.evaluate(
            'image => [image.naturalWidth, image.naturalHeight]'
        )
        assert shown == [300, 200]
        browser.close()
    own = (address, 'data:', 'blob:')
    assert [url for url in asked if not url.startswith(own)] == []
    assert wrong == []
