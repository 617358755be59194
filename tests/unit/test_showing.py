"""An open sheet that Telegram did not take is shown when somebody asks for it."""

from sqlmodel import Session

from bot.listener import JobListener
from bot.painter import show_sheet
from bot.services import Services
from bot.settings import Settings
from pipeline.kinds.places import Places
from storage import outbox
from storage.db import Database
from storage.models import Sheet
from tests.support.project import ANN, make_image, make_project, make_source

TOKEN = "123456:" + "t" * 35


def test_a_sheet_that_was_refused_is_sent_again(
    session: Session, db: Database, places: Places
) -> None:
    """Whoever blocked the bot meanwhile gets their sheet at the next /label."""
    services = Services(
        settings=Settings(token=TOKEN, home=places.home, _env_file=None),
        db=db,
        places=places,
        listener=JobListener(places, "", ""),
    )
    project = make_project(session, chat_id=ANN)
    _, (box,) = make_image(session, make_source(session, project), boxes=1)
    sheet = Sheet(
        project_id=project.id or 0, chat_id=ANN, member_id=ANN, kind="box", label="cat",
        tiles=[box.id or 0], key="label:1", state="open", picture="aa/1.jpg",
    )  # fmt: skip
    session.add(sheet)
    session.flush()
    show_sheet(sheet, services=services, session=session)
    row = outbox.get(sheet.key, session=session)
    assert row is not None
    outbox.failed(row.id or 0, version=row.version, session=session)
    show_sheet(sheet, services=services, session=session)
    assert row.state == "waiting"
