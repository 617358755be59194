"""Words that are too long for one message: cut where it hurts least, never through a tag.

Telegram counts UTF-16 units of what is left after parsing; tags cost nothing.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from html import unescape
from itertools import accumulate

PIECE = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|\w+);|.", re.DOTALL)
EMPTY = re.compile(r"<(\w+)(?: [^<>]*)?></\1>")
MORE = "…"
LEAST = 80
"""No line is cut below so many units; rather whole lines go."""


@dataclass(frozen=True)
class _Line:
    """Tags, entities and characters, each with the units that a reader sees of it."""

    pieces: list[tuple[str, int]]
    units: int

    @classmethod
    def of(cls, html: str) -> "_Line":
        pieces = [(piece, _seen(piece)) for piece in PIECE.findall(html)]
        return cls(pieces, sum(seen for _, seen in pieces))

    def cut(self, most: int) -> str:
        """As HTML of at most so many units, and all its tags."""
        if self.units <= most:
            return "".join(piece for piece, _ in self.pieces)
        kept, room = [], most - 1
        for piece, seen in self.pieces:
            if seen and room >= 0:
                room -= seen
                kept.append(piece if room >= 0 else MORE)
            elif not seen:
                kept.append(piece)
        return "".join(kept)

    def tags(self) -> str:
        """What has to stay of a line that goes."""
        return "".join(piece for piece, seen in self.pieces if not seen)


def units(text: str) -> int:
    """UTF-16 units of plain text."""
    return sum(2 if ord(character) > 0xFFFF else 1 for character in text)


def fit(html: str, limit: int) -> str:
    """The HTML with at most `limit` units to read (200 or more), every tag and entity whole.

    The longest lines lose their ends. Where that is not enough, whole lines go, but neither the
    first, which says what it is about, nor the last, which says what to do next.
    """
    if units(html) <= limit:
        return html
    lines = [_Line.of(line) for line in html.split("\n")]
    # A line may be longer than the limit by itself, hence no cap here.
    if sum(line.units for line in lines) + len(lines) - 1 <= limit:
        return html
    caps = range(LEAST, limit + 1)
    cap = caps[max(0, bisect_right(caps, limit, key=lambda cap: _total(lines, cap)) - 1)]
    stay, gone = len(lines), ""
    if _total(lines, cap) > limit:
        stay = _head(lines[:-1], limit - min(lines[-1].units, cap) - len(MORE) - 2, cap)
        gone = "".join(line.tags() for line in lines[stay:-1])
    shown = [line.cut(cap) for line in lines]
    short = "\n".join(shown if stay == len(lines) else [*shown[:stay], gone + MORE, shown[-1]])
    return _without_empty(short)


def _head(lines: list[_Line], room: int, cap: int) -> int:
    """How many lines from the first on have room; the first always has."""
    ends = accumulate(min(line.units, cap) + 1 for line in lines)
    return max(1, bisect_right(list(ends), room + 1))


def _without_empty(html: str) -> str:
    """Without the tags around nothing that cut words leave."""
    while EMPTY.search(html):
        html = EMPTY.sub("", html)
    return html


def _total(lines: list[_Line], cap: int) -> int:
    return sum(min(line.units, cap) for line in lines) + len(lines) - 1


def _seen(piece: str) -> int:
    tag = len(piece) > 1 and piece.startswith("<")
    return 0 if tag else units(unescape(piece))
