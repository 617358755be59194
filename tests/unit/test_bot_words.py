"""What people read: short, harmless, and buttons that Telegram takes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import wishes
from bot.commands import COMMANDS
from bot.messages import choices as sayable
from bot.messages import (
    collect,
    common,
    dropped,
    export,
    keys,
    label,
    moving,
    news,
    packages,
    project,
    propose,
    queue,
    result,
    stats,
    train,
    why,
)
from bot.messages import compare as comparison
from bot.messages import datasets as frozen
from bot.messages import drawing as drawn
from bot.messages import models as model_words
from bot.messages import notices as hearing
from bot.messages import settings as chosen
from bot.messages import sources as origins
from bot.messages import team as people
from bot.messages.queue import Line, Page
from bot.routes import COMMAND_HANDLERS, PREPARED, TAPS
from bot.wishes import Wish
from pipeline.jobs import milestones
from pipeline.jobs.events import Progress
from pipeline.jobs.spec import ClassFigures, CompareResult, Figures
from pipeline.jobs.spec_collect import Choice, CollectResult
from pipeline.kinds.forms import Wanted
from pipeline.kinds.propose import Kept
from pipeline.kinds.train import PRESETS, go_on
from pipeline.labelling.outlook import Outlook
from pipeline.labelling.reasons import Reason
from pipeline.labelling.standings import Standings
from pipeline.labelling.twotaps import grid
from pipeline.versions import Difference
from storage.figures import Agreement, Ready
from storage.models import (
    DatasetVersion,
    Drawing,
    Job,
    Member,
    Model,
    Notices,
    Project,
    Sheet,
    Shelf,
    Source,
    now,
)
from storage.settings import ProjectSettings
from storage.team import Share

HOSTILE = "<b>&amp;<script>"
LARGE = 2**31 - 1


def named(name: str = HOSTILE, *classes: str) -> Project:
    """A project with a name and classes that try to be markup."""
    return Project(
        id=LARGE, chat_id=-1, name=name, classes=list(classes or (HOSTILE, "dog")), created_by=1
    )


def job(kind: str = "train") -> Job:
    """A job with a large number."""
    request = {"epochs": 25, "imgsz": 320, "architecture": "yolov8n", "source_id": 1}
    return Job(id=LARGE, kind=kind, chat_id=-1, member_id=1, request=request)


def source(state: str = "asking") -> Source:
    """A source whose title tries to be markup."""
    return Source(
        id=LARGE, project_id=1, kind="link", what="x", title=HOSTILE, state=state, created_by=1
    )


def version(number: int) -> DatasetVersion:
    """A version whose classes and notes try to be markup."""
    parts = {part: {"images": LARGE, "boxes": 1} for part in ("train", "val", "test")}
    summary = {"images": LARGE, "boxes": LARGE, "classes": {HOSTILE: 1}, "parts": parts}
    words = {"notes": [HOSTILE], "licence": HOSTILE}
    return DatasetVersion(
        id=number, project_id=1, number=number, digest="a" * 64, key="x", summary=summary | words
    )


def sheet(kind: str = "box", tiles: int = 9) -> Sheet:
    """A painted sheet."""
    return Sheet(
        id=LARGE,
        project_id=1,
        chat_id=-1,
        kind=kind,
        label=HOSTILE,
        tiles=list(range(tiles)),
        picture="aa/x.jpg",
        key="label:1",
    )


def drawing(boxes: int, name: str = "") -> Drawing:
    """A drawing that was read."""
    return Drawing(
        id=LARGE,
        project_id=1,
        chat_id=-1,
        image_id=1,
        label=name,
        boxes=[[0.1, 0.1, 0.2, 0.2]] * boxes,
    )


def standings_of(**what: Any) -> Standings:
    """Figures of a project with nothing but what is said."""
    none = Standings(
        right={},
        ready=Ready(3, 1, 2),
        asking=0,
        check=0,
        fix=0,
        confirm=0,
        draw=0,
        agreement=Agreement(0, 0),
        saved_s=0.0,
    )
    return replace(none, **what)


def every_wish() -> Iterator[Wish]:
    """One of each message that can be made from rows alone."""
    here, state = named(), Outlook(images=3)
    yield project.how_to_add(here)
    yield project.classes(here)
    yield project.classes(Project(chat_id=1, name="x", classes=[], created_by=1))
    yield project.project_list([here] * 40, LARGE)
    yield project.project_list([], None)
    yield project.selected(here)
    yield project.help_text()
    yield project.unknown_command(HOSTILE)
    yield stats.stats(here, standings_of())
    yield stats.stats(here, standings_of(right={HOSTILE: 12, "dog": 500}, check=1, saved_s=9e3))
    yield stats.stats(here, standings_of(agreement=Agreement(10, 9), asking=1, fix=2, draw=3))
    yield propose.guesses(here, Kept(9, 3, 2, 1, True), HOSTILE, 100.0)
    yield propose.guesses(here, Kept(0, 3, 0, 1, True), HOSTILE, 0.0)
    yield propose.guesses(here, Kept(0, 0, 2, 1, True), HOSTILE, 0.0)
    yield propose.cannot_guess(here)
    yield project.not_understood(here)
    yield project.see_photos()
    yield project.ask_new(reply_to=1, who=Member(id=1, name="Ann <3"), private=False)
    yield collect.queued(here, source(), job("collect"))
    for stage in ("fetch", "frames", "screen", "labels", "unheard"):
        yield collect.progress(here, source(), job("collect"), Progress(stage=stage, done=1))
    choices = [Choice(label=HOSTILE * 9, what=HOSTILE) for _ in range(9)]
    offered = CollectResult(
        title="", items_file="items.jsonl", read=0, kept=0, question=HOSTILE, choices=choices
    )
    yield collect.offered(here, source("offered"), offered)
    yield keys.kept([*keys.TITLES], [*keys.TITLES], [*keys.TITLES])
    yield keys.ask_cookies()
    yield keys.only_in_private("a_bot")
    yield keys.delete_it_yourself()
    yield collect.failed(here, source(), HOSTILE)
    yield collect.cancelled(here, source())
    yield collect.removed(here, source(), 2)
    for page in range(5):
        yield origins.listing(here, [source("ready")] * 30, page)
    yield origins.listing(here, [])
    for how in ("collecting", "asking", "ready", "paused", "failed"):
        one = source(how)
        one.kind, one.what, one.nightly_at = "link", HOSTILE, now()
        one.provenance = dict.fromkeys(("title", "link", "author", "licence"), HOSTILE)
        one.counts = {"kept": LARGE, "read": LARGE, "boxes": {"a": 1}, "trouble": HOSTILE}
        yield origins.page(here, one, zone="Asia/Kolkata")
        yield origins.page(here, one, zone="UTC")
    yield origins.fetching(here, source(), job("collect"))
    yield origins.fetching(here, source(), job("collect"), Progress(stage="fetch", done=1))
    yield origins.nothing_new(here, source())
    yield origins.not_fetched(here, source(), HOSTILE)
    yield origins.stopped(here, source())
    data = [version(number) for number in range(20, 0, -1)]
    model = Model(number=7, project_id=1, job_id=1, dataset_id=1, architecture="", imgsz=1)
    here.restored_id = 20
    for page in range(3):
        yield frozen.listing(here, data, {20: [model] * 9}, page)
    yield frozen.listing(here, [], {})
    for one in data[:2]:
        yield frozen.page(here, one, {20: [model]}, list(range(9)), note=HOSTILE)
    boxes = {f"{HOSTILE}{number}": (number, 3) for number in range(40)}
    yield frozen.comparison(here, 1, 2, Difference(1, 2, 3, 4, boxes))
    yield export.choose_for(here, data[0])
    yield frozen.comparison(here, 1, 2, Difference(0, 0, 0, 0, {}))
    presets = dict(PRESETS)
    yield train.card(here, 1, data[0], presets, {"quick": "~1 min"}, gpu=False)
    on = go_on(
        Model(
            number=LARGE, project_id=1, job_id=1, dataset_id=1, architecture="yolov8n", imgsz=1280
        )
    )
    yield train.card(here, 3, data[0], {**presets, "on": on}, {"on": "~1 min"}, gpu=True)
    yield train.queued(here, job(), replace(on, args={"lr0": 0.1}), 1, None)
    for whose in (here, None):
        yield sayable.possible(whose)
    yield collect.uploads_failed(here, [HOSTILE])
    for kind in ("box", "image"):
        yield label.sheet(here, sheet(kind), {1, 9}, done=3)
    for preparing in (True, False):
        yield label.nothing_to_ask(here, state, preparing=preparing)
    yield label.stopped(here, state)
    yield drawn.draw_problem(here, HOSTILE, reply_to=1)
    yield drawn.draw_answer(here, drawing(40), "aa/x.jpg")
    yield drawn.draw_answer(here, drawing(1, "dog"), "aa/x.jpg")
    many = named(HOSTILE, *(f"{HOSTILE}{number}" for number in range(40)))
    for asked in (here, named("cats", "cat"), many):
        yield drawn.draw_request(
            asked, drawing(0), "aa/x.jpg", done=1, goal=3, private=True, more=asked is many
        )
        yield drawn.draw_answer(asked, drawing(40), "aa/x.jpg")
        for taps in ({}, {"todo": [[0.1, 0.1, 0.5, 0.5, ""]] * 2}):
            for cell in (None, [0, 0, 1]):
                tapped = drawing(1)
                tapped.taps = {"todo": [], "cell": cell, **taps}
                yield drawn.grid_question(asked, tapped, "aa/x.jpg", grid(tapped, 1.0))
    yield moving.starting(here, job())
    yield moving.only_the_end(here, job())
    yield moving.no_curve(LARGE)
    yield moving.trained(here, job(), 7, done=12, best=5)
    told = milestones.Told()
    for epoch in range(1, 1000):
        told, _ = milestones.follow(told, milestones.Point(epoch, 0.5, 3.0), 1000)
    running = job()
    running.attempt, running.checkpoint = 3, {"epoch": 7}
    running.told = milestones.write(replace(told, before=(6, 0.4)))
    for figures in ({}, {"map50": 0.5, "map50_95": 0.2, "box_loss": 1.0, "gpu_mem": 9.0}):
        yield moving.progress(here, running, Progress(stage="epoch", done=9, figures=figures))
    yield moving.curve(here, running, "aa/x.png")
    for kind in ("half", "previous", "best", "stalled"):
        yield news.milestone(here, running, milestones.News(kind, 3, 0.5), told)
    yield news.began(here, job())
    yield news.resumed(here, job(), 7)
    judged = Model(number=7, project_id=1, job_id=1, dataset_id=1, architecture="", imgsz=1)
    shares = dict.fromkeys(("precision", "recall", "map50", "map50_95"), 0.5)
    judged.metrics = {"val": {"part": "val", "images": 9, "boxes": 9, **shares}}
    for brought in (judged, model):
        yield news.trained(here, job(), brought)
        yield news.elsewhere(here, brought, HOSTILE)
    running.error = HOSTILE
    yield news.broke(here, running)
    yield news.stopped(here, running)
    yield news.failed_elsewhere(here, running, HOSTILE)
    yield news.closed(HOSTILE)
    yield news.log(here, running, "aa/x.txt", 200)
    ann = Member(id=2**52, name=HOSTILE)
    for place in ("here", "private", "results"):
        chosen_by = Notices(member_id=2**52, place=place, quiet_from=1380, quiet_until=420)
        yield hearing.menu(ann, chosen_by, closed=True)
    yield hearing.watching(HOSTILE, job())
    yield hearing.hears_here(job())
    yield hearing.open_me(HOSTILE, "a_bot")
    yield hearing.not_watching(HOSTILE, [LARGE])
    yield hearing.not_watching(HOSTILE, [])
    yield train.cancelled(here, job())
    yield train.retrying(here, job())
    yield train.failed(here, job(), HOSTILE)
    lines = [
        Line(job(), 0, left=LARGE, who=HOSTILE, project=HOSTILE),
        Line(job("collect"), LARGE, LARGE, LARGE, who=HOSTILE, project=HOSTILE, up=True),
        *[Line(job("package"), 1, 1, 1.0, who=HOSTILE * 9, project=HOSTILE * 9, up=True)] * 3,
    ]
    yield queue.queue(here, Page(lines, LARGE, 7, 9, all_chats=True))
    yield queue.queue(None, Page([], 0))
    yield queue.cancelling(here, job())
    yield model_words.history(here, [])
    many = [
        Model(
            number=number,
            project_id=1,
            job_id=number,
            dataset_id=20,
            architecture=HOSTILE,
            imgsz=320,
            promoted=number % 2 == 1,
            metrics={},
            details={
                "start_weights": HOSTILE,
                "epochs": LARGE,
                "against": {"number": 3, "new": 0.6, "old": 0.63, "images": 42},
            },
        )
        for number in range(40, 0, -1)
    ]
    yield model_words.history(here, many, many[1], {20: version(20)})
    wanted = Wanted("litert", "uint8", 1280)
    one = many[0]
    one.package_key, package = "aa/a.zip", {"size_bytes": LARGE, "single_key": "aa/a.html"}
    one.details = {**one.details, "package": {**package, "single_bytes": LARGE}}
    yield packages.menu(here, one)
    yield from packages.package(here, one, page=HOSTILE)
    yield from packages.weights(here, one, 1)
    yield packages.making(here, job("package"), LARGE, wanted)
    yield packages.ready(here, LARGE, wanted)
    running.error = HOSTILE
    yield packages.not_made(here, running, LARGE, wanted, HOSTILE)
    yield packages.not_made(here, running, LARGE, wanted)
    rows = [ClassFigures(label=HOSTILE, images=1, boxes=LARGE, **shares)] * 80
    judged_by = Figures(part="test", images=9, boxes=9, classes=rows, **shares)
    both = CompareResult(numbers=(7, LARGE), figures=(judged_by, judged_by), differing=1)
    yield comparison.choose(here, [(many[1], many[0])] * 6)
    yield comparison.comparing(here, job(), (7, LARGE))
    yield comparison.compared(here, (7, LARGE))
    for shown in ([], ["aa/a.jpg"], ["aa/a.jpg"] * 6):
        found = both.model_copy(update={"drawn": shown})
        yield from comparison.told(here, job(), found, many[0])
    yield comparison.not_compared(here, running, (7, LARGE), HOSTILE)
    yield model_words.curve(here, "aa/a.png")
    yield model_words.in_use(here, many[0], many[1])
    yield model_words.in_use(here, many[0], None)
    yield chosen.zones(here, ProjectSettings())
    settings = ProjectSettings(votes=9, votes_by_class={HOSTILE: 5})
    yield chosen.menu(here, settings, may_change=True, people=1, notes=[HOSTILE])
    yield chosen.menu(here, settings, may_change=False)
    yield chosen.by_class(named("x", *[f"{n} {HOSTILE * 4}" for n in range(80)]), settings, 3)
    yield chosen.role_given(here, HOSTILE, "viewer", 2**52, None)
    yield chosen.role_undone(here, HOSTILE)
    share = Share(2**52, HOSTILE, "viewer", False, 1200, 3, 1, 1, 2, 30, 29, 4, 3)
    yield people.team(here, [share] * 15, 3, username="a_bot")
    yield people.team(here, [], 0, username="")
    yield people.for_admins(here, [share] * 15)
    for fixed in (None, HOSTILE):
        yield people.member(here, share, fixed=fixed)
    yield people.left_out(here, share, counting=True)
    yield people.back_in(here, share, counting=False)
    reason = Reason("box", LARGE, HOSTILE, "votes", "wrong", answers={1: "wrong"}, sure=0.02)
    for how in ("votes", "trust", "reopened", "known", "merged", "open"):
        told = replace(reason, how=how, instead=f"class:{HOSTILE}", source=HOSTILE)
        yield why.tiles(here, [told] * 9, f"s{LARGE}", many_votes=True)
        yield why.detail(here, told, 9, f"s{LARGE}", votes=3, admin=True)
    yield why.prediction(here, reply_to=1)
    shelf = Shelf(
        id=LARGE, project_id=1, source_id=LARGE, chat_id=-1, reason="near_duplicate", page=3
    )
    shelf.shown = [LARGE] * 9
    many = {"near_duplicate": LARGE, "blurred": 1, "dark": 2, "tiny": 3}
    yield dropped.page(here, source(), shelf, many, picture="aa/a.jpg")
    yield dropped.empty(here, source(), 1)
    yield dropped.not_painted(here, source())


@pytest.mark.parametrize("wish", list(every_wish()), ids=lambda wish: wish["kind"])
def test_every_message_is_what_telegram_takes(wish: Wish) -> None:
    """No markup of people's passes, no button is too long or too many, and each leads somewhere."""
    assert "<script>" not in wish["text"]
    assert wish["text"].count("<b>") == wish["text"].count("</b>")
    limit = wishes.TEXT_LIMIT if wish["kind"] == "text" else wishes.CAPTION_LIMIT
    assert 0 < len(wish["text"]) <= limit
    buttons = [button for row in wish["keyboard"] for button in row]
    assert len(buttons) <= 100
    assert all(0 < len(row) <= 8 for row in wish["keyboard"])
    for button in buttons:
        assert button["text"].strip()
        if "data" in button:
            version, verb, *_ = button["data"].split(":")
            assert version == "v1"
            assert verb.partition("@")[0] in TAPS.keys() | PREPARED.keys()
            assert len(button["data"].encode()) <= 64


