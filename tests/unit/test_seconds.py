"""How long questions take people, and whether to check or to draw."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from pipeline.labelling import decide, seconds
from pipeline.labelling.seconds import Pace, verify_or_draw
from storage.models import Drawing, Project, Sheet, now
from tests.support.project import ANN, CHAT, make_image, make_project, make_source


def answer_sheets(
    session: Session, project: Project, *times: float, kind: str = "box", tiles: int = 9
) -> None:
    """Closed sheets that lay there for so many seconds."""
    start = now()
    for long in times:
        session.add(
            Sheet(
                project_id=project.id or 0,
                chat_id=CHAT,
                kind=kind,
                tiles=list(range(tiles)),
                state="closed",
                shown_at=start,
                closed_at=start + timedelta(seconds=long),
            )
        )
    session.flush()


def draw(session: Session, project: Project, *, boxes: int, took: float) -> None:
    """A picture that was drawn on and settled."""
    image, _ = make_image(session, make_source(session, project), labelled=False)
    asked = now() - timedelta(seconds=took)
    drawing = Drawing(
        project_id=project.id or 0,
        chat_id=CHAT,
        image_id=image.id or 0,
        state="confirmed",
        boxes=[[0.1, 0.1, 0.2, 0.2]] * boxes,
        created_at=asked,
    )
    session.add(drawing)
    decide.vote(
        [image.id or 0],
        "complete",
        kind="image",
        project_id=project.id or 0,
        member_id=ANN,
        session=session,
    )


def test_nobody_has_answered_yet(session: Session) -> None:
    """A new project goes by what is usual."""
    project = make_project(session)
    assert seconds.learned(project.id or 0, session=session) == Pace(
        right=seconds.learned(project.id or 0, session=session).right
    )


def test_a_quick_group_is_believed_step_by_step(session: Session) -> None:
    """The more sheets were answered, the less the prior says."""
    project = make_project(session)
    answer_sheets(session, project, 4.5)
    few = seconds.learned(project.id or 0, session=session).tiles["box"]
    answer_sheets(session, project, *[4.5] * 60)
    many = seconds.learned(project.id or 0, session=session).tiles["box"]
    assert 0.5 < many < 0.6 < few < seconds.PRIOR["box"]


def test_a_sheet_left_lying_says_nothing(session: Session) -> None:
    """Somebody who went for lunch is not slow; of the time spent a pause counts two minutes."""
    project = make_project(session)
    answer_sheets(session, project, *[9.0] * 9, 3600.0)
    learned = seconds.learned(project.id or 0, session=session)
    assert learned.tiles["box"] == pytest.approx((5 * 1.4 + 9 * 1.0) / 14)
    assert seconds.spent(project.id or 0, session=session) == 9 * 9 + seconds.PAUSE_S


def test_kinds_are_kept_apart(session: Session) -> None:
    """Slow whole pictures do not make tiles slow."""
    project = make_project(session)
    answer_sheets(session, project, *[90.0] * 20, kind="image")
    learned = seconds.learned(project.id or 0, session=session)
    assert learned.tiles["image"] > 8
    assert learned.tiles["box"] == seconds.PRIOR["box"]


def test_drawing_is_learned_from_drawings(session: Session) -> None:
    """Pictures that took twice as long as usual make drawing dearer, and count as time spent."""
    project = make_project(session)
    for _ in range(10):
        draw(session, project, boxes=1, took=32.0)
    learned = seconds.learned(project.id or 0, session=session)
    assert learned.draw == pytest.approx((5 + 10 * 2) / 15, rel=0.02)
    assert seconds.spent(project.id or 0, session=session) == pytest.approx(320, rel=0.02)


def test_scores_are_trusted_as_far_as_they_were_right(session: Session) -> None:
    """Where guesses of a low score mostly were right, a low score is a good guess."""
    project = make_project(session)
    source = make_source(session, project, labelled=False)
    _, boxes = make_image(session, source, boxes=60, origin="model", labelled=False, proposed=True)
    for box in boxes:
        box.score, box.verdict, box.voters = 0.25, "right", 1
    session.flush()
    pace = seconds.learned(project.id or 0, session=session)
    assert pace.chance(0.25) > 0.9
    assert pace.chance(0.95) == pytest.approx(0.9)


def test_what_is_missing_is_learned(session: Session) -> None:
    """Where checked pictures mostly lack something, a check is worth less."""
    project = make_project(session)
    source = make_source(session, project, labelled=False)
    for place in range(20):
        image, _ = make_image(session, source, labelled=False, proposed=True)
        image.answer = "incomplete" if place < 18 else "complete"
    session.flush()
    assert seconds.learned(project.id or 0, session=session).missing == pytest.approx(19 / 25)


@pytest.mark.parametrize(
    ("scores", "what"),
    [
        ([0.9], "verify"),
        ([0.9] * 10, "verify"),
        ([0.4, 0.3], "verify"),
        ([0.15] * 12, "draw"),
        ([], "draw"),
    ],
)
def test_a_few_good_guesses_are_checked_many_bad_ones_drawn(scores: list[float], what: str) -> None:
    """Twelve guesses of which hardly one is right cost more than circling what is there."""
    assert verify_or_draw(scores, Pace()).what == what


def test_slow_drawers_check_more() -> None:
    """The same guesses are checked where drawing takes long, and drawn where it is quick."""
    scores = [0.3] * 5
    assert verify_or_draw(scores, Pace(draw=3.0)).what == "verify"
    assert verify_or_draw(scores, Pace(draw=0.3)).what == "draw"


@given(st.lists(st.floats(0, 1), max_size=30), st.floats(0.1, 10), st.floats(0, 0.99))
def test_the_quicker_one_is_chosen(scores: list[float], draw_: float, missing: float) -> None:
    """Whatever the figures, the choice is the one with fewer seconds, and both take some."""
    choice = verify_or_draw(scores, Pace(draw=draw_, missing=missing))
    assert choice.draw_s > 0
    assert choice.verify_s > 0
    quicker = "verify" if choice.verify_s <= choice.draw_s else "draw"
    assert choice.what == quicker
