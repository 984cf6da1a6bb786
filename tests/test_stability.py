"""Topics of several seeds laid side by side: alignment, agreement, and which topics are robust."""

import numpy as np
import pytest
from support import HOSTILE, one_line

import ntm_widgets as ntm
from ntm_widgets.core.stability import Stability, agreement, align_topics, mean_agreement, seed_list


@pytest.fixture(scope="module")
def models(tiny_bow):
    return [ntm.NTM(num_topics=6, epochs=5, seed=seed).fit(tiny_bow) for seed in range(3)]


def permuted(model, order):
    """The same model with its topics under other numbers."""
    other = ntm.NTM(**model.get_params())
    vars(other).update(vars(model))
    arrays = {**model.fitted_.arrays, "W": np.ascontiguousarray(model.fitted_.arrays["W"][order])}
    other.fitted_ = type(model.fitted_)(arrays, model.fitted_.hyperparameters)
    return other


def test_other_numbers_are_the_same_topics(models):
    order = np.array([3, 0, 5, 1, 4, 2])
    result = Stability([models[0], permuted(models[0], order)])
    assert (order[result.alignment[1]] == np.arange(6)).all()
    assert result.similarity == pytest.approx(1, abs=1e-5)
    assert result.mean_jaccard == 1 and result.share_robust == 1 and result.robust.all()


def test_every_topic_has_one_counterpart_in_every_model(models):
    alignment, similarity = align_topics(models)
    assert alignment.shape == similarity.shape == (3, 6)
    assert all(sorted(row) == list(range(6)) for row in alignment.tolist())
    assert similarity.min() >= 0 and similarity.max() <= 1


def test_the_assignment_is_the_best_one(models):
    """No exchange of two counterparts raises the sum of similarities."""
    from ntm_widgets.core.stability import topic_profiles

    cosines = topic_profiles(models[0]) @ topic_profiles(models[1]).T
    columns = align_topics(models)[0][1]
    for i in range(6):
        for j in range(i):
            kept = cosines[i, columns[i]] + cosines[j, columns[j]]
            assert kept >= cosines[i, columns[j]] + cosines[j, columns[i]] - 1e-6


def test_words_that_stay_are_in_every_aligned_list(models):
    result = Stability(models)
    lists = [model.top_words(10) for model in models]
    for k, row in enumerate(result.frame.to_dict("records")):
        aligned = [set(lists[s][number]) for s, number in enumerate(result.alignment[:, k])]
        stay = set.intersection(*aligned)
        assert row["words in all"] == ", ".join(word for word in lists[0][k] if word in stay)
        overlap = [len(aligned[0] & other) / len(aligned[0] | other) for other in aligned]
        assert result.jaccard[:, k] == pytest.approx(overlap)
        assert result.found[k] == sum(share >= 1 / 3 for share in overlap)
        assert (row["robust"] == "yes") == (result.found[k] == 3)


def test_agreement_is_symmetric_and_does_not_depend_on_the_reference(models):
    table, turned = agreement(models), agreement(models[::-1])
    assert np.allclose(table, table.T) and np.allclose(table, turned[::-1, ::-1])
    assert mean_agreement(table).mean() == pytest.approx(Stability(models[::-1]).mean_jaccard)


def test_from_documents_trains_one_model_per_seed(tiny_bow, models):
    result = ntm.stability(tiny_bow, 6, seeds=[0, 1, 2], epochs=5)
    assert [model.seed for model in result.models] == [0, 1, 2]
    assert np.array_equal(result.models[2].components_, models[2].components_)
    assert "of 6 topics are found by all 3 models" in repr(result)


def test_a_matrix_without_words_is_fine(tiny_bow):
    result = ntm.stability(tiny_bow.counts, 3, seeds=2, epochs=1)
    assert len(result.frame) == 3


def test_models_that_cannot_be_compared(tiny_bow, models):
    with pytest.raises(ValueError, match="models of 6, 4 topics") as error:
        align_topics([models[0], ntm.NTM(num_topics=4, epochs=1).fit(tiny_bow)])
    assert one_line(error)
    renamed = permuted(models[0], np.arange(6))
    renamed.vocabulary_ = [*models[0].vocabulary_[:-1], "another"]
    with pytest.raises(ValueError, match="different vocabularies"):
        Stability([models[0], renamed])
    with pytest.raises(ValueError, match="two or more"):
        Stability(models[:1])


@pytest.mark.parametrize(
    "seeds", [0, [], [1, 1], [-1, 2], [0.5, 1], True, 10**9, "123", None, {1: 2}, np.array(3), [None]]
)
def test_seeds_that_are_none(seeds):
    with pytest.raises(ValueError, match="distinct numbers"):
        seed_list(seeds)


@pytest.mark.parametrize("wrong", [3, None, "ab", [3, 4], [None, None]])
def test_what_is_no_list_of_models(wrong):
    for use in (Stability, align_topics, agreement):
        with pytest.raises(TypeError, match=r"expected (a list of )?fitted models") as error:
            use(wrong)
        assert one_line(error)


def test_words_of_documents_are_escaped(models):
    hostile = [permuted(model, np.arange(6)) for model in models]
    words = [f"{HOSTILE} {word}\x1b[2J" for word in models[0].vocabulary_]
    for model in hostile:
        model.vocabulary_ = list(words)
    result = Stability(hostile)
    page = result._repr_html_()
    assert "<img" not in page and "<script" not in page and "&lt;img" in page
    assert "\x1b" not in repr(result)
