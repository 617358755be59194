"""Pictures of web pages: which of them count, and that a bad one costs itself alone."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import NoVideo, SourceError
from pipeline.sources.base import Fetched
from pipeline.sources.page import MOST_FAILED, Page
from tests.support.clips import photo
from tests.support.sources import errand
from tests.support.www import Www, serving

HEAD = "<!DOCTYPE html><html><head><title> Our\n cats </title></head><body>"


def pictures(html: str, address: str = "https://a.example/album/") -> list[str]:
    """The pictures of a page."""
    page = Page()
    page.feed(html)
    return list(page.pictures(address))


def test_the_larger_form_counts() -> None:
    """Of a thumbnail what it leads to, of several sizes the largest, of a lazy one its own."""
    found = pictures(
        '<a href="big.jpg"><img src="small.jpg"></a>'
        '<a href="page.html"><img src="a.png" srcset="a.png 1x, a2.png 2x"></a>'
        '<img src="blank.gif" data-src="/later.webp">'
        '<picture><source srcset="w400.jpg 400w, w1600.jpg 1600w"><img src="w400.jpg"></picture>'
    )
    assert found == [
        "https://a.example/album/big.jpg",
        "https://a.example/album/a2.png",
        "https://a.example/later.webp",
        "https://a.example/album/w1600.jpg",
        "https://a.example/album/w400.jpg",
    ]


def test_buttons_and_drawings_do_not_count() -> None:
    """Nor what is named twice, nor what is no address of the web."""
    assert pictures(
        '<base href="https://cdn.example/x/">'
        '<img src="1.jpg"><img src="1.jpg#again"><img src="icon.png" width="16" height="16">'
        '<img src="logo.svg"><img src="data:image/png;base64,AA"><img src="file:///etc/passwd">'
        '<img src="http://[::1"><meta property="og:image" content="https://b.example/og.jpg">'
    ) == ["https://cdn.example/x/1.jpg", "https://b.example/og.jpg"]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=400))
def test_any_page_is_read(html: str) -> None:
    """Whatever a page holds, only addresses of the web come out."""
    assert all(url.lower().startswith(("http://", "https://")) for url in pictures(html))


def collected(www: Www, link: str, folder: Path) -> Fetched:
    """What comes of a link."""
    fetched = errand(folder / "errand", www).fetch(link)
    assert isinstance(fetched, Fetched)
    return fetched


def test_a_page_without_a_video_gives_its_pictures(tmp_path: Path) -> None:
    """One that is missing, one that is no picture and one inside the network cost themselves."""
    with serving() as www:
        www.put("/1.jpg", photo(1), type="image/jpeg")
        www.put("/2.jpg", b"no picture", type="image/jpeg")
        link = www.put(
            "/album",
            (
                HEAD + '<img src="/1.jpg"><img src="/2.jpg"><img src="/gone.jpg">'
                '<img src="http://10.0.0.1/secret.jpg">'
            ).encode(),
            type="text/html",
        )
        fetched = collected(www, link, tmp_path)
    assert fetched.title == "Our cats"
    assert [file.name for file in fetched.files] == ["1.jpg"]
    assert fetched.provenance["source"] == "page"


def test_a_page_without_anything_is_told(tmp_path: Path) -> None:
    """One sentence, and what to do."""
    with serving() as www:
        link = www.put("/empty", (HEAD + "nothing").encode(), type="text/html")
        with pytest.raises(NoVideo, match="its own address"):
            collected(www, link, tmp_path)


def test_a_page_of_dead_links_is_given_up(tmp_path: Path) -> None:
    """Nobody waits for three hundred refusals."""
    with serving() as www:
        images = "".join(f'<img src="/dead/{number}.jpg">' for number in range(100))
        link = www.put("/dead", (HEAD + images).encode(), type="text/html")
        with pytest.raises(SourceError):
            collected(www, link, tmp_path)
        assert sum(path.startswith("/dead/") for path in www.asked) == MOST_FAILED + 1
