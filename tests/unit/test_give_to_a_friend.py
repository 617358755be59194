"""📤 under a training's result: the link of `/share`, or one sentence."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlmodel import Session, col, select

from bot.groups import Groups, Question
from bot.handlers import share
from bot.messages.result import finish
from bot.routes import PREPARED, TAPS
from bot.services import Services
from bot.settings import Settings
from bot.turn import Context, NotInGroup, Turn
from pipeline.errors import UserError
from pipeline.kinds.places import Places
from storage import chats, shares
from storage.models import DatasetVersion, Message, Model
from tests.support.project import ANN, BEN, CHAT
from tests.support.shared_page import BOT_TOKEN, OWN, shared_model, write_page

URL = "https://cats.example"


class Offer:
    """A model whose page is there, and a bot that may have an address."""

    def __init__(self, session: Session, places: Places, public_url: str) -> None:
        self.session = session
        self.project, self.model = shared_model(session, places)
        write_page(places)
        self.groups = Groups()
        self.groups.saw(CHAT, ANN)
        settings = Settings(
            token=BOT_TOKEN, home=places.home, public_url=public_url, _env_file=None
        )
        self.services = Services(
            settings=settings,
            db=None,  # a turn has its session
            places=places,
            listener=None,  # no job runs here
            web_url="http://127.0.0.1:8765",
            groups=self.groups,
        )

    def tap(self, member: int, number: str = "1") -> str:
        """A tap on the button by this member, in the project's group."""
        context = cast(Context, SimpleNamespace(bot_data={"services": self.services}))
        tap = asyncio.run(share.prepare_tap(context))
        chat = chats.chat(CHAT, type_="group", title="Cats", session=self.session)
        who = chats.member(member, name=f"M{member}", username=None, session=self.session)
        self.session.flush()
        asked = frozenset({Question(CHAT), Question(CHAT, member)})
        key = f"tap:{member}:{number}"
        turn = Turn(self.session, self.services, key, chat, who, None, tapped=5, asked=asked)
        turn.meant = self.project
        return tap(turn, [number])

    def told(self) -> list[dict[str, Any]]:
        """What the outbox wishes, in order."""
        rows = self.session.exec(select(Message).order_by(col(Message.id)))
        return [row.payload for row in rows]


@pytest.fixture
def offer(session: Session, places: Places) -> Offer:
    """With an address."""
    return Offer(session, places, URL)


def test_a_tap_does_what_the_command_does(offer: Offer) -> None:
    """A link of its own, its QR picture, and the way to end it."""
    assert offer.tap(ANN) == "📤"
    [row] = shares.open_of(offer.project.id or 0, session=offer.session)
    assert (row.model_id, row.member_id) == (offer.model.id, ANN)
    [wish] = offer.told()
    assert f"{URL}/m/{row.token}/" in wish["text"]
    assert offer.services.places.files.read(wish["file"]).startswith(b"\x89PNG")
    assert OWN not in wish["text"]


def test_without_an_address_it_says_what_works(session: Session, places: Places) -> None:
    """No link is made that would open on the bot's machine alone."""
    offer = Offer(session, places, "")
    offer.tap(ANN)
    [wish] = offer.told()
    assert "no address on the web" in wish["text"]
    assert shares.open_of(offer.project.id or 0, session=session) == []


def test_others_get_one_sentence(offer: Offer) -> None:
    """Somebody from outside, a labeller, and whoever means a version that is not there."""
    offer.groups.lost(CHAT, 77)
    with pytest.raises(NotInGroup):
        offer.tap(77)
    offer.groups.saw(CHAT, BEN)
    with pytest.raises(UserError, match="Only admins may share models here"):
        offer.tap(BEN)
    with pytest.raises(UserError, match="There is no v9"):
        offer.tap(ANN, "9")
    assert offer.told() == []
    assert shares.open_of(offer.project.id or 0, session=offer.session) == []


@pytest.mark.parametrize(
    ("where", "there"),
    [
        ({"page": f"{URL}/m/x/", "local": "http://x/"}, True),
        ({"local": "http://x/"}, True),
        ({}, False),
    ],
)
def test_the_result_offers_it_where_there_is_a_page(
    offer: Offer, where: dict[str, str], there: bool
) -> None:
    """Of this very model, in this very project; its tap is known."""
    data = offer.session.get_one(DatasetVersion, offer.model.dataset_id)
    model = offer.session.get_one(Model, offer.model.id)
    buttons = [
        one for row in finish(offer.project, model, data, **where)["keyboard"] for one in row
    ]
    found = [one["data"] for one in buttons if one["text"].startswith("📤")]
    assert found == ([f"v1:share@{offer.project.id}:1"] if there else [])
    assert "share" in PREPARED
    assert not PREPARED.keys() & TAPS.keys()
