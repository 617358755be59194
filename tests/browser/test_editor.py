"""The editor on a phone and on a desktop, in a real browser, opened as Telegram opens it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from bot.webapp.editor_page import PAGE
from storage.models import Image, Project
from tests.support.chromium import NO_GPU
from tests.support.editor import EditorHouse, editor_house

PHONE = {"width": 390, "height": 844}
Point = tuple[float, float]
GUESS = (0.2, 0.3, 0.5, 0.7)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EditorHouse]:
    """The server that all tests share; each has a group and a project of its own."""
    with editor_house(tmp_path_factory.mktemp("editor")) as house:
        yield house


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser; each page has a profile of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=NO_GPU)
        yield browser
        browser.close()


@dataclass
class Work:
    """A group with a project and its pictures."""

    house: EditorHouse
    chat: int
    project: Project
    pictures: list[Image]

    def link(self, name: str = "Ann", at: int = 0, **how: Any) -> str:
        """The address that Telegram would open."""
        return self.house.link(self.pictures[at], self.chat, name, **how)


def work(house: EditorHouse, *boxes: list[Any], classes: tuple[str, ...] = ("cat",)) -> Work:
    """Two people and frames of a clip with these guessed boxes."""
    chat = house.group("Ann", "Ben")
    project = house.project(chat, *classes)
    return Work(house, chat, project, house.pictures(project, list(boxes), video=True))


@contextmanager
def context(browser: Browser, **options: Any) -> Iterator[BrowserContext]:
    """A phone's browser, or what `options` say."""
    phone: dict[str, Any] = {
        "viewport": PHONE,
        "has_touch": True,
        "is_mobile": True,
        # What a service worker asks for would pass by the routes of a test.
        "service_workers": "block",
    }
    made = browser.new_context(**(phone | options))
    made.route("https://telegram.org/**", lambda route: route.abort())
    yield made
    made.close()


@contextmanager
def editor(browser: Browser, url: str, **options: Any) -> Iterator[Screen]:
    """The editor with its picture shown; errors of its scripts fail the test."""
    with context(browser, **options) as made:
        screen = Screen(made.new_page())
        screen.open(url)
        yield screen
        screen.check()


