"""How the sandbox reads Telegram's HTML and finds commands and addresses."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.entities import commands, detect, parse_html, trim, utf16_length
from bot.sandbox.errors import ApiError


def test_lengths_and_offsets_are_counted_in_utf16_units():
    """An emoji counts two, and what follows it moves by two."""
    assert utf16_length("a🎉") == 3
    text, entities = parse_html("🎉 <b>cat</b>")
    assert text == "🎉 cat"
    assert entities == [{"type": "bold", "offset": 3, "length": 3}]


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
        ("a &lt;b&gt; &amp; &quot;&#33;&#x21;", 'a <b> & "!!', []),
        ("&nbsp;&copy;", "&nbsp;&copy;", []),
        ("  <u>x</u>  ", "x", [("underline", 0, 1)]),
        ("<b>  x  </b>", "x", [("bold", 0, 1)]),
        ("<s></s>y", "y", []),
        ('<span class="tg-spoiler">x</span>', "x", [("spoiler", 0, 1)]),
        ("<blockquote expandable>x</blockquote>", "x", [("expandable_blockquote", 0, 1)]),
        ("<CODE>x</CODE>", "x", [("code", 0, 1)]),
    ],
)
def test_html_becomes_text_and_entities(source, text, entities):
    """Tags become entities, references characters, and white space at the ends goes."""
    got, found = parse_html(source)
    assert got == text
    assert [(e["type"], e["offset"], e["length"]) for e in found] == entities


def test_links_and_code_blocks_keep_what_they_name():
    """A link keeps its address and a block of code its language."""
    assert parse_html('<a href="https://e.org/?a=1&amp;b=2">x</a>')[1][0]["url"] == (
        "https://e.org/?a=1&b=2"
    )
    [block] = parse_html('<pre><code class="language-python">x = 1</code></pre>')[1]
    assert (block["type"], block["language"]) == ("pre", "python")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("<b>x", 'end tag corresponding to start tag "b"'),
        ("<b>x</i>", 'expected "</b>", found "</i>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("é<h1>x</h1>", 'Unsupported start tag "h1" at byte offset 2'),
        ("1 < 2", 'Unsupported start tag ""'),
        ("<span>x</span>", 'Unsupported start tag "span"'),
    ],
)
def test_wrong_html_is_refused_in_telegrams_words(source, reason):
    """What Telegram would not parse answers 400 and says where."""
    with pytest.raises(ApiError) as caught:
        parse_html(source)
    assert caught.value.code == 400
    assert caught.value.description.startswith("Bad Request: can't parse entities: ")
    assert reason in caught.value.description


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_escaped_text_comes_back_as_it_was(text):
    """Whatever a person is called, escaping it for HTML shows it unchanged."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert parse_html(escaped) == (text.strip(), [])


@given(st.text())
def test_no_source_breaks_the_parser(source):
    """Any text either parses or is refused."""
    with contextlib.suppress(ApiError):
        text, entities = parse_html(source)
        assert all(e["offset"] + e["length"] <= utf16_length(text) for e in entities)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/start", [("start", None)]),
        ("🎉 /new@taptrain_bot cat", [("new", "taptrain_bot")]),
        ("a/b and /usr/lib", []),
        ("see /stats.", [("stats", None)]),
    ],
)
def test_commands_are_found_as_telegram_does(text, found):
    """A slash and a word, perhaps with a bot's name, but no path."""
    assert list(commands(text, detect(text))) == found


def test_addresses_and_mentions_are_found_outside_of_links():
    """Bare addresses and mentions become entities, but not inside a link or code."""
    kinds = [e["type"] for e in detect("https://e.org/x, t.me/cat and @ann")]
    assert kinds == ["url", "url", "mention"]
    link = {"type": "text_link", "offset": 0, "length": 13, "url": "https://e.org"}
    assert detect("https://e.org", [link]) == [link]


def test_trimming_moves_entities_along():
    """Entities lose what was cut and shift by it."""
    entities = [{"type": "bold", "offset": 0, "length": 5}]
    assert trim("  abc  ", entities) == ("abc", [{"type": "bold", "offset": 0, "length": 3}])
