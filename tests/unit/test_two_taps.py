"""Boxes by two taps: corner, corner, both once more close up, then the answer."""

import pytest
from sqlmodel import Session

from bot.messages import drawing as words
from bot.wishes import Wish
from pipeline.labelling import cells, drawings, said, twotaps, understood
from storage.models import Drawing, Project
from tests.support.project import ANN, BEN, CHAT, make_image, make_project, make_source

ASPECT = 0.75
GRID = cells.coarse(ASPECT)


@pytest.fixture
def drawing(session: Session) -> Drawing:
    """A request with its grid shown."""
    project = make_project(session, "cat", "dog")
    make_image(session, make_source(session, project, trust=None, labelled=False), labelled=False)
    found = drawings.ask(project_id=project.id or 0, chat_id=CHAT, session=session)
    assert found is not None
    twotaps.begin(found, session=session)
    return shown(found)


def shown(drawing: Drawing) -> Drawing:
    """The grid as the painter leaves it."""
    assert drawing.state == "gridding"
    drawing.state = "gridded"
    return drawing


def tap(drawing: Drawing, name: str, session: Session, member: int = ANN) -> bool:
    """Tap the cell with this name."""
    grid = twotaps.grid(drawing, ASPECT)
    return twotaps.tap(
        drawing, grid.named(name), aspect=ASPECT, member_id=member, label="", session=session
    )


def question(drawing: Drawing, session: Session) -> Wish:
    """The message that shows the grid."""
    project = session.get_one(Project, drawing.project_id)
    return words.grid_question(project, drawing, "aa/x.jpg", twotaps.grid(drawing, ASPECT))


def test_corner_corner_closer_answer(session: Session, drawing: Drawing) -> None:
    """Two cells open a close-up, two of its cells end in a box that waits for a yes."""
    assert not tap(drawing, "B2", session)
    assert tap(drawing, "D4", session)
    assert twotaps.is_closer(shown(drawing))
    grid = twotaps.grid(drawing, ASPECT)
    assert not tap(drawing, "B2", session)
    assert tap(drawing, grid.last, session)
    assert drawing.state == "understood"
    assert drawing.boxes == [pytest.approx(grid.between((1, 1), grid.named(grid.last)))]
    assert drawing.labels == [""]


def test_another_box_comes_to_those_that_are_there(session: Session, drawing: Drawing) -> None:
    """➕ shows the grid again, keeps the first box, and a box may stay as it is."""
    for name in ("A1", "B2"):
        tap(drawing, name, session)
    twotaps.keep(shown(drawing), session=session)
    assert drawing.boxes == [pytest.approx(GRID.around((0, 0), (1, 1)))]
    twotaps.begin(drawing, session=session)
    for name in ("D3", "D3"):
        tap(shown(drawing) if drawing.state == "gridding" else drawing, name, session)
    twotaps.keep(shown(drawing), session=session)
    assert len(drawing.boxes) == 2
    with pytest.raises(understood.DrawingChanged):
        twotaps.keep(drawing, session=session)


def test_the_grid_is_shown_once_more(session: Session, drawing: Drawing) -> None:
    """▦ tapped again, or a new round where all is asked, loses no corner."""
    tap(drawing, "B2", session)
    twotaps.begin(drawing, session=session)
    assert twotaps.first_corner(shown(drawing)) == (1, 1)
    session.flush()
    again = drawings.ask(project_id=drawing.project_id, chat_id=CHAT, session=session)
    assert again is not None
    assert again.id == drawing.id
    assert twotaps.first_corner(shown(again)) == (1, 1)


def test_going_back_step_by_step(session: Session, drawing: Drawing) -> None:
    """↩ forgets the first corner, then the close-up, then shows the boxes that are there."""
    tap(drawing, "B2", session)
    assert twotaps.first_corner(drawing) == (1, 1)
    twotaps.back(drawing, session=session)
    assert twotaps.first_corner(drawing) is None
    tap(drawing, "B2", session)
    tap(drawing, "C3", session)
    twotaps.back(shown(drawing), session=session)
    assert not twotaps.is_closer(shown(drawing))
    twotaps.back(drawing, session=session)
    assert drawing.state == "gridded"
    drawing.boxes, drawing.labels = [[0, 0, 0.5, 0.5]], ["cat"]
    twotaps.back(drawing, session=session)
    assert (drawing.state, drawing.labels) == ("understood", ["cat"])


def test_taps_on_an_older_grid_are_not_taken(session: Session, drawing: Drawing) -> None:
    """The number holds from corner to corner, and no longer than the picture."""
    number = twotaps.seen(drawing)
    tap(drawing, "B2", session)
    twotaps.check(drawing, number)
    tap(drawing, "C3", session)
    with pytest.raises(understood.DrawingChanged):
        twotaps.check(drawing, number)
    with pytest.raises(understood.DrawingChanged):
        twotaps.check(shown(drawing), number)


