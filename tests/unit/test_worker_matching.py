"""The rule by which a browser's boxes count as PyTorch's."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.worker.matching import MAX_BOXES, MIN_BOXES, Box, compare, cuts, iou


def box(x: float, *, score: float = 0.9, index: int = 0) -> Box:
    """A box of 10 x 10 pixels."""
    return Box(index, score, (x, 0.0, x + 10.0, 10.0))


def test_equal_lists_match_wholly() -> None:
    """Order does not matter, and nothing is lost."""
    boxes = [box(0), box(30), box(60)]
    result = compare(boxes, boxes[::-1])
    assert result.same
    assert (result.compared, result.min_iou, result.max_score_difference) == (3, 1.0, 0.0)


def test_a_shifted_box_is_no_match() -> None:
    """A tenth of its width is an IoU of 0.82, under the limit of 0.95."""
    assert not compare([box(0)], [box(1)]).same
    assert compare([box(0)], [box(0.1)]).same


def test_class_and_score_have_to_agree() -> None:
    """Another class, or a score more than 0.02 away, is another box."""
    assert not compare([box(0)], [box(0, index=1)]).same
    assert not compare([box(0, score=0.9)], [box(0, score=0.87)]).same


def test_one_found_box_serves_one_expected_box() -> None:
    """Two expected boxes in the same place need two found ones."""
    assert compare([box(0), box(0)], [box(0)]).matched == 1


def test_iou_of_boxes_apart_is_zero() -> None:
    """Boxes that only touch share nothing."""
    assert iou((0, 0, 1, 1), (1, 0, 2, 1)) == 0.0


def test_a_sure_model_is_compared_at_the_usual_threshold() -> None:
    """With five boxes over 0.25 nothing is lowered."""
    assert cuts([0.9, 0.8, 0.7, 0.6, 0.5, 0.1])[0] == (0.25, 5)


def test_an_unsure_model_is_compared_lower() -> None:
    """The threshold goes down until five boxes pass, and falls between two scores."""
    threshold, count = cuts([2e-4, 1.8e-4, 1.6e-4, 1.4e-4, 1.2e-4, 1e-4, 1e-5])[0]
    assert count == 5
    assert 1e-4 < threshold < 1.2e-4


def test_too_few_boxes_cannot_be_compared() -> None:
    """Four boxes are no comparison."""
    assert cuts([0.9] * 4) == []


@given(st.lists(st.floats(1e-9, 1.0), max_size=400))
def test_a_cut_never_loses_a_compared_box(values: list[float]) -> None:
    """Whatever the scores, the compared boxes are at or over the threshold, five to fifty."""
    scores = sorted(values, reverse=True)
    for threshold, count in cuts(scores):
        assert MIN_BOXES <= count <= MAX_BOXES
        assert threshold <= min(0.25, scores[count - 1])
