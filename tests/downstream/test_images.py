"""Patches by hand and against torch's unfold; digits are learnt on the one loop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from albert_lab.downstream import AlbertForImages, ImageTraining, digits
from albert_lab.downstream.images import QUICK, SMALL, image_scores, looks_of, patches, recognize
from albert_lab.errors import InputError


@pytest.fixture(scope="module")
def data():
    return digits()


@pytest.fixture
def model() -> AlbertForImages:
    torch.manual_seed(0)
    return AlbertForImages()


def test_patches_are_squares_row_after_row():
    image = torch.arange(16.0).reshape(1, 4, 4)
    assert patches(image).tolist() == [[[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]]
    some = torch.randn(3, 8, 12)
    unfolded = torch.nn.functional.unfold(some[:, None], 4, stride=4).transpose(1, 2)
    torch.testing.assert_close(patches(some, 4), unfolded)
    with pytest.raises(InputError, match="patches of 2"):
        patches(torch.zeros(1, 5, 4))


def test_the_sides_share_no_image(data):
    sides = [{image.number for image in side} for side in (data.training, data.development, data.test)]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 1797
    assert {image.label for image in data.test} == set(range(10))
    assert all(0 <= image.pixels.min() <= image.pixels.max() <= 1 for image in data.training)


def test_patches_take_the_place_of_words_and_the_encoder_is_albert_s(model, data):
    """The same embedded tokens through the encoder alone give the same label scores."""
    pixels = torch.from_numpy(np.stack([image.pixels for image in data.test[:3]]))
    with torch.no_grad():
        tokens = torch.cat([model.first.expand(3, 1, -1), model.projection(patches(pixels))], dim=1)
        states = model.encoder(model.LayerNorm(tokens + model.positions.weight)).last_hidden_state
        torch.testing.assert_close(model(pixels).logits, model.classifier(states[:, 0]))
        assert states.shape == (3, 17, SMALL.hidden_size)


def test_the_looks_of_the_first_token_are_a_picture(model, data):
    looks = looks_of(model, data.test[0])
    assert looks.shape == (3, 4, 4)
    assert (looks > 0).all()
    assert (looks.sum(axis=(1, 2)) < 1).all()


def test_digits_are_learnt_in_seconds(model, data, tmp_path):
    run = ImageTraining(QUICK, model, data, tmp_path, device="cpu")
    measured = run.fit()
    scores = image_scores(data.test, recognize(model, data.test))
    assert scores["accuracy"].mean > 0.95
    assert measured["accuracy"] > 0.93


def test_interrupted_it_goes_on_to_the_same_weights(data, tmp_path):
    settings = replace(QUICK, epochs=1)

    def start(folder: str) -> ImageTraining:
        torch.manual_seed(1)
        return ImageTraining(settings, AlbertForImages(), data, tmp_path / folder, device="cpu")

    through = start("through")
    through.fit()
    start("killed").fit(stop_after_steps=4)
    resumed = start("killed")
    assert resumed.position.step == 4
    resumed.fit()
    theirs = through.model.state_dict()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in resumed.model.state_dict().items())
