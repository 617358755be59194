"""The page for everybody: contrast, sizes, names of controls, and the person's own language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pipeline.browser.vendor import MODULES
from tests.support.model_page import Site, opened

pytestmark = pytest.mark.slow

AXE = MODULES / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TARGETS = """() => [...document.querySelectorAll("button, input, summary, a")]
    .map((element) => [element.id || element.tagName, element.getBoundingClientRect()])
    .filter(([, { width, height }]) => width && height)
    .map(([name, { width, height }]) => [name, width, height])"""


def complaints(page: Page) -> list[Any]:
    """What axe finds wrong: the rule, and where."""
    if not AXE.is_file():
        pytest.skip("needs axe-core (npm ci in pipeline/browser)")
    page.evaluate(AXE.read_text())
    found = page.evaluate("(rules) => axe.run({ runOnly: rules })", RULES)
    assert len(found["passes"]) > 15
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(chromium: str, site: Site, photos: list[Path], scheme: str) -> None:
    """Contrast, names and roles hold in either scheme, with results and with the question open."""
    site.feedback = {"url": "wrong"}
    address = f"{site.address}?runtime=wasm"
    with opened(chromium, address, color_scheme=scheme, bypass_csp=True) as page:
        assert complaints(page) == []
        page.locator("#threshold").fill("1")
        page.set_input_files("#choose", [str(path) for path in photos[:2]])
        expect(page.locator("#all-words")).to_be_visible()
        expect(page.locator("#speed")).to_contain_text(" ms")
        page.locator("summary").click()
        page.evaluate("window.selftest")
        assert complaints(page) == []
        page.set_input_files("#choose", str(photos[0]))
        page.locator("#wrong").click()
        expect(page.locator("#ask")).to_be_visible()
        assert complaints(page) == []


@pytest.mark.parametrize("locale", ["en-US", "vi-VN", "ru-RU"])
def test_fingers_hit_what_they_aim_at(
    chromium: str, address: str, photos: list[Path], locale: str
) -> None:
    """Every control is 44 pixels high at least, and nothing sticks out at 320 pixels."""
    context = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "locale": locale}
    with opened(chromium, address, **context) as page:
        page.set_input_files("#choose", [str(path) for path in photos[:3]])
        expect(page.locator("#strip button")).to_have_count(3)
        page.locator("summary").click()
        targets = page.evaluate(TARGETS)
        wide = page.evaluate("document.documentElement.scrollWidth")
    assert len(targets) > 8
    assert [target for target in targets if min(target[1:]) < 44] == []
    assert wide <= 320


@pytest.mark.parametrize(
    ("locale", "language", "choose", "found"),
    [
        ("en-GB", "en", "Choose pictures or a video", "found"),
        ("vi-VN", "vi", "Chọn ảnh hoặc video", "Tìm thấy"),
        ("ru-RU", "ru", "Выбрать снимки или видео", "Найден"),
        ("fr-FR", "en", "Choose pictures or a video", "found"),
    ],
)
def test_it_speaks_the_devices_language(
    chromium: str,
    address: str,
    photos: list[Path],
    locale: str,
    language: str,
    choose: str,
    found: str,
) -> None:
    """English, Vietnamese and Russian; English for all others."""
    with opened(chromium, address, locale=locale) as page:
        assert page.evaluate("document.documentElement.lang") == language
        expect(page.locator("#choose-button")).to_have_text(choose)
        page.locator("#threshold").fill("1")
        page.set_input_files("#choose", str(photos[0]))
        expect(page.locator("#summary")).to_contain_text(found)


def test_every_language_says_everything(chromium: str, address: str) -> None:
    """The tables have the same sentences, with the same places, in every form of the plural."""
    with opened(chromium, address) as page:
        tables = page.evaluate("WORDS.tables")
        forms = page.evaluate(
            "Object.fromEntries(Object.keys(WORDS.tables).map((tag) => "
            "[tag, new Intl.PluralRules(tag).resolvedOptions().pluralCategories]))"
        )
    assert set(tables) == {"en", "vi", "ru"}
    for language, table in tables.items():
        assert set(table) == set(tables["en"]), language
        for key, entry in table.items():
            if isinstance(entry, dict):
                assert set(entry) == set(forms[language]), (language, key)
            assert isinstance(entry, dict) == isinstance(tables["en"][key], dict), key


def test_nothing_moves_for_who_asked_for_that(chromium: str, address: str) -> None:
    """With reduced motion no control has a transition or an animation."""
    with opened(chromium, address, reduced_motion="reduce") as page:
        moving = page.evaluate(
            """() => [...document.querySelectorAll("*")].filter((element) => {
                const { transitionDuration, animationName } = getComputedStyle(element);
                return transitionDuration !== "0s" || animationName !== "none";
            }).length"""
        )
        assert page.locator("meta[name=viewport]").count() == 1
    assert moving == 0