class Screen:
    """The page, and the fingers on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        self._touch = page.context.new_cdp_session(page)

    def open(self, url: str) -> None:
        """Open an address and wait for the picture."""
        self.page.goto(url)
        expect(self.page.locator("#project")).to_have_text("cats")
        expect(self.page.locator("#done-words")).to_contain_text("Done")

    def check(self) -> None:
        """Nothing went wrong in the scripts, and every change is saved."""
        expect(self.page.locator("#status")).to_have_text("Saved")
        assert self.errors == []

    def at(self, x: float, y: float) -> Point:
        """Where a place of the whole picture (0..1) is on the screen."""
        box = self.page.locator("#stage").bounding_box()
        assert box is not None
        scale = min((box["width"] - 20) / 1200, (box["height"] - 20) / 900)
        left = box["x"] + (box["width"] - 1200 * scale) / 2
        top = box["y"] + (box["height"] - 900 * scale) / 2
        return left + x * 1200 * scale, top + y * 900 * scale

    def fingers(self, kind: str, *points: Point) -> None:
        """What the fingers do: start, move or end."""
        touches = [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(points)]
        self._touch.send(
            "Input.dispatchTouchEvent",
            {"type": f"touch{kind.capitalize()}", "touchPoints": touches},
        )

    def swipe(self, start: Point, end: Point, *, lift: bool = True) -> None:
        """One finger from here to there."""
        self.fingers("start", start)
        for step in (0.2, 0.6, 1.0):
            x = start[0] + (end[0] - start[0]) * step
            y = start[1] + (end[1] - start[1]) * step
            self.fingers("move", (x, y))
        if lift:
            self.fingers("end")

    def draw(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """Drag a box over a place of the picture."""
        self.swipe(self.at(x1, y1), self.at(x2, y2))

    def tap(self, x: float, y: float) -> None:
        """Touch a place of the picture shortly."""
        self.fingers("start", self.at(x, y))
        self.fingers("end")

    def press(self, name: str) -> None:
        """A button of the page, once the picture is there."""
        expect(self.page.locator("body")).to_have_attribute("data-ready", re.compile("here|ahead"))
        self.page.locator(f"#{name}").click()

    def tool(self, name: str) -> None:
        """Take up a tool."""
        self.page.locator(f"[data-tool={name}]").click()

    def saved(self) -> None:
        """Wait until every change is with the server."""
        expect(self.page.locator("#status")).to_have_attribute("data-state", "saved")

    def done_says(self, words: str) -> None:
        """What the large button says: it counts the boxes."""
        expect(self.page.locator("#done-words")).to_have_text(words)


def close_to(place: Any, wanted: tuple[float, ...], by: float = 0.012) -> bool:
    """Whether a box is where it was drawn, give or take a pixel of the screen."""
    here = (place.x1, place.y1, place.x2, place.y2)
    return all(abs(a - b) <= by for a, b in zip(here, wanted, strict=True))


def test_a_finger_drags_a_box(house: EditorHouse, browser: Browser) -> None:
    """It is saved at once as a right label, where it was drawn; Undo takes it back."""
    own = work(house, [])
    with editor(browser, own.link()) as screen:
        screen.draw(0.2, 0.3, 0.6, 0.8)
        screen.done_says("Done · 1 box")
        screen.saved()
        [box] = house.boxes(own.pictures[0])
        assert close_to(box, (0.2, 0.3, 0.6, 0.8))
        assert (box.label, box.origin, box.verdict) == ("cat", "drawn", "right")
        screen.press("undo")
        screen.done_says("Done · nothing here")
        screen.saved()
        assert house.boxes(own.pictures[0]) == []


def test_four_touches_make_a_box(house: EditorHouse, browser: Browser) -> None:
    """Top, left, bottom and right edge in any order; a wrong touch is undone alone."""
    own = work(house, [], classes=("cat", "dog"))
    with editor(browser, own.link()) as screen:
        screen.tool("points")
        screen.page.get_by_role("radio", name="dog").click()
        for point in ((0.5, 0.2), (0.3, 0.4), (0.9, 0.95)):
            screen.tap(*point)
        expect(screen.page.locator("#hint")).to_contain_text("1 more edge")
        screen.press("undo")
        for point in ((0.45, 0.7), (0.7, 0.5)):
            screen.tap(*point)
        screen.done_says("Done · 1 box")
        screen.saved()
    [box] = house.boxes(own.pictures[0])
    assert close_to(box, (0.3, 0.2, 0.7, 0.7))
    assert box.label == "dog"


def test_the_magnifier_stands_beside_the_finger(house: EditorHouse, browser: Browser) -> None:
    """It shows while a finger is down, never under it, inside the field, and goes with it."""
    own = work(house, [])
    with editor(browser, own.link()) as screen:
        screen.tool("points")
        loupe = screen.page.locator("#loupe")
        field = screen.page.locator("#field").bounding_box()
        assert field is not None
        for x, y in ((0.5, 0.5), (0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)):
            finger = screen.at(x, y)
            screen.fingers("start", finger)
            expect(loupe).to_be_visible()
            seen = loupe.bounding_box()
            assert seen is not None
            radius = seen["width"] / 2
            middle = (seen["x"] + radius, seen["y"] + radius)
            away = ((middle[0] - finger[0]) ** 2 + (middle[1] - finger[1]) ** 2) ** 0.5
            assert away > radius + 20
            assert seen["x"] >= field["x"]
            assert seen["y"] >= field["y"]
            assert seen["x"] + seen["width"] <= field["x"] + field["width"]
            screen.fingers("end")
            expect(loupe).to_be_hidden()
            screen.press("undo")


def test_a_box_is_fixed_by_its_handle(house: EditorHouse, browser: Browser) -> None:
    """A touch chooses it, a handle changes it: the old box stays as wrong, the new one counts."""
    own = work(house, [GUESS])
    with editor(browser, own.link()) as screen:
        screen.tap(0.3, 0.5)
        expect(screen.page.locator("#hint")).to_contain_text("cat? Right, or fix it")
        screen.swipe(screen.at(0.5, 0.7), screen.at(0.8, 0.9), lift=False)
        expect(screen.page.locator("#loupe")).to_be_visible()
        screen.fingers("end")
        screen.saved()
    old, new = house.every_box(own.pictures[0])
    assert (old.verdict, old.x2, new.parent_id) == ("wrong", 0.5, old.id)
    assert close_to(new, (0.2, 0.3, 0.8, 0.9))


def test_a_box_is_moved_with_the_hand(house: EditorHouse, browser: Browser) -> None:
    """In the moving tool the chosen box follows the finger, and stays on the picture."""
    own = work(house, [GUESS])
    with editor(browser, own.link()) as screen:
        screen.tool("hand")
        screen.tap(0.3, 0.5)
        screen.swipe(screen.at(0.3, 0.5), screen.at(0.95, 0.5))
        screen.saved()
    [box] = house.boxes(own.pictures[0])
    assert close_to(box, (0.7, 0.3, 1.0, 0.7))


def test_a_guess_is_accepted_deleted_or_of_another_class(
    house: EditorHouse, browser: Browser
) -> None:
    """Each is one touch, and each is undone by one."""
    own = work(house, [GUESS, (0.6, 0.3, 0.9, 0.7)], classes=("cat", "dog"))
    with editor(browser, own.link()) as screen:
        screen.tap(0.3, 0.5)
        screen.press("accept")
        screen.tap(0.75, 0.5)
        screen.page.get_by_role("radio", name="dog").click()
        screen.saved()
        right, fixed = house.boxes(own.pictures[0])
        assert (right.verdict, right.origin) == ("right", "model")
        assert (fixed.label, fixed.origin, fixed.verdict) == ("dog", "fixed", "right")
        screen.tap(0.3, 0.5)
        screen.press("delete")
        screen.done_says("Done · 1 box")
        screen.saved()
        for _ in range(3):
            screen.press("undo")
        screen.done_says("Done · 2 boxes")
        screen.saved()
        assert [box.verdict for box in house.boxes(own.pictures[0])] == [None, None]


def test_two_fingers_zoom_and_take_back_what_one_began(
    house: EditorHouse, browser: Browser
) -> None:
    """A pinch draws nothing; what is drawn when near is where it was drawn."""
    own = work(house, [])
    with editor(browser, own.link()) as screen:
        a, b = screen.at(0.45, 0.5), screen.at(0.55, 0.5)
        fit = screen.page.locator("#fit")
        expect(fit).to_be_hidden()
        screen.swipe(a, (a[0] + 30, a[1] + 30), lift=False)
        screen.fingers("start", (a[0] + 30, a[1] + 30), (b[0] + 30, b[1] + 30))
        for step in range(1, 6):
            screen.fingers(
                "move", (a[0] + 30 - 17 * step, a[1] + 30), (b[0] + 30 + 17 * step, b[1] + 30)
            )
        screen.fingers("end")
        expect(fit).to_be_visible()
        screen.done_says("Done · nothing here")
        zoom = float(screen.page.locator("#stage").get_attribute("data-zoom") or 0)
        assert 3 < zoom < 7
        screen.swipe((120, 300), (270, 500))
        screen.done_says("Done · 1 box")
        screen.saved()
        [box] = house.boxes(own.pictures[0])
        assert box.x2 - box.x1 == pytest.approx(150 / (PHONE["width"] - 20) / zoom, abs=0.01)
        fit.click()
        expect(fit).to_be_hidden()


def test_a_lost_network_loses_nothing(house: EditorHouse, browser: Browser) -> None:
    """Changes wait, survive a reload, and are sent once when the network is back."""
    own = work(house, [], [])
    with context(browser) as made:
        screen = Screen(made.new_page())
        screen.open(own.link())
        made.set_offline(True)
        screen.draw(0.1, 0.1, 0.3, 0.4)
        screen.draw(0.5, 0.5, 0.8, 0.9)
        expect(screen.page.locator("#status")).to_have_text("2 changes wait")
        screen.press("status")
        expect(screen.page.locator("#toast")).to_contain_text("sent by themselves")
        assert house.boxes(own.pictures[0]) == []
        # The edits' way is blocked while the page comes anew.
        made.route("**/ops", lambda route: route.abort())
        made.set_offline(False)
        screen.page.reload()
        screen.done_says("Done · 2 boxes")
        expect(screen.page.locator("#status")).to_have_text("2 changes wait")
        made.unroute("**/ops")
        screen.saved()
        assert len(house.boxes(own.pictures[0])) == 2
        screen.check()


def test_a_lost_answer_changes_nothing_twice(house: EditorHouse, browser: Browser) -> None:
    """The server did it but the answer got lost: it is sent again, and there is one box."""
    own = work(house, [])
    with context(browser) as made:
        screen = Screen(made.new_page())
        screen.open(own.link())
        lost = []

        def lose(route: Any) -> None:
            if lost:
                route.continue_()
            else:
                lost.append(route.fetch())
                route.abort()

        made.route("**/ops", lose)
        screen.draw(0.1, 0.1, 0.3, 0.4)
        screen.saved()
        assert [answer.status for answer in lost] == [200]
        assert len(house.every_box(own.pictures[0])) == 1
        screen.done_says("Done · 1 box")
        screen.check()


def test_without_network_the_next_picture_is_there_already(
    house: EditorHouse, browser: Browser
) -> None:
    """It was fetched while this one was worked on; what is drawn there waits as well."""
    own = work(house, [], [], [])
    with context(browser) as made:
        screen = Screen(made.new_page())
        screen.open(own.link())
        expect(screen.page.locator("body")).to_have_attribute("data-ready", "ahead")
        made.set_offline(True)
        screen.draw(0.2, 0.2, 0.5, 0.5)
        screen.press("done")
        screen.done_says("Done · nothing here")
        screen.draw(0.4, 0.4, 0.9, 0.9)
        screen.press("skip")
        expect(screen.page.locator("#toast")).to_contain_text("No network")
        made.set_offline(False)
        screen.saved()
        assert house.answer(own.pictures[0]) == "complete"
        assert [len(house.boxes(one)) for one in own.pictures] == [1, 1, 0]
        screen.check()


def test_two_people_see_each_other(house: EditorHouse, browser: Browser) -> None:
    """Who else is there is told, and what they change appears by itself."""
    own = work(house, [GUESS])
    with (
        editor(browser, own.link("Ann", shared=True)) as ann,
        editor(browser, own.link("Ben", shared=True)) as ben,
    ):
        expect(ben.page.locator("#people")).to_have_text("Ann is on this picture too")
        expect(ann.page.locator("#people")).to_have_text("Ben is on this picture too")
        ben.draw(0.6, 0.1, 0.9, 0.4)
        ann.done_says("Done · 2 boxes")
        expect(ann.page.locator("#toast")).to_have_text("Ben changed this picture")
        # Both take hold of the guess; Ben is first.
        ann.tap(0.3, 0.5)
        ben.tap(0.3, 0.5)
        ben.page.context.set_offline(False)
        ann.page.context.set_offline(True)
        ann.swipe(ann.at(0.5, 0.7), ann.at(0.6, 0.8))
        ben.swipe(ben.at(0.5, 0.7), ben.at(0.7, 0.9))
        ben.saved()
        ann.page.context.set_offline(False)
        expect(ann.page.locator("#toast")).to_contain_text("Somebody else changed that box first")
        ann.done_says("Done · 2 boxes")
    assert sorted(round(box.x2, 1) for box in house.boxes(own.pictures[0])) == [0.7, 0.9]


def test_the_frame_before_is_copied_and_back_leads_there(
    house: EditorHouse, browser: Browser
) -> None:
    """Done goes on to the next frame, Copy brings the boxes along, back shows the frame before."""
    own = work(house, [], [])
    with editor(browser, own.link()) as screen:
        screen.draw(0.2, 0.3, 0.6, 0.8)
        screen.press("done")
        screen.done_says("Done · nothing here")
        screen.press("copy")
        expect(screen.page.locator("#toast")).to_have_text("Copied 1 from the frame before")
        screen.press("copy")
        expect(screen.page.locator("#toast")).to_have_text("They are all here already.")
        screen.done_says("Done · 1 box")
        screen.press("back")
        screen.done_says("Next")
        screen.press("undo")
        screen.done_says("Done · 1 box")
        screen.press("done")
        screen.done_says("Done · 1 box")
        screen.press("done")
        expect(screen.page.locator("#notice-words")).to_contain_text("Every picture is done")
    first, second = own.pictures
    assert house.answer(first) == house.answer(second) == "complete"
    assert close_to(house.boxes(second)[0], (0.2, 0.3, 0.6, 0.8))


def test_a_mouse_and_labelimgs_keys(house: EditorHouse, browser: Browser) -> None:
    """W draws, Del deletes, Ctrl+Z undoes, Ctrl+S is done, a and d go back and on."""
    own = work(house, [], [])
    desk = {"viewport": {"width": 1280, "height": 800}, "has_touch": False, "is_mobile": False}
    with editor(browser, own.link(), **desk) as screen:
        mouse, keys = screen.page.mouse, screen.page.keyboard
        keys.press("w")
        mouse.move(*screen.at(0.2, 0.2))
        mouse.down()
        mouse.move(*screen.at(0.4, 0.4), steps=3)
        mouse.move(*screen.at(0.5, 0.6))
        mouse.up()
        screen.done_says("Done · 1 box")
        expect(screen.page.locator("#loupe")).to_be_hidden()
        keys.press("Delete")
        screen.done_says("Done · nothing here")
        keys.press("Control+z")
        screen.done_says("Done · 1 box")
        keys.press("Control+s")
        screen.done_says("Done · nothing here")
        keys.press("a")
        screen.done_says("Next")
        keys.press("d")
        screen.done_says("Done · nothing here")
        mouse.move(*screen.at(0.5, 0.5))
        mouse.wheel(0, -400)
        expect(screen.page.locator("#fit")).to_be_visible()
        keys.press("f")
        expect(screen.page.locator("#fit")).to_be_hidden()
    [box] = house.boxes(own.pictures[0])
    assert close_to(box, (0.2, 0.2, 0.5, 0.6))
    assert house.answer(own.pictures[0]) == "complete"


def test_telegrams_own_script_is_used_where_it_can_be_had(
    house: EditorHouse, browser: Browser
) -> None:
    """It says who opened the page and how it is coloured; without a # it is waited for."""
    own = work(house, [])
    address, _, fragment = own.link().partition("#")
    script = f"""
        const data = decodeURIComponent(new URLSearchParams({fragment!r}).get("tgWebAppData"));
        window.Telegram = {{ WebApp: {{ initData: data, themeParams: {{ bg_color: "#102030",
            text_color: "#ffeedd", button_color: "#aa3300", button_text_color: "#ffffff" }} }} }};
    """
    script = script.replace("decodeURIComponent(", "(")
    with context(browser) as made:
        made.route(
            "https://telegram.org/**",
            lambda route: route.fulfill(body=script, content_type="text/javascript"),
        )
        screen = Screen(made.new_page())
        screen.open(address)
        expect(screen.page.locator("body")).to_have_css("background-color", "rgb(16, 32, 48)")
        expect(screen.page.locator("html")).to_have_attribute("data-scheme", "dark")
        screen.check()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390])
