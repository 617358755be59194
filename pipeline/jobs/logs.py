"""The end of a worker's log, fit to be shown: no secret, no path of the home, not too long."""

import re
from collections.abc import Mapping
from pathlib import Path

LINES = 200
BYTES = 50_000
HIDDEN = "***"

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_TELEGRAM = re.compile(r"(?<!\d)\d{6,}:[A-Za-z0-9_-]{30,}")
_KNOWN_FORMS = re.compile(r"\b(?:hf_[A-Za-z0-9]{16,}|AKIA[0-9A-Z]{16}|KGAT_[A-Za-z0-9]{16,})")
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)")
_NAMED = re.compile(
    r"(?i)\b(authorization|(?:\w*[-_])?(?:token|(?:api|access)?key|secret|password|passwd|signature|cookie))"
    r"(['\"]?\s*[=:]\s*['\"]?)(?:(?:bearer|basic)\s+)?[^\s'\"&,;]{6,}"
)


def tail(folder: Path, hide: Mapping[str, str] | None = None) -> str:
    """The last lines of `folder`/log.txt; empty where it says nothing.

    Args:
        hide: what is to be read as something else, such as the path of the home as `HOME`.
    """
    try:
        with (folder / "log.txt").open("rb") as file:
            size = file.seek(0, 2)
            # Bars rewrite their line hundreds of times: more is read than is kept.
            file.seek(max(0, size - 8 * BYTES))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    # Of a line that was rewritten in place a person sees the last state.
    whole = [line.rstrip().rpartition("\r")[2] for line in _COLOURS.sub("", text).split("\n")]
    lines = scrubbed("\n".join(whole), hide or {}).strip("\n").split("\n")[-LINES:]
    kept = "\n".join(lines).encode()[-BYTES:].decode(errors="ignore")
    return kept + "\n" if kept.strip() else ""


def scrubbed(text: str, hide: Mapping[str, str]) -> str:
    """The text without what looks like a secret, and with `hide` applied, longest first."""
    for word in sorted(filter(None, hide), key=len, reverse=True):
        text = text.replace(word, hide[word])
    text = _TELEGRAM.sub(HIDDEN, text)
    text = _KNOWN_FORMS.sub(HIDDEN, text)
    text = _IN_ADDRESS.sub(HIDDEN, text)
    return _NAMED.sub(rf"\1\2{HIDDEN}", text)
