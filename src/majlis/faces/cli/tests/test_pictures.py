"""The drawn people of the demonstration."""

import io

import pytest
from PIL import Image

from majlis.faces.cli.demonstration.covers import cover
from majlis.faces.cli.demonstration.portraits import portrait, traits


class TestPortrait:
    def test_is_the_same_for_the_same_person(self):
        assert portrait("salma", "female") == portrait("salma", "female")

    def test_three_hundred_people_have_three_hundred_faces(self):
        faces = {traits(f"expert-{i}", "female" if i % 2 else "male") for i in range(300)}
        assert len(faces) == 300

    @pytest.mark.parametrize("seed", range(12))
    def test_is_a_square_picture_of_a_few_kilobytes(self, seed):
        content = portrait(str(seed), "female" if seed % 2 else "male")
        assert Image.open(io.BytesIO(content)).size == (480, 480)
        assert len(content) < 25_000

    def test_wears_what_was_asked_for(self):
        assert traits("amal", "female", hijab=True).style == "hijab"
        assert traits("amal", "female", hijab=False).style != "hijab"
        assert traits("budi", "male", cap=True).style == "cap"


class TestCover:
    def test_is_wide_and_the_same_for_the_same_seed(self):
        content = cover("arabic")
        assert content == cover("arabic")
        assert Image.open(io.BytesIO(content)).size == (960, 320)