def test_it_fits_a_phone(house: EditorHouse, browser: Browser, scheme: str, width: int) -> None:
    """Nothing sticks out in either scheme, and every button is large enough for a thumb."""
    own = work(house, [GUESS], classes=("cat", "dog", "a very long name of a class"))
    with editor(
        browser, own.link(), viewport={"width": width, "height": 640}, color_scheme=scheme
    ) as screen:
        screen.tap(0.3, 0.5)
        expect(screen.page.locator("#accept")).to_be_visible()
        assert screen.page.evaluate("document.documentElement.scrollWidth") <= width
        sizes = screen.page.evaluate(
            """[...document.querySelectorAll("button")].filter((b) => b.offsetParent)
               .map((b) => [b.id || b.textContent, b.offsetWidth, b.offsetHeight])"""
        )
        assert [size for size in sizes if min(size[1:]) < 44] == []


def test_who_may_not_is_told_in_one_sentence(house: EditorHouse, browser: Browser) -> None:
    """A stranger, a forged name, another's link and a picture that is gone: nothing else shows."""
    own = work(house, [GUESS])
    good = own.link(shared=True)
    house.person("Eve")
    addresses = {
        "Only members of the group label here": own.link("Eve", shared=True),
        "I can't tell who you are": good.replace("first_name", "frist_name"),
        "This link is good no longer": own.link().replace("?task=", "?task=x"),
    }
    with context(browser) as made:
        page = made.new_page()
        for words, address in addresses.items():
            page.goto("about:blank")
            page.goto(address)
            expect(page.locator("#notice-words")).to_contain_text(words)
        house.remove(own.pictures[0])
        page.goto("about:blank")
        page.goto(good)
        expect(page.locator("#notice-words")).to_contain_text("was removed from the project")
    assert house.every_box(own.pictures[0])[0].verdict is None


def test_a_reload_without_network_shows_everything(house: EditorHouse, browser: Browser) -> None:
    """The page, the picture and what waits are kept in the browser, and sent later."""
    own = work(house, [GUESS])
    with context(browser, service_workers="allow") as made:
        screen = Screen(made.new_page())
        screen.open(own.link())
        screen.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        made.set_offline(True)
        screen.draw(0.6, 0.1, 0.9, 0.6)
        screen.page.reload()
        screen.done_says("Done · 2 boxes")
        expect(screen.page.locator("#status")).to_have_text("1 change waits")
        made.set_offline(False)
        screen.saved()
        assert len(house.boxes(own.pictures[0])) == 2
        screen.check()


def test_every_file_of_the_page_is_kept(house: EditorHouse) -> None:
    """A file that the service worker forgets would be missing after a reload without network."""
    listed = (PAGE / "sw.js").read_text()
    there = {path.name for path in PAGE.iterdir()} - {"index.html", "sw.js"}
    assert {name for name in there if f'"{name}"' not in listed} == set()