def test_two_people_do_not_mix_their_corners(session: Session, drawing: Drawing) -> None:
    """Ben's tap after Ann's first corner begins a box of his own."""
    assert not tap(drawing, "A1", session, ANN)
    assert not tap(drawing, "C3", session, BEN)
    assert tap(drawing, "D4", session, BEN)
    assert drawing.taps["todo"][0][:4] == pytest.approx([*GRID.around((2, 2), (3, 3))])


def test_a_cell_that_is_not_there_is_refused(session: Session, drawing: Drawing) -> None:
    """Forged data names no cell, and changes nothing."""
    with pytest.raises(cells.NoSuchCell):
        twotaps.tap(drawing, (7, 0), aspect=ASPECT, member_id=ANN, label="", session=session)
    assert twotaps.first_corner(drawing) is None


def test_written_cells_do_the_same(session: Session, drawing: Drawing) -> None:
    """Several written boxes wait to be refined one after the other, each with its class."""
    entries = said.entries("cat A1-B2, dog C3-E5", ["cat", "dog"], GRID)
    twotaps.say(drawing, entries, aspect=ASPECT, whole=False, session=session)
    assert "2 to go" in question(shown(drawing), session)["text"]
    near = twotaps.grid(drawing, ASPECT)
    refined = said.entries(f"A1 {near.last}", ["cat", "dog"], near)
    with pytest.raises(twotaps.OneBoxHere):
        twotaps.say(drawing, refined * 2, aspect=ASPECT, whole=False, session=session)
    twotaps.say(drawing, refined, aspect=ASPECT, whole=False, session=session)
    twotaps.keep(shown(drawing), session=session)
    assert drawing.labels == ["cat", "dog"]
    assert drawing.state == "understood"


def test_cells_written_to_the_request_mean_the_whole_picture(
    session: Session, drawing: Drawing
) -> None:
    """Who answers the request sees no close-up: the box waits its turn."""
    tap(drawing, "A1", session)
    tap(drawing, "B2", session)
    entries = said.entries("dog C3-E5", ["cat", "dog"], GRID)
    twotaps.say(shown(drawing), entries, aspect=ASPECT, whole=True, session=session)
    assert [row[4] for row in drawing.taps["todo"]] == ["", "dog"]


def test_the_keyboard_has_the_cells(session: Session, drawing: Drawing) -> None:
    """A button a cell, at most eight a row; the first corner is marked; close up, one corner's."""
    wish = question(drawing, session)
    texts = [[button["text"] for button in row] for row in wish["keyboard"]]
    assert texts[0] == ["A1", "B1", "C1", "D1", "E1", "F1", "G1"]
    assert texts[4][-1] == "G5"
    assert texts[5] == ["⏭ Skip", "⏹ Stop"]
    assert "<code>cat B2-D4</code>" in wish["text"]
    tap(drawing, "B2", session)
    assert question(drawing, session)["keyboard"][1][1]["text"] == "📍B2"
    tap(drawing, "D4", session)
    shown(drawing)
    first = question(drawing, session)["keyboard"]
    assert first[0][0]["text"] == "A1"
    assert first[-1][0]["text"] == "✅ Good as it is"
    tap(drawing, "A1", session)
    second = question(drawing, session)["keyboard"]
    assert second[-2][-1]["text"] == twotaps.grid(drawing, ASPECT).last
    assert {button["text"] for row in second for button in row}.isdisjoint({"A1", "B2"})


def test_classes_of_single_boxes_can_be_turned(session: Session, drawing: Drawing) -> None:
    """▸ gives a box the next class; what was read keeps its boxes and their places."""
    understood.read(drawing, [[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1]], ["", "dog"], session=session)
    places = understood.places(drawing)
    said_ = [
        understood.turn_class(drawing, place, ["cat", "dog"], session=session)
        for place in (1, 1, 2)
    ]
    assert said_ == ["cat", "dog", "cat"]
    assert drawing.labels == ["dog", "cat"]
    understood.check_places(drawing, places)
    understood.drop_box(drawing, 1, session=session)
    assert (drawing.labels, drawing.label) == (["cat"], "cat")
    with pytest.raises(understood.DrawingChanged):
        understood.check_places(drawing, places)
    understood.name_all(drawing, "dog", session=session)
    assert drawing.labels == ["dog"]


def test_a_drawing_asked_in_private_is_its_members(session: Session) -> None:
    """Whoever confirms it: the votes are of the member it was asked of."""
    project = make_project(session, "cat", "dog")
    make_image(session, make_source(session, project, trust=None, labelled=False), labelled=False)
    drawing = drawings.ask(project_id=project.id or 0, chat_id=CHAT, member_id=BEN, session=session)
    assert drawing is not None
    understood.read(drawing, [[0, 0, 0.5, 0.5]], ["dog"], session=session)
    drawings.accept(drawing, ["dog"], member_id=ANN, whole=False, session=session)
    from storage import votes

    cast = votes.current(
        [drawing.image_id], kind="image", project_id=project.id or 0, session=session
    )
    assert list(cast[drawing.image_id]) == [BEN]
