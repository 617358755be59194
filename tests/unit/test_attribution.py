"""The page in a model's zip that says whose pictures it learned from."""

from pipeline import attribution

FILM = {
    "id": 3,
    "title": "Tom <b>plays</b> [x](https://evil)",
    "author": "Tom",
    "licence": "CC BY-NC 4.0",
    "link": "https://example.org/tom",
}


def test_each_source_is_named() -> None:
    """Title, author, licence with what it forbids, and a link that can be followed."""
    page = attribution.markdown("cat v2", [FILM, {"title": "photos"}])
    assert page.startswith("# What cat v2 learned from\n")
    assert "  - author: Tom\n" in page
    assert "  - licence: CC BY\\-NC 4.0 (not for commercial use)\n" in page
    assert "  - link: <https://example.org/tom>\n" in page
    assert "- **photos**\n  - author: not known\n  - licence: not known\n" in page


def test_what_comes_from_outside_stays_text() -> None:
    """Marks of HTML and Markdown in a title or a link do nothing."""
    page = attribution.markdown("a", [FILM | {"link": "javascript:alert(1) <x>"}])
    assert "<b>" not in page.replace("\\<b\\>", "")
    assert "[x](" not in page
    assert "link: javascript:alert\\(1\\)" in page


def test_nothing_known_is_said() -> None:
    """A model of an earlier release has a page as well."""
    assert "was not recorded" in attribution.markdown("a", [])
