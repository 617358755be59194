"""Messages of projects with many classes stay short, with their counts and their question."""

from typing import Any

import pytest
from sqlmodel import Session

from bot.messages import collect, stats
from pipeline.jobs.spec_collect import CollectResult
from pipeline.labelling import standings
from pipeline.labelling.outlook import askable
from tests.support.project import make_project, make_source

COCO = [f"class {number}" for number in range(80)]


@pytest.mark.parametrize("montage", [None, "aa/montage.jpg"])
def test_a_receipt_of_eighty_classes_keeps_its_counts_and_its_question(
    session: Session, montage: str | None
) -> None:
    """The most frequent classes are named, the others counted."""
    made = make_project(session, *COCO)
    source = make_source(session, made, trust=None)
    source.state = "asking"
    fields: dict[str, Any] = {
        "title": "coco.zip",
        "items_file": "items.jsonl",
        "read": 128,
        "kept": 126,
        "dropped": {"duplicate": 2},
        "labelled": 126,
        "boxes": {name: number + 1 for number, name in enumerate(COCO)},
        "classes": COCO,
        "unknown_classes": {f"other {number}": 2 for number in range(40)},
        "bad_rows": [{"file": "x" * 300, "why": "y" * 300}] * 5,
        "bad_row_count": 5,
    }
    state = askable(made.id or 0, session=session)
    wish = collect.receipt(
        made,
        source,
        CollectResult.model_validate(fields),
        state,
        montage=montage,
        proposing=False,
    )
    words = wish["text"]
    assert "128 pictures → kept 126" in words
    assert "3,240 boxes: class 79 80 · class 78 79" in words
    assert "and 68 more" in words
    assert "and 28 more" in words
    assert words.endswith("<b>Are these labels right?</b>")
    assert len(words) < 1024


def test_stats_of_eighty_classes_name_some(session: Session) -> None:
    """Twelve classes have a line, the others are counted."""
    made = make_project(session, *COCO)
    words = stats.stats(made, standings.of(made, session=session))["text"]
    assert words.count("\n░░░░░░░░░░ class ") == 12
    assert words.count("and 68 more") == 1


def test_a_buttons_project_is_named_once(session: Session) -> None:
    """What a removed source offers next belongs to its project."""
    made = make_project(session, "cat")
    source = make_source(session, made)
    rows = collect.removed(made, source, 3)["keyboard"]
    assert all(button["data"].count("@") <= 1 for row in rows for button in row)
    assert f"v1:stats@{made.id}" in [button["data"] for row in rows for button in row]
