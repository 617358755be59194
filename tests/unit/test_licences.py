"""What a licence forbids, by its name."""

import pytest

from pipeline import licences


@pytest.mark.parametrize(
    ("licence", "limits"),
    [
        ("CC BY 4.0", None),
        ("MIT", None),
        ("CC0: Public Domain", None),
        ("Creative Commons Attribution license (reuse allowed)", None),
        ("Apache 2.0, branding handled", None),
        ("", None),
        ("CC BY-SA 4.0", None),
        ("CC BY-NC 4.0", "not for commercial use"),
        ("CC-BY-NC-SA-4.0", "not for commercial use"),
        ("Attribution-NonCommercial 4.0 International", "not for commercial use"),
        ("for academic purposes only", "not for commercial use"),
        ("CC BY-ND 4.0", "forbids derived works"),
        ("CC BY-NC-ND 4.0", "forbids derived works"),
        ("Attribution-NoDerivatives 4.0", "forbids derived works"),
        ("© 2024 Tom. All rights reserved.", "all rights reserved"),
        ("YouTube Standard Licence", "all rights reserved"),
        ("Standard YouTube License", "all rights reserved"),
        ("Data files © Original Authors", "all rights reserved"),
        ("MIT; CC BY-NC 4.0", "not for commercial use"),
    ],
)
def test_limits(licence: str, limits: str | None) -> None:
    """The strictest thing that the name says; names without such a word say nothing."""
    assert licences.limits(licence) == limits


def test_one_sentence_names_what_to_mind() -> None:
    """Free sources are passed by; of many limited ones three are named and the others counted."""
    free = {"title": "apples", "licence": "CC BY 4.0"}
    assert licences.sentence([free, {"title": "own photos"}]) is None
    film = {"title": "Tom plays", "licence": "CC BY-ND 4.0"}
    said = licences.sentence([free, film])
    assert said is not None
    assert "“Tom plays” (CC BY-ND 4.0: forbids derived works)" in said
    assert "ask the author" in said
    assert "apples" not in said
    assert " and 2 more: " in str(licences.sentence([film] * 5))
