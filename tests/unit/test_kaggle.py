"""Kaggle's real client against a Kaggle of our own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import LinkRefused, SourceError
from pipeline.sources.base import Fetched
from pipeline.sources.secrets import Secrets
from tests.support.kaggle import KEY, TOKEN, USER, DataSet, Kaggle
from tests.support.sources import Errand, errand
from tests.support.www import Www, serving

TAGGED = {"ETag": '"one"'}


@pytest.fixture
def www() -> Iterator[Www]:
    """Where the files lie."""
    with serving() as running:
        yield running


@pytest.fixture
def kaggle(www: Www) -> Iterator[Kaggle]:
    """A Kaggle with a public and a private set, a large one and two competitions."""
    service = Kaggle(www)
    zipped = www.put("/cats.zip", b"PK" + b"x" * 5000, headers=TAGGED)
    service.sets["ann/cats"] = DataSet(zipped)
    service.sets["ann/my-cats"] = DataSet(zipped, private=True)
    service.competitions = {"cats-open": (zipped, True), "cats-shut": (zipped, False)}
    with service.serving():
        yield service


@pytest.fixture
def out(tmp_path: Path, www: Www, kaggle: Kaggle) -> Errand:
    """Errands to it."""
    return errand(tmp_path / "errand", www, kaggle=kaggle.url)


@pytest.mark.parametrize(
    "what",
    [
        "kaggle:ann/cats",
        "https://www.kaggle.com/datasets/ann/cats",
        "https://kaggle.com/datasets/ann/cats/data?select=a.jpg",
    ],
)
def test_a_public_set_comes_without_a_key(out: Errand, kaggle: Kaggle, what: str) -> None:
    """By name or by link, with its licence and author; nobody's key is sent."""
    fetched = out.fetch(what)
    assert isinstance(fetched, Fetched)
    assert fetched.title == "All cats"
    assert Path(fetched.files[0].path).read_bytes() == b"PK" + b"x" * 5000
    assert fetched.provenance == {
        "source": "kaggle",
        "link": "https://www.kaggle.com/datasets/ann/cats",
        "title": "All cats",
        "author": "Ann Example",
        "license": "CC0-1.0",
        "version": "3",
    }
    assert all("authorization" not in call.headers for call in kaggle.calls)
    assert out.heard[-1].done == out.heard[-1].total == 5002


@pytest.mark.parametrize("key", [TOKEN, f"{USER}:{KEY}"])
def test_a_private_set_comes_with_a_key(out: Errand, www: Www, key: str) -> None:
    """A token or a pair lets its owner in; the store of the files never sees it."""
    with pytest.raises(SourceError, match="/settings kaggle=KEY"):
        out.fetch("kaggle:ann/my-cats")
    assert "cats.zip" not in "".join(www.asked)
    files = out.files("kaggle:ann/my-cats", Secrets(kaggle=key))
    assert files["my-cats.zip"].stat().st_size == 5002
    assert www.asked
    assert all("authorization" not in headers for headers in www.headers)


@pytest.mark.parametrize(
    ("what", "key", "said"),
    [
        ("kaggle:ann/dogs", "", "(404)"),
        ("kaggle:ann/cats", "wrong-key-here", "(401)"),
        ("kaggle:ann", "", "kaggle:owner/name"),
        ("kaggle nothing-like-it", "", "no data set about “nothing-like-it”"),
        ("kaggle:competitions/cats-open", "", "/settings kaggle=KEY"),
        ("kaggle:competitions/cats-shut", TOKEN, "kaggle.com/competitions/cats-shut/rules"),
    ],
)
def test_a_refusal_says_what_to_do(out: Errand, what: str, key: str, said: str) -> None:
    """What Kaggle does not give is one sentence, and nothing of the key is in it."""
    with pytest.raises(SourceError) as refusal:
        out.fetch(what, Secrets(kaggle=key))
    assert said in refusal.value.user_message
    assert "\n" not in refusal.value.user_message
    assert not key or key not in refusal.value.user_message


