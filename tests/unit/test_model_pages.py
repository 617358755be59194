"""The pages of models: who gets them, and how they are served."""

import gzip
from collections.abc import Iterator
from email.utils import formatdate

import pytest

from bot.webapp.packing import is_accepted
from pipeline.kinds.places import Places
from pipeline.pool import PicturePool
from storage.db import Database
from tests.support.shared_page import FILES, OWN, Site


@pytest.fixture
def site(db: Database, places: Places) -> Iterator[Site]:
    """The page of a model that is shared; nothing is sent back."""
    site = Site(db, places, PicturePool(), public_url="https://cats.example/bot")
    with site.client:
        yield site


def test_a_link_leads_to_the_page_until_it_is_ended(site: Site) -> None:
    """Several names lead to one folder; ending one of them ends no other."""
    for token in (site.share.token, OWN):
        assert site.get(token=token).content == FILES["index.html"]
        assert site.get("feedback.json", token=token).json() == {"url": "wrong"}
    site.end()
    gone = site.get()
    assert gone.status_code == 404
    assert gone.headers["Content-Type"].startswith("text/html")
    assert "Ask whoever sent it" in gone.text
    assert gone.headers["Cache-Control"] == "no-store"
    for name in ("app.js", "feedback.json"):
        assert site.get(name).status_code == 404
    assert site.get(token=OWN).status_code == 200


def test_what_was_never_shared_looks_like_what_ended(site: Site) -> None:
    """Nobody learns from an answer whether a link was ever there."""
    never = [site.get(token=token) for token in ("a" * 32, "short", "a" * 65, "%2e%2e")]
    site.end()
    for answer in never:
        assert (answer.status_code, answer.content) == (404, site.get().content)


@pytest.mark.parametrize(
    "name",
    [
        "../../test.db",
        "..%2f..%2ftest.db",
        "%2e%2e/%2e%2e/test.db",
        "..%5c..%5ctest.db",
        "%2ftest.db",
        "index.html%00.js",
        "runtime",
        "runtime/",
        "%2e",
        "index.html/",
        "nothing.js",
    ],
)
def test_nothing_but_the_files_of_the_page_comes_out(site: Site, name: str) -> None:
    """No path leads out of the folder, and no folder is listed."""
    assert site.get(name, token=OWN).status_code == 404


def test_a_link_that_leads_out_of_the_folder_is_no_file(site: Site) -> None:
    """Not even one that lies in the folder itself."""
    (site.places.pages / OWN / "out.js").symlink_to(site.places.home / "test.db")
    assert site.get("out.js").status_code == 404


def test_headers_let_wasm_have_threads_and_keep_strangers_out(site: Site) -> None:
    """Every file of a page is of the same origin, isolated, and not to be found by search."""
    for name in FILES:
        answer = site.get(name)
        assert answer.status_code == 200
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"),
        ("model.json", "application/json"),
        ("model.tflite", "application/octet-stream"),
        ("group1-shard1of1.bin", "application/octet-stream"),
        ("manifest.webmanifest", "application/manifest+json"),
        ("runtime/simd.wasm", "application/wasm"),
    ],
)
def test_types(site: Site, name: str, kind: str) -> None:
    """Browsers compile wasm as it streams in, and install pages, only where the type is right."""
    assert site.get(name).headers["Content-Type"] == kind


def test_head_tells_the_same_without_the_file(site: Site) -> None:
    """Whoever only asks how large it is gets no body."""
    answer = site.client.head(f"/m/{OWN}/model.tflite")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(FILES["model.tflite"]))
    assert site.client.post(f"/m/{OWN}/model.tflite").status_code == 405


def test_a_file_is_sent_once(site: Site) -> None:
    """What a browser has is asked after and not sent again; what its name tells not even asked."""
    first = site.get("model.tflite")
    assert first.headers["Cache-Control"] == "no-cache"
    again = site.get("model.tflite", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert site.get("model.tflite", If_None_Match='"other"').status_code == 200
    assert site.get("model.tflite", If_Modified_Since=formatdate(usegmt=True)).status_code == 304
    assert "immutable" in site.get("app-0123abcd.js").headers["Cache-Control"]


def test_scripts_are_compressed_once_and_weights_never(site: Site) -> None:
    """The small form is kept beside the page, and made anew for a file that was replaced."""
    small = site.get("app.js", Accept_Encoding="br, gzip")
    assert small.headers["Content-Encoding"] == "gzip"
    assert small.headers["Vary"] == "Accept-Encoding"
    assert int(small.headers["Content-Length"]) < len(FILES["app.js"]) / 4
    assert small.content == FILES["app.js"]
    [kept] = (site.places.pages / f"{OWN}.packed").iterdir()
    assert gzip.decompress(kept.read_bytes()) == FILES["app.js"]
    plain = site.get("app.js", Accept_Encoding="identity")
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["ETag"] != small.headers["ETag"]
    for name in ("model.tflite", "group1-shard1of1.bin", "sw.js"):
        assert "Content-Encoding" not in site.get(name, Accept_Encoding="gzip").headers
    (site.places.pages / OWN / "app.js").write_bytes(b"// another\n" * 400)
    assert site.get("app.js", Accept_Encoding="gzip").text.startswith("// another")


def test_where_nothing_can_be_kept_files_go_as_they_are(site: Site) -> None:
    """A full disk costs bytes on the way, not the page."""
    (site.places.pages / f"{OWN}.packed").write_bytes(b"in the way")
    answer = site.get("app.js", Accept_Encoding="gzip")
    assert (answer.status_code, answer.content) == (200, FILES["app.js"])


@pytest.mark.parametrize(
    ("header", "taken"),
    [("gzip", True), ("*", True), ("gzip;q=0", False), ("br", False), ("", False)],
)
def test_what_browsers_accept(header: str, taken: bool) -> None:
    """The small form is for whoever takes it."""
    assert is_accepted(header) == taken


def test_a_proxy_may_keep_its_path_or_take_it_away(site: Site) -> None:
    """Both ways lead to the page, and the way to its folder is relative."""
    for before in ("", "/bot"):
        assert site.client.get(f"{before}/m/{OWN}/").content == FILES["index.html"]
        bare = site.client.get(f"{before}/m/{OWN}")
        assert (bare.status_code, bare.headers["Location"]) == (307, f"{OWN}/")
        assert site.client.get(f"{before}/healthz").json() == {"status": "ok"}
    assert site.client.get("/bot/other").status_code == 404