def test_every_command_has_a_handler() -> None:
    """What the menu offers is answered, and nothing is answered that the menu hides."""
    assert [command.name for command in COMMANDS] == list(COMMAND_HANDLERS)
    for command in COMMANDS:
        assert f"/{command.name}" in project.help_text()["text"]
        assert len(f"{command.words} {command.usage}") <= 256


@given(st.integers(1, 9), st.sets(st.integers(1, 9)), st.sampled_from(["box", "image"]))
def test_a_sheets_keyboard(tiles: int, marked: set[int], kind: str) -> None:
    """A button a tile, its text beginning with its number; the five answers after them."""
    keyboard = label.sheet_keyboard(sheet(kind, tiles), marked)
    texts = [button["text"] for row in keyboard for button in row]
    for place in range(1, tiles + 1):
        assert texts[place - 1] == (f"{place} ❌" if place in marked else str(place))
    assert [text[0] for text in texts[tiles:]] == ["✅", "❌", "⏭", "↩", "⏹"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "0 s"), (59.4, "59 s"), (100, "1:40 min"), (3599, "59:59 min"), (7500, "2 h 5 min")],
)
def test_durations(seconds: float, words: str) -> None:
    """Times as people say them."""
    assert common.duration(seconds) == words


@given(st.floats(allow_nan=False))
def test_a_bar_has_ten_parts(share: float) -> None:
    """Any share, also an impossible one, gives a whole bar."""
    assert len(common.bar(share)) == 10


