import sys

import numpy as np
import pytest

from mmasgan.semantic import SegFormerPrior


@pytest.fixture
def folder(tmp_path):
    transformers = pytest.importorskip('transformers')
    config = transformers.SegformerConfig(
        num_labels=150,
        depths=[1, 1, 1, 1],
        hidden_sizes=[8, 8, 8, 8],
        decoder_hidden_size=8,
        num_attention_heads=[1, 1, 1, 1],
    )
    model = transformers.SegformerForSemanticSegmentation(config)
    model.save_pretrained(tmp_path / 'segformer')
    return tmp_path / 'segformer'


def test_a_folder_gives_probabilities(folder, image):
    prior = SegFormerPrior(folder, size=(64, 96))
    found = prior(image)
    assert found.shape == (8, 16, 24)  # a quarter of what it sees
    np.testing.assert_allclose(found.sum(0), 1, atol=1e-5)
    assert prior.weights_hash() == SegFormerPrior(folder).weights_hash()


def test_the_table_must_fit(folder, image):
    prior = SegFormerPrior(folder, classes='cityscapes')
    with pytest.raises(ValueError, match='has 150 classes'):
        prior(image)


def test_missing_transformers_are_told(monkeypatch):
    monkeypatch.setitem(sys.modules, 'transformers', None)
    with pytest.raises(ImportError, match='pip install transformers'):
        SegFormerPrior('x')
