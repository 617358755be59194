"""Boxes of several drawers around one object become one."""

import pytest
from sqlmodel import Session, col, select

from pipeline.labelling import decide, joining
from storage.models import Box, Image
from storage.progress import standing
from tests.support.project import ANN, BEN, make_image, make_project, make_source

CY = 3
Place = tuple[float, float, float, float]
HERE: Place = (0.1, 0.1, 0.5, 0.5)
NEAR: Place = (0.12, 0.1, 0.52, 0.5)
NEARER: Place = (0.14, 0.1, 0.54, 0.5)
THERE: Place = (0.6, 0.6, 0.9, 0.9)


@pytest.fixture
def image(session: Session) -> Image:
    """A picture without a box."""
    project = make_project(session, "cat", "dog")
    return make_image(session, make_source(session, project, labelled=False), labelled=False)[0]


def draw(session: Session, image: Image, member: int, place: Place, label: str = "cat") -> Box:
    """A member's box."""
    x1, y1, x2, y2 = place
    box = Box(
        project_id=image.project_id, image_id=image.id or 0, label=label,
        x1=x1, y1=y1, x2=x2, y2=y2, origin="drawn",
    )  # fmt: skip
    session.add(box)
    session.flush()
    decide.vote(
        [box.id or 0], "right", kind="box", project_id=image.project_id, member_id=member,
        session=session,
    )  # fmt: skip
    joining.join(image.id or 0, session=session)
    return box


def counting(session: Session) -> list[Box]:
    """The boxes that count."""
    return list(session.exec(select(Box).where(col(Box.merged_id).is_(None)).order_by(col(Box.id))))


def test_two_drawers_of_one_object_make_one_box(session: Session, image: Image) -> None:
    """One box stands in the middle of theirs, with the votes of both."""
    draw(session, image, ANN, HERE)
    draw(session, image, BEN, NEAR)
    (box,) = counting(session)
    session.refresh(box)
    assert (box.origin, box.verdict, box.voters) == ("merged", "right", 2)
    assert box.x1 == pytest.approx(0.11)
    assert joining.join(image.id or 0, session=session) == []


def test_a_third_drawer_moves_the_middle(session: Session, image: Image) -> None:
    """A later box joins those that are joined already; the median corner stands."""
    draw(session, image, ANN, HERE)
    draw(session, image, BEN, NEAR)
    draw(session, image, CY, NEARER)
    (box,) = counting(session)
    session.refresh(box)
    assert (box.x1, box.voters) == (pytest.approx(0.12), 3)
    state = standing(image.project_id, session=session)
    assert state.right["cat"] == 0
    decide.vote(
        [image.id or 0], "complete", kind="image", project_id=image.project_id, member_id=ANN,
        session=session,
    )  # fmt: skip
    assert standing(image.project_id, session=session).ready == {image.id: [box.id]}


def test_what_is_not_the_same_stays_apart(session: Session, image: Image) -> None:
    """Two objects, two boxes of one person, and two classes are not joined."""
    draw(session, image, ANN, HERE)
    draw(session, image, ANN, NEAR)
    draw(session, image, BEN, THERE)
    draw(session, image, CY, THERE, "dog")
    assert len(counting(session)) == 4
