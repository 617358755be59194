"""The page that a bot serves: a visitor sends back what the model got wrong."""

from __future__ import annotations

import email
import email.policy
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.support.model_page import Site, opened

pytestmark = pytest.mark.slow


def fields(body: bytes) -> dict[str, Any]:
    """The parts of a form that was sent."""
    boundary = body.split(b"\r\n", 1)[0][2:].decode()
    head = f"Content-Type: multipart/form-data; boundary={boundary}\r\n\r\n".encode()
    message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
        for part in message.iter_parts()
    }


@pytest.fixture
def photo(tmp_path: Path, photos: list[Path]) -> Path:
    """A picture larger than what is sent."""
    path = tmp_path / "large.png"
    Image.open(photos[0]).convert("RGB").resize((2000, 1500)).save(path)
    return path


def test_elsewhere_nothing_is_sent(chromium: str, address: str, photo: Path) -> None:
    """A package on any other host has no such button."""
    with opened(chromium, address) as page:
        page.set_input_files("#choose", str(photo))
        expect(page.locator("#save")).to_be_visible()
        expect(page.locator("#wrong")).to_be_hidden()


def test_a_wrong_result_goes_back_with_consent(chromium: str, site: Site, photo: Path) -> None:
    """Asked first; then the reduced picture and the visible boxes go, once, and thanks come."""
    site.feedback = {"url": "wrong", "consent": "It goes to the <b>orchard</b> group."}
    with opened(chromium, f"{site.address}?runtime=wasm") as page:
        expect(page.locator("#wrong")).to_be_hidden()
        page.locator("#threshold").fill("1")
        page.set_input_files("#choose", str(photo))
        page.locator("#wrong").click()
        expect(page.locator("#consent")).to_have_text("It goes to the <b>orchard</b> group.")
        page.locator("#ask-no").click()
        assert site.received == []
        seen = int((page.locator("#summary").text_content() or "").split()[0])
        page.locator("#wrong").click()
        page.locator("#ask-yes").click()
        expect(page.locator("#thanks")).to_contain_text("Thank you")
        expect(page.locator("#wrong")).to_be_hidden()
    (body,) = site.received
    sent = fields(body)
    picture = Image.open(io.BytesIO(sent["picture"]))
    assert (picture.format, picture.size) == ("JPEG", (1280, 960))
    boxes = json.loads(sent["boxes"])
    assert len(boxes) == seen > 0
    for box in boxes:
        x1, y1, x2, y2 = box["box"]
        assert 0 <= x1 < x2 <= 1
        assert 0 <= y1 < y2 <= 1
        assert set(box) == {"class", "score", "box"}


@pytest.mark.parametrize(
    ("status", "words"), [(429, "try again in a minute"), (413, "could not be sent")]
)
def test_a_refused_picture_is_told(
    chromium: str, site: Site, photo: Path, status: int, words: str
) -> None:
    """The sentence says what to do, and the button stays."""
    site.feedback = {"url": "wrong"}
    site.status = status
    # The browser itself writes refused answers into the console.
    address = f"{site.address}?runtime=wasm"
    with opened(chromium, address, expected="Failed to load resource") as page:
        page.set_input_files("#choose", str(photo))
        page.locator("#wrong").click()
        page.locator("#ask-yes").click()
        expect(page.locator("#thanks")).to_contain_text(words)
        expect(page.locator("#wrong")).to_be_enabled()
