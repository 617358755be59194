"""What a licence forbids, as far as its name tells, and the one sentence that says so in time.

This warns people; it is no legal advice, and a name that says nothing known is passed by.
"""

import re
from collections.abc import Mapping, Sequence

NOT_FREE = (
    (
        "all rights reserved",
        re.compile(
            r"all rights reserved|proprietary|original[ -]authors|copyright-authors"
            r"|youtube standard licen[cs]e|standard youtube licen[cs]e",
            re.IGNORECASE,
        ),
    ),
    (
        "forbids derived works",
        re.compile(r"\b(?:by|nc)[- ]nd\b|\bno[- ]?deriv", re.IGNORECASE),
    ),
    (
        "not for commercial use",
        re.compile(
            r"\bby[- ]nc\b|\bnon[- ]?commercial|(?:research|academic|educational)\b.*\bonly",
            re.IGNORECASE,
        ),
    ),
)
"""What is said of a licence whose name holds these words, the strictest first."""

NAMED = 3
MAX_NAME = 60


def limits(licence: str) -> str | None:
    """`not for commercial use` and the like; None where its name forbids nothing known."""
    return next((words for words, known in NOT_FREE if known.search(licence)), None)


def sentence(sources: Sequence[Mapping[str, object]]) -> str | None:
    """What to mind before a model made from these sources is given away; None where nothing is.

    Args:
        sources: `title` and `licence` of each, as in a manifest.
    """
    found = []
    for source in sources:
        licence = str(source.get("licence") or "")
        if (words := limits(licence)) is not None:
            title = str(source.get("title") or "a source")[:MAX_NAME]
            found.append(f"“{title}” ({licence[:MAX_NAME]}: {words})")
    if not found:
        return None
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return (
        f"Mind the licence of {', '.join(found[:NAMED])}{more}: "
        "ask the author before you pass the model on."
    )
