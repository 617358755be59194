"""Many sure boxes at once: a sample is checked, the bound is said, and it can be undone."""

import pytest
from sqlmodel import Session, select

from bot.messages import bulk as words
from pipeline.labelling import bulk, deal, decide
from pipeline.labelling.deal import Hand
from storage import questions
from storage.models import Box, Project
from storage.progress import standing
from tests.support.project import ANN, CHAT, make_image, make_project, make_source


@pytest.fixture
def project(session: Session) -> Project:
    """240 boxes that a model is sure of, and three that it is not."""
    project = make_project(session)
    source = make_source(session, project, trust=None, labelled=False)
    for number in range(81):
        _, boxes = make_image(
            session, source, boxes=3, labelled=False, origin="model", proposed=True
        )
        for box in boxes:
            box.score = 0.9 if number < 80 else 0.3
    session.flush()
    return project


def begun(session: Session, project: Project, wrong: int) -> int:
    """A decision whose sample is checked, so many of it wrong; returns its id."""
    scope = deal.scope_of(project, session=session)
    row = bulk.begin(project, scope, chat_id=CHAT, member_id=ANN, session=session)
    said = {"project_id": project.id or 0, "member_id": ANN, "kind": "box", "session": session}
    decide.vote(row.sample[:wrong], "wrong", **said)
    assert bulk.judge(project.id or 0, session=session) is None
    decide.vote(row.sample[wrong:], "right", **said)
    assert bulk.judge(project.id or 0, session=session) is row
    return row.id or 0


@pytest.mark.parametrize(
    ("wrong", "of", "bound"), [(0, 45, 0.0644), (1, 45, 0.1013), (0, 300, 0.00994), (45, 45, 1.0)]
)
def test_the_bound_is_clopper_and_pearsons(wrong: int, of: int, bound: float) -> None:
    """The upper bounds are those of the published tables."""
    assert bulk.upper_bound(wrong, of) == pytest.approx(bound, abs=2e-3)


def test_only_sure_boxes_are_offered(session: Session, project: Project) -> None:
    """Boxes below the bar are not part of it, and few are not worth the question."""
    scope = deal.scope_of(project, session=session)
    assert bulk.possible(project, scope, session=session) == bulk.Offer(240, 45)
    other = make_project(session)
    scope = deal.scope_of(other, session=session)
    assert bulk.possible(other, scope, session=session) is None


def test_the_sample_is_asked_first(session: Session, project: Project) -> None:
    """While a sample is being checked, its boxes alone are dealt."""
    scope = deal.scope_of(project, session=session)
    row = bulk.begin(project, scope, chat_id=CHAT, member_id=ANN, session=session)
    assert (len(row.sample), row.size) == (45, 240)
    for _ in range(5):
        sheet = deal.deal(Hand(project, CHAT, 0, key="label:1"), session=session)
        assert sheet is not None
        assert set(sheet.tiles) <= set(row.sample)


def test_accepting_makes_the_rest_right_and_undoing_opens_it(
    session: Session, project: Project
) -> None:
    """After a yes the sure boxes are right but for the wrong ones; undone, they are open again."""
    row = bulk.of(begun(session, project, wrong=1), project, session=session)
    assert "44 of 45" in words.judged(project, row)["text"]
    bulk.accept(row, session=session)
    scope = deal.scope_of(project, session=session)
    assert questions.open_by_class(scope, session=session) == {"cat": 3}
    assert [b.verdict for b in session.exec(select(Box))].count("right") == 239
    with pytest.raises(bulk.BulkOver):
        bulk.accept(row, session=session)
    bulk.undo(row, session=session)
    assert len(standing(project.id or 0, session=session).check) == 198
    assert bulk.possible(project, scope, session=session) is None


def test_a_no_asks_about_each(session: Session, project: Project) -> None:
    """Refused, nothing is accepted and the same boxes are not offered again."""
    row = bulk.of(begun(session, project, wrong=20), project, session=session)
    assert (row.wrong, row.state) == (20, "judged")
    bulk.refuse(row, session=session)
    scope = deal.scope_of(project, session=session)
    assert questions.open_by_class(scope, session=session) == {"cat": 198}
    assert bulk.possible(project, scope, session=session) is None


def test_another_projects_decision_is_not_ones_own(session: Session, project: Project) -> None:
    """The number of a decision means nothing in another project."""
    number = begun(session, project, wrong=0)
    with pytest.raises(bulk.BulkOver):
        bulk.of(number, make_project(session), session=session)
