"""Pictures: the same topic gives the same picture, whatever the words; bad input is told in one line."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from ntm_widgets.core.arrays import word_commonness
from ntm_widgets.ui import cloud_layout, pictures
from ntm_widgets.ui.pictures import Picture, clouds, find_font, mixture_plot


def fitted(words: list[str], topics: int = 3, seed: int = 0) -> SimpleNamespace:
    """What the pictures read of a model, with random weights."""
    rng = np.random.default_rng(seed)
    arrays = {"W": rng.normal(size=(topics, len(words))).astype(np.float32), "b": np.zeros(len(words), np.float32)}
    labels = [", ".join(words[:3])] * topics
    made = SimpleNamespace(arrays=arrays, commonness=word_commonness(**arrays, exclusivity=1.0))
    return SimpleNamespace(fitted_=made, relevance_=0.3, vocabulary_=words, topic_labels=labels)


WORDS = [f"word{i}" for i in range(60)]


def opened(picture: Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.png))


def test_clouds_are_deterministic_and_twice_as_dense_as_shown():
    first, second = clouds(fitted(WORDS)), clouds(fitted(WORDS))
    assert first.png == second.png
    assert opened(first).width == 2 * first.width
    assert opened(first).convert("RGBA").getpixel((0, opened(first).height - 1))[3] == 0, "the background is transparent"


@pytest.mark.parametrize("topics", [1, 3, 5, 30])
def test_any_number_of_topics(topics):
    picture = clouds(fitted(WORDS, topics), words=12)
    assert picture.alt.count("\n") == topics - 1
    assert picture.alt.startswith("topic 0 · word0, word1, word2: ")


@pytest.mark.parametrize("words", [
    ["Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen", "a", "Haus", "b"],
    ["Привет", "мир", "λόγος", "naïve"],
    ["one"],
    ["<script>", "&amp;", '"quoted"'],
])
def test_words_of_any_length_and_script(words):
    picture = clouds(fitted(words, 2), words=40)
    assert all(word in picture.alt for word in words)


def test_a_title_costs_the_same_whatever_its_length():
    measured = []

    class Font:
        def getlength(self, text):
            measured.append(len(text))
            return 10 * len(text)

    assert pictures._fit("y" * 100_000, Font(), 100) == "y" * 9 + "…"
    assert max(measured) <= 201 and len(measured) <= 201


def test_a_missing_script_names_the_font_to_install(monkeypatch):
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", list)
    with pytest.warns(UserWarning, match=r"install “Noto Sans CJK”"):
        assert find_font(["日本", "hockey"]).endswith("DejaVuSans.ttf")
    with pytest.warns(UserWarning, match=r"Noto Sans Devanagari"):
        find_font(["हिन्दी"])


def test_an_installed_font_that_has_the_script_is_taken(monkeypatch):
    have = {"/fonts/latin.ttf": frozenset(map(ord, "abc")), "/fonts/cjk.ttf": frozenset(map(ord, "abc日本"))}
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", lambda: list(have))
    monkeypatch.setattr(pictures, "_characters", lambda path: have.get(path, frozenset(map(ord, "abc"))))
    assert find_font(["日本", "abc"]) == "/fonts/cjk.ttf"


def test_area_follows_weight():
    weights = np.array([0.4, 0.1, 0.025])
    boxes = cloud_layout.ink_boxes(["aa", "bb", "cc"], pictures._default_font())
    sizes = cloud_layout._font_sizes(weights, boxes, 228, 40)
    assert sizes[0] / sizes[1] == pytest.approx(2)


@pytest.mark.parametrize(("options", "message"), [
    ({"topics": [9]}, r"topics=\[9\]: expected topic numbers from 0 to 2"),
    ({"topics": []}, "expected topic numbers"),
    ({"words": 0}, "words=0"),
    ({"theme": "neon"}, "theme='neon'"),
])
def test_bad_requests(options, message):
    with pytest.raises(ValueError, match=message):
        clouds(fitted(WORDS), **options)


def test_a_model_without_vocabulary_shows_columns():
    model = fitted(WORDS, 2)
    model.vocabulary_ = None
    assert clouds(model, words=3).alt.split(": ")[1].split("\n")[0].replace(", ", "").isdigit()


def test_mixtures_say_what_they_show():
    theta = np.array([[0.7, 0.2, 0.1], [0.05, 0.05, 0.9]])
    picture = mixture_plot(fitted(WORDS), theta, ["first\ntext", "<b>second</b>"], topics=2)
    assert picture.alt.splitlines()[0].startswith("first text: 0.70 topic 0")
    assert opened(picture).width == pytest.approx(2 * picture.width, abs=2)


@pytest.mark.parametrize(("theta", "names"), [(np.ones((2, 4)) / 4, None), (np.ones((2, 3)) / 3, ["one"]), (np.ones((0, 3)), None)])
def test_mixtures_of_the_wrong_shape(theta, names):
    with pytest.raises(ValueError, match=r"theta has shape|names for"):
        mixture_plot(fitted(WORDS), theta, names)


def test_a_picture_shows_and_saves_itself(tmp_path):
    picture = clouds(fitted(WORDS), words=5)
    data, metadata = picture._repr_mimebundle_()
    assert data["text/plain"] == picture.alt == repr(picture)
    assert metadata["image/png"] == {"width": picture.width, "alt": picture.alt}
    assert picture.save(tmp_path / "clouds.png").read_bytes() == picture.png
    with pytest.raises(ValueError, match="end its name with"):
        picture.save(tmp_path / "clouds.csv")
    assert not (tmp_path / "clouds.csv").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["clouds.png"]
