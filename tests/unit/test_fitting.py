"""Words too long for a message: they are cut, and stay well-formed."""

from html import escape, unescape
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from bot import wishes
from bot.fitting import fit, units


class Reader(HTMLParser):
    """Reads HTML as Telegram does: every tag is closed in order, no bracket or entity is torn."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Opened."""
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Closed in order."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """What a reader sees."""
        self.text += data


def lines_of(words: list[tuple[str, str]]) -> str:
    """Lines with a bold head and a linked end, from anybody's text."""
    return "\n".join(
        f'<b>{escape(head)}</b> · {escape(rest)} <a href="https://x.example/?a=1&amp;b=2">there</a>'
        for head, rest in words
    )


WORDS = st.text() | st.builds(
    lambda text, times: text * times, st.text(max_size=8), st.integers(0, 900)
)


@given(st.lists(st.tuples(WORDS, WORDS), max_size=40), st.sampled_from([200, 1024, 4096]))
def test_any_words_fit_and_stay_well_formed(words: list[tuple[str, str]], limit: int) -> None:
    """At most as many units as Telegram takes, with tags and entities whole, none invented."""
    html = lines_of(words)
    short = fit(html, limit)
    read = Reader(short).text
    assert units(read) <= limit
    assert short == html or units(Reader(html).text) > limit
    assert set(read) <= set(Reader(html).text) | {"…"}


def test_tags_cost_nothing() -> None:
    """What is long only for its tags and entities is left as it is."""
    html = "\n".join(["<b>a</b> &lt;"] * 500)
    assert fit(html, 4096) == html


def test_the_first_and_the_last_line_stay() -> None:
    """Many lines lose those in between: the name and the question are kept."""
    html = "\n".join(
        ["<b>cats</b> · 9 sources", *["• a source of pictures"] * 300, "<b>Right?</b>"]
    )
    lines = fit(html, 1024).split("\n")
    assert (lines[0], lines[-2], lines[-1]) == ("<b>cats</b> · 9 sources", "…", "<b>Right?</b>")
    assert len(lines) > 40


def test_one_long_line_loses_its_end() -> None:
    """A single endless line is cut inside, by what a reader sees of it."""
    short = fit(f"<b>{'🐈' * 3000}</b>", 4096)
    assert short == f"<b>{'🐈' * 2047}…</b>"


def test_the_longest_line_pays_first() -> None:
    """Short lines stay whole beside a long one."""
    short = fit("\n".join(["<b>cats</b>", "x" * 5000, "Right?"]), 1024)
    assert short.startswith("<b>cats</b>\nxxx")
    assert short.endswith("x…\nRight?")
    assert units(unescape(short)) == 1024 + len("<b></b>")


def test_every_kind_of_message_is_cut() -> None:
    """Texts to 4,096 units, captions to 1,024."""
    long = "<b>cats</b> " + "x" * 9000
    assert units(Reader(wishes.text(long)["text"]).text) == wishes.TEXT_LIMIT
    assert units(Reader(wishes.photo("a.jpg", long)["text"]).text) == wishes.CAPTION_LIMIT
