from html.parser import HTMLParser
from pathlib import Path

from mmasgan.serve.comparison import comparison
from mmasgan.serve.page_results import Result

NAME = 'a "b" <i>&.jpg'


def tags(tmp_path, size=1_234_567):
    file = tmp_path / 'x y' / NAME
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b'x' * size)
    found = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attributes):
            found.append((tag, dict(attributes)))

        def handle_data(self, data):
            found.append(('text', ' '.join(data.split())))

    before, after = '/tmp/b #.png', '/tmp/a.png'
    result = Result(NAME, str(file), before, after, None, ())
    Parser().feed(comparison(result))
    return found


def test_names_are_shown_and_nothing_else_comes_of_them(tmp_path):
    found = tags(tmp_path)
    before, after = (about for tag, about in found if tag == 'img')
    assert before['alt'] == f'{NAME}, before'
    assert after['alt'] == f'{NAME}, deblurred'
    assert before['src'] == 'gradio_api/file=/tmp/b%20%23.png'
    assert 'i' not in [tag for tag, _ in found]


def test_the_file_is_offered_with_name_kind_and_size(tmp_path):
    found = tags(tmp_path)
    (link,) = (about for tag, about in found if tag == 'a')
    assert link['download'] == NAME
    assert Path(link['href']).name.startswith('a%20%22b%22')
    texts = ' '.join(about for tag, about in found if tag == 'text')
    assert f'Download {NAME} (JPG, 1.2 MB)' in texts
    texts = [about for tag, about in tags(tmp_path, 9000) if tag == 'text']
    assert '(JPG, 9.0 kB)' in ' '.join(texts)


def test_what_moves_the_line_is_named_and_a_keyboard_reaches_it(tmp_path):
    inputs = [about for tag, about in tags(tmp_path) if tag == 'input']
    assert [about['type'] for about in inputs] == ['range', 'checkbox']
    assert 'before' in inputs[0]['aria-label']
    assert not any('tabindex' in about for about in inputs)
