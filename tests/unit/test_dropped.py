"""What screening left out is kept, shown page by page, and comes back as ordinary images."""

from sqlmodel import Session, select

from pipeline.jobs.spec_collect import DroppedItem, ImageItem
from pipeline.kinds import arrivals
from pipeline.kinds import dropped as kind
from storage import chats, dropped, images, sources
from storage.models import Dropped, Fingerprint, Image, Source
from tests.support.project import CHAT, make_image, make_project, make_source


def left_out(number: int, reason: str = "blurred", **how: object) -> DroppedItem:
    """A picture that a collect job laid aside."""
    fields: dict[str, object] = {
        "key": f"dd/{number}.jpg",
        "sha256": f"d{number:063x}",
        "name": f"{number}.jpg",
        "width": 640,
        "height": 480,
        "phash": f"{number:016x}",
        "group": f"dropped{number}",
        "words": b"AQAAAA==",
        "reason": reason,
    }
    return DroppedItem.model_validate({**fields, **how})


def shelf(session: Session, *items: DroppedItem) -> tuple[Source, list[Dropped]]:
    """A source with these on its shelf."""
    source = make_source(session, make_project(session), labelled=False, trust=None)
    kind.keep(items, source.id or 0, session=session)
    return source, list(session.exec(select(Dropped).order_by(Dropped.id)))  # type: ignore[arg-type]  # a column


def test_what_is_kept_twice_is_there_once(session: Session) -> None:
    """A transaction that is repeated after a crash changes nothing."""
    source, _ = shelf(session, left_out(1), left_out(2, "dark"))
    kind.keep([left_out(2, "dark"), left_out(3, "dark")], source.id or 0, session=session)
    assert dropped.counts(source.id or 0, session=session) == {"dark": 2, "blurred": 1}


def test_pages_are_full_and_in_order(session: Session) -> None:
    """Nine a page, each picture once, and what came back is on none."""
    source, rows = shelf(session, *(left_out(number) for number in range(20)))
    kind.bring_back([rows[3]], session=session)
    pages = [dropped.page(source.id or 0, "blurred", n, session=session) for n in range(4)]
    assert [len(page) for page in pages] == [9, 9, 1, 0]
    shown = [row.id for page in pages for row in page]
    assert shown == [row.id for row in rows if row is not rows[3]]


def test_a_picture_comes_back_as_an_image(session: Session) -> None:
    """With its source, place and words, to be labelled like any other; a second tap adds none."""
    source, rows = shelf(session, left_out(1, seconds=2.5))
    kind.bring_back(rows, session=session)
    kind.bring_back(rows, session=session)
    (image,) = session.exec(select(Image))
    assert (image.source_id, image.key, image.seconds) == (source.id, "dd/1.jpg", 2.5)
    assert not image.labelled
    assert rows[0].image_id == image.id
    fingerprint = session.get(Fingerprint, image.id)
    assert fingerprint is not None
    assert fingerprint.words == b"\1\0\0\0"
    (known,) = images.known(source.project_id, session=session)
    assert (known.sha256, known.words) == (image.sha256, b"\1\0\0\0")


def test_it_joins_the_group_of_what_it_looks_like(session: Session) -> None:
    """A near duplicate is never parted from the picture that stayed for it by a split."""
    source, _ = shelf(session)
    image, _ = make_image(session, source, group="stayed", labelled=False)
    item = left_out(1, "near_duplicate", like=image.sha256)
    kind.keep([item], source.id or 0, session=session)
    sources.take_over("stayed", "renamed", project_id=source.project_id, session=session)
    session.refresh(image)
    kind.bring_back(list(session.exec(select(Dropped))), session=session)
    assert {row.group_key for row in session.exec(select(Image))} == {"renamed"}


def test_a_group_that_changes_its_name_takes_the_dropped_along(session: Session) -> None:
    """A frame that comes back is still of its film."""
    source, rows = shelf(session, left_out(1, group="film"))
    sources.take_over("film", "older film", project_id=source.project_id, session=session)
    session.refresh(rows[0])
    kind.bring_back(rows, session=session)
    assert session.exec(select(Image.group_key)).one() == "older film"


def test_a_picture_that_came_with_another_source_stays_there(session: Session) -> None:
    """What is in the project already is not doubled."""
    source, rows = shelf(session, left_out(1))
    other = make_source(session, make_project(session, chat_id=-7), labelled=False)
    other.project_id = source.project_id
    session.add(other)
    session.flush()
    same = ImageItem.model_validate(left_out(1).model_dump(exclude={"reason", "like", "words"}))
    arrivals.bring_in([same], other.id or 0, session=session)
    kind.bring_back(rows, session=session)
    (image,) = session.exec(select(Image))
    assert image.source_id == other.id
    assert rows[0].image_id == image.id


def test_a_chat_has_one_message_a_source(session: Session) -> None:
    """Turning a page has the message painted anew; the oldest wish is painted first."""
    source, _ = shelf(session, left_out(1), left_out(2, "dark"))
    where = {"project_id": source.project_id, "chat_id": CHAT, "session": session}
    first = dropped.turn_to(source.id or 0, "dark", 0, **where)  # type: ignore[arg-type]  # by name
    first.painted = True
    session.flush()
    assert dropped.to_paint(session=session) is None
    again = dropped.turn_to(source.id or 0, "blurred", 0, **where)  # type: ignore[arg-type]  # as above
    assert again.id == first.id
    assert dropped.to_paint(session=session) == again


def test_a_group_that_grows_keeps_its_message(session: Session) -> None:
    """The list of what was left out moves along to the supergroup."""
    source, _ = shelf(session, left_out(1))
    row = dropped.turn_to(
        source.id or 0, "blurred", 0, project_id=source.project_id, chat_id=CHAT, session=session
    )
    chats.migrate(CHAT, -1001, session=session)
    session.expire_all()
    assert dropped.shelf_of(source.id or 0, -1001, session=session) == row