def test_counts_and_lists() -> None:
    """One, many, thousands; and a list with its last name after `and`."""
    assert common.count(1, "box", "boxes") == "1 box"
    assert common.count(1200, "picture") == "1,200 pictures"
    assert common.listed(["a", "b", "c"]) == "a, b and c"
    assert common.listed(["a"]) == "a"
    assert common.listed([]) == ""


def test_the_head_is_harmless() -> None:
    """A project's name heads messages without being markup."""
    assert common.head(named("a<b")) == "<b>a&lt;b</b> · "
    assert common.head(None) == ""


@pytest.mark.parametrize(
    ("recall", "precision", "boxes", "words"),
    [(0.8, 0.9, 28, "finds 8 of 10 cats"), (0.5, 1.0, 4, "finds 2 of 4 cats")],
)
def test_figures_in_words(recall: float, precision: float, boxes: int, words: str) -> None:
    """A result is said in numbers that can be pictured."""
    figures = Figures(
        part="val",
        map50=0.7,
        map50_95=0.4,
        precision=precision,
        recall=recall,
        images=9,
        boxes=boxes,
    )
    assert result.in_words("cat", figures).startswith(words)


def test_a_button_too_long_for_telegram_is_our_own_fault() -> None:
    """Data over 64 bytes never leaves the house."""
    with pytest.raises(AssertionError):
        wishes.button("x", "y" * 70)