def test_a_competition_whose_rules_are_accepted(out: Errand) -> None:
    """With a key its files come, by link as well."""
    for what in ("kaggle:competitions/cats-open", "https://www.kaggle.com/c/cats-open/data"):
        files = out.files(what, Secrets(kaggle=TOKEN))
        assert files["cats-open.zip"].stat().st_size == 5002


def test_words_find_sets(out: Errand, kaggle: Kaggle) -> None:
    """A search offers the first six with size, licence and votes."""
    for number in range(9):
        kaggle.sets[f"ann/potholes-{number}"] = DataSet(total_bytes=2_500_000)
    offer = out.offer("kaggle potholes")
    assert offer.choices[0].label == "All potholes-0 · 2 MB · CC0-1.0 · 👍 12"
    assert [choice.what for choice in offer.choices] == [
        f"kaggle:ann/potholes-{number}" for number in range(6)
    ]


def test_a_large_set_is_offered_in_parts(out: Errand, kaggle: Kaggle, www: Www) -> None:
    """Beyond a limit its folders are offered; the chosen one comes file by file."""
    files = {
        f"{folder}/{number}.jpg": (size, www.put(f"/{folder}{number}", b"a picture"))
        for folder, size in (("train", 500_000_000), ("valid", 20_000_000))
        for number in range(3)
    }
    files["notes.md"] = (10, "")
    kaggle.sets["ann/roads"] = DataSet(total_bytes=1_560_000_000, files=files)
    offer = out.offer("kaggle:ann/roads")
    assert [(choice.label, choice.what) for choice in offer.choices] == [
        ("📁 train/ · 1.5 GB", "kaggle:ann/roads#train/"),
        ("📁 valid/ · 60 MB", "kaggle:ann/roads#valid/"),
        ("All of it · 1.6 GB", "kaggle:ann/roads#"),
    ]
    came = out.files("kaggle:ann/roads#valid/")
    assert sorted(came) == ["valid/0.jpg", "valid/1.jpg", "valid/2.jpg"]
    assert {path.read_bytes() for path in came.values()} == {b"a picture"}
    smaller = out.offer("kaggle:ann/roads", max_bytes=100_000_000)
    assert [choice.what for choice in smaller.choices] == ["kaggle:ann/roads#valid/"]
    with pytest.raises(SourceError, match="send it as a zip"):
        out.fetch("kaggle:ann/roads", max_bytes=1_000_000)


def test_a_download_that_breaks_off_goes_on(out: Errand, www: Www) -> None:
    """What came stays; the rest is asked for, until all is here."""
    whole = b"PK" + bytes(range(256)) * 40
    www.put("/cats.zip", whole, headers=TAGGED, cut=4000)
    assert out.files("kaggle:ann/cats")["cats.zip"].read_bytes() == whole


def test_a_download_that_never_ends_well_is_refused(out: Errand, www: Www) -> None:
    """A server that breaks off again and again is left with a sentence."""
    www.put("/cats.zip", b"x" * 5000, headers=TAGGED, cut=100)
    with pytest.raises(SourceError, match="broke off in the middle"):
        out.fetch("kaggle:ann/cats")


def test_it_leads_nowhere_inside(out: Errand, kaggle: Kaggle) -> None:
    """A redirect to an address that may not be reached ends there."""
    with serving() as inside:
        kaggle.sets["ann/cats"] = DataSet(inside.put("/secret", b"secret"))
        with pytest.raises(LinkRefused):
            out.fetch("kaggle:ann/cats")
        assert inside.asked == []


def test_nothing_of_this_machine_is_used(
    out: Errand, kaggle: Kaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a key in the home of whoever runs the bot nor a proxy that would pass the guard."""
    home = tmp_path / "home"
    (home / ".kaggle").mkdir(parents=True)
    (home / ".kaggle" / "access_token").write_text("KGAT_of_the_owner")
    (home / ".netrc").write_text("machine 127.0.0.1 login owner password hush\n")
    monkeypatch.setenv("HOME", str(home))
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    out.fetch("kaggle:ann/cats")
    assert kaggle.calls
    assert all("authorization" not in call.headers for call in kaggle.calls)
