"""Whose pictures a model learned from, as a page that travels with it."""

import re
from collections.abc import Mapping, Sequence

from pipeline.licences import limits

FILE = "ATTRIBUTION.md"


def markdown(name: str, sources: Sequence[Mapping[str, object]]) -> str:
    """A Markdown page that lists the sources of the model `name`.

    Args:
        sources: title, author, licence and link of each, as in a manifest. They come from outside
            and are shown as plain text.
    """
    lines = [f"# What {_plain(name)} learned from", ""]
    if not sources:
        lines.append("Where its pictures came from was not recorded.")
    for source in sources:
        licence = str(source.get("licence") or "")
        forbidden = limits(licence)
        link = str(source.get("link") or "")
        said = {
            "author": _plain(source.get("author") or "not known"),
            "licence": _plain(licence or "not known") + (f" ({forbidden})" if forbidden else ""),
            "link": f"<{link}>" if re.fullmatch(r"https?://[^\s<>]+", link) else _plain(link),
        }
        lines.append(f"- **{_plain(source.get('title') or 'untitled')}**")
        lines += [f"  - {key}: {value}" for key, value in said.items() if value]
    return "\n".join(lines) + "\n"


def _plain(value: object) -> str:
    """Text in which Markdown and HTML see no marks of theirs."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|&~-])", r"\\\1", " ".join(str(value).split()))
