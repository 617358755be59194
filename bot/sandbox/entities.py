"""Text as Telegram understands it: HTML to plain text with entities, counted in UTF-16 units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bot.sandbox.errors import bad_request

Entity = dict[str, Any]

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)?([^<>]*)>?")
_ATTRIBUTE = re.compile(r"""([a-zA-Z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_REFERENCE = re.compile(r"&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(lt|gt|amp|quot));?")

_FOUND = (
    (
        "bot_command",
        re.compile(r"(?<![\w/@<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![/\w])"),
    ),
    ("url", re.compile(r"(?<![\w@])(?:https?://|t\.me/|www\.)[^\s<>\"]*[\w/=&#%-]")),
    ("mention", re.compile(r"(?<![\w@/.])@[A-Za-z0-9_]{3,32}\b")),
)


def utf16_length(text: str) -> int:
    """How many UTF-16 code units `text` has: the unit of Telegram's limits and offsets."""
    return len(text.encode("utf-16-le")) // 2


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Turn Telegram's HTML into plain text and its entities.

    Args:
        source: Text with the tags of https://core.telegram.org/bots/api#html-style.

    Returns:
        The text without tags, trimmed, and its entities sorted by offset (UTF-16 units).

    Raises:
        ApiError: 400 "can't parse entities: ..." for an unknown, unclosed or crossed tag.
    """
    text = ""
    open_tags: list[tuple[str, int, Entity]] = []
    entities: list[Entity] = []
    at = 0
    while at < len(source):
        if source[at] == "&" and (reference := _REFERENCE.match(source, at)):
            text += _character(reference)
            at = reference.end()
        elif source[at] == "<":
            tag = _TAG.match(source, at)
            assert tag is not None  # the pattern matches at every "<"
            offset = len(source[:at].encode())
            name = (tag[2] or "").lower()
            if tag[1]:
                entities += _close(name, open_tags, utf16_length(text), offset)
            else:
                open_tags.append((name, utf16_length(text), _open(name, tag[3], offset)))
            at = tag.end()
        else:
            text += source[at]
            at += 1
    if open_tags:
        raise _cannot_parse(f'Can\'t find end tag corresponding to start tag "{open_tags[-1][0]}"')
    return trim(text, _merge_code(entities))


def trim(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Cut the white space at both ends, as Telegram does, and move the entities along."""
    lead = utf16_length(text) - utf16_length(text.lstrip())
    text = text.strip()
    length = utf16_length(text)
    kept = []
    for entity in entities:
        start = max(entity["offset"] - lead, 0)
        end = min(entity["offset"] - lead + entity["length"], length)
        if end > start:
            kept.append({**entity, "offset": start, "length": end - start})
    return text, sorted(kept, key=lambda e: (e["offset"], -e["length"]))


def detect(text: str, known: list[Entity] | None = None) -> list[Entity]:
    """Add what Telegram finds by itself: commands, addresses and mentions.

    Args:
        text: Plain text.
        known: Entities that are there already; nothing is found inside a link or code.
    """
    taken = [e for e in known or [] if e["type"] in ("text_link", "code", "pre")]
    found = list(known or [])
    for kind, pattern in _FOUND:
        for entity in _matches(kind, pattern, text):
            if not any(_overlap(entity, other) for other in taken):
                found.append(entity)
                taken.append(entity)
    return sorted(found, key=lambda e: (e["offset"], -e["length"]))


def commands(text: str, entities: list[Entity]) -> Iterator[tuple[str, str | None]]:
    """The commands in a text, each as (name, addressed bot's username or None)."""
    units = text.encode("utf-16-le")
    for entity in entities:
        if entity["type"] == "bot_command":
            start = 2 * entity["offset"]
            word = units[start : start + 2 * entity["length"]].decode("utf-16-le")
            name, _, bot = word[1:].partition("@")
            yield name, bot or None


def _matches(kind: str, pattern: re.Pattern[str], text: str) -> Iterator[Entity]:
    for match in pattern.finditer(text):
        yield {
            "type": kind,
            "offset": utf16_length(text[: match.start()]),
            "length": utf16_length(match[0]),
        }


def _overlap(one: Entity, other: Entity) -> bool:
    return bool(
        one["offset"] < other["offset"] + other["length"]
        and other["offset"] < one["offset"] + one["length"]
    )


def _character(reference: re.Match[str]) -> str:
    if reference[3]:
        return _NAMED[reference[3]]
    code = int(reference[1]) if reference[1] else int(reference[2], 16)
    # A surrogate or a number past Unicode's end stays as it was typed.
    return chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else reference[0]


def _open(name: str, rest: str, offset: int) -> Entity:
    attributes = {
        m[1].lower(): next((_unescape(g) for g in m.groups()[1:] if g is not None), "")
        for m in _ATTRIBUTE.finditer(rest)
    }
    kind = _TAGS.get(name)
    if kind is None or (name == "span" and attributes.get("class") != "tg-spoiler"):
        raise _cannot_parse(f'Unsupported start tag "{name}" at byte offset {offset}')
    entity: Entity = {"type": kind}
    if name == "a":
        entity["url"] = attributes.get("href", "")
    if name == "blockquote" and "expandable" in attributes:
        entity["type"] = "expandable_blockquote"
    if name == "code" and attributes.get("class", "").startswith("language-"):
        entity["language"] = attributes["class"].removeprefix("language-")
    return entity


def _close(
    name: str, open_tags: list[tuple[str, int, Entity]], end: int, offset: int
) -> list[Entity]:
    if not open_tags:
        raise _cannot_parse(f"Unexpected end tag at byte offset {offset}")
    opened, start, entity = open_tags.pop()
    if name and name != opened:
        raise _cannot_parse(
            f'Unmatched end tag at byte offset {offset}, expected "</{opened}>", found "</{name}>"'
        )
    if end == start or (entity["type"] == "text_link" and not entity["url"]):
        return []
    return [{**entity, "offset": start, "length": end - start}]


def _merge_code(entities: list[Entity]) -> list[Entity]:
    """A code tag that fills a pre tag only names its language; elsewhere a language is dropped."""
    spans = {(e["offset"], e["length"]): e for e in entities if e["type"] == "pre"}
    merged = []
    for entity in entities:
        language = entity.pop("language", None) if entity["type"] == "code" else None
        block = spans.get((entity["offset"], entity["length"]))
        if entity["type"] == "code" and block is not None:
            if language:
                block["language"] = language
        else:
            merged.append(entity)
    return merged


def _unescape(text: str) -> str:
    return _REFERENCE.sub(_character, text)


def _cannot_parse(why: str) -> Exception:
    return bad_request(f"can't parse entities: {why}")
