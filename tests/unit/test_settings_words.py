"""What `/settings` understands, and how its menu reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import choices
from bot.choices import Wanted
from bot.messages import settings as words
from pipeline.errors import UserError
from storage.models import Project
from storage.settings import MAX_VOTES, ProjectSettings

CLASSES = ["apple", "Red lemon"]


def project(chat_id: int = -1, classes: list[str] | None = None) -> Project:
    """A project with two classes."""
    return Project(id=7, chat_id=chat_id, name="f<ruit", classes=classes or CLASSES, created_by=1)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("votes=3", Wanted({"votes": 3})),
        ("VOTES = 9", Wanted({"votes": 9})),
        ("votes.apple=5", Wanted(votes_by_class={"apple": 5})),
        ("votes.red lemon=5 votes=3", Wanted({"votes": 3}, {"Red lemon": 5})),
        ("votes.apple=default", Wanted(votes_by_class={"apple": None})),
        ("autotrain=off", Wanted({"autotrain": False})),
        (
            "train=admins delete=Everyone invite=admins",
            Wanted({"train": "admins", "delete": "everyone", "invite": "admins"}),
        ),
        ("zone=europe/berlin votes=3", Wanted({"zone": "Europe/Berlin", "votes": 3})),
        ("role=viewer", Wanted(role="viewer")),
        ("role viewer", Wanted(role="viewer")),
        ("role @ben Viewer", Wanted(role="viewer", who="@ben")),
        ("role admin Ben Kim", Wanted(role="admin", who="Ben Kim")),
    ],
)
def test_what_is_understood(said: str, wanted: Wanted) -> None:
    """Several at once, in any case, with classes of more than one word."""
    assert choices.parse(said, CLASSES) == wanted


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("vote=3", choices.NAMES),
        ("votes", choices.NAMES),
        ("votes=", choices.NAMES),
        ("=3", choices.NAMES),
        ("votes=0", f"from 1 to {MAX_VOTES}"),
        ("votes=10", f"from 1 to {MAX_VOTES}"),
        ("votes=2.5", f"from 1 to {MAX_VOTES}"),
        ("votes=²", f"from 1 to {MAX_VOTES}"),
        ("votes.pear=3", "no class “pear”"),
        ("votes.=3", "no class “”"),
        ("autotrain=perhaps", "on or off"),
        ("train=nobody", "everyone or admins"),
        ("zone=Atlantis", "zone=Europe/Berlin"),
        ("role=king", "admin, labeller, viewer"),
        ("role", "admin, labeller, viewer"),
        ("role admin viewer", "admin, labeller, viewer"),
    ],
)
def test_what_is_not(said: str, told: str) -> None:
    """One sentence that lists what there is."""
    with pytest.raises(UserError) as refusal:
        choices.parse(said, CLASSES)
    assert told in refusal.value.user_message
    assert len(refusal.value.user_message) < 200


@given(st.text(max_size=60))
def test_any_words_are_understood_or_refused(said: str) -> None:
    """Whatever comes after the command, nothing else happens."""
    try:
        choices.parse(said, CLASSES)
    except UserError as refusal:
        assert len(refusal.user_message) < 250  # noqa: PT017  # both outcomes are right


def test_the_menu_offers_what_is_not_chosen() -> None:
    """The chosen number is marked, and a switch carries the value that a tap would give it."""
    chosen = ProjectSettings(votes=3, votes_by_class={"apple": 5, "gone": 9}, delete="everyone")
    menu = words.menu(project(), chosen, may_change=True, people=2)
    assert "f&lt;ruit" in menu["text"]
    assert "3 votes a tile; apple 5\n" in menu["text"]
    assert "You are 2 people here: a tile waits for 3 to answer" in menu["text"]
    buttons = {b["text"]: b["data"] for row in menu["keyboard"] for b in row}
    assert buttons["● 3 votes"] == "v1:set@7:votes:3"
    assert buttons["🗑 Take out: everyone"] == "v1:set@7:delete:admins"
    assert buttons["🤖 By itself: on"] == "v1:set@7:autotrain:off"
    read = words.menu(project(), chosen, may_change=False)
    assert read["keyboard"] == []
    private = words.menu(project(chat_id=5), chosen, may_change=True, people=1)
    assert "may train" not in private["text"]
    assert "alone here" in private["text"]


def test_eighty_classes_fill_pages() -> None:
    """Every class has one button, on one of the pages; names of any length fit."""
    names = [f"{number} {'ж' * 38}" for number in range(80)]
    seen = []
    for page in range(7):
        wish = words.by_class(project(classes=names), ProjectSettings(), page)
        seen += [
            b["data"].split(":")[3] for row in wish["keyboard"] for b in row if ": " in b["text"]
        ]
    assert seen == [str(number) for number in range(80)]
    assert words.by_class(project(), ProjectSettings(), 99) == words.by_class(
        project(), ProjectSettings(), 0
    )


def test_a_class_goes_round() -> None:
    """Taps on a class choose 1, 3, 5 and then what all the others need; odd numbers lead on."""
    assert [words.following(n) for n in (None, 1, 2, 3, 5, 9)] == [1, 3, 3, 5, None, None]
