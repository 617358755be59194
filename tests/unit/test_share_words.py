"""What is said of a link to a model's page."""

import pytest

from bot.messages import share as words
from storage.models import Model, Project, Share


@pytest.mark.parametrize(
    ("base", "hint"),
    [
        ("https://cats.example.org", ""),
        ("http://cats.example.org", "The camera works on https://"),
        ("http://127.0.0.1:8765", "a phone can't reach it"),
        ("http://localhost:8765", "a phone can't reach it"),
    ],
)
def test_a_link_says_where_it_does_not_lead(base: str, hint: str) -> None:
    """Without https there is no camera; an address of this machine is none for anybody else."""
    project = Project(id=1, chat_id=1, name="cats", classes=["cat"])
    model, row = Model(number=2), Share(id=3)
    told = words.shared(project, model, row, f"{base}/m/abc/", "aa/qr.png")
    assert hint in str(told)
    assert ("ℹ️" in str(told)) == bool(hint)
