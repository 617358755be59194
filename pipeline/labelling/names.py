"""Which of a model's classes a person means by a word."""

from collections.abc import Sequence

# What people write, and what COCO calls it.
_SYNONYMS = {
    "airplane": "aeroplane plane jet",
    "bicycle": "bike cycle",
    "cell phone": "phone cellphone mobile smartphone",
    "couch": "sofa",
    "cow": "cattle",
    "cup": "mug",
    "dining table": "table",
    "donut": "doughnut",
    "knife": "knives",
    "motorcycle": "motorbike",
    "mouse": "mice",
    "person": "people man woman human child",
    "potted plant": "plant",
    "sheep": "lamb",
    "sports ball": "ball",
    "teddy bear": "teddy",
    "traffic light": "trafficlight",
    "tv": "television monitor",
}
_SAME = {word: name for name, words in _SYNONYMS.items() for word in words.split()}


def match_classes(wanted: Sequence[str], known: Sequence[str]) -> dict[int, str]:
    """For each class of a model that is asked for, the word it was asked with.

    Names match without case, with spaces, hyphens and underscores alike, in singular or plural; a
    few everyday words mean COCO's (bike, phone, people). An exact name wins over such a likeness.

    Args:
        wanted: the project's classes.
        known: the model's classes, by index.

    Returns:
        Index in `known` to a name of `wanted`.
    """
    plain = [_plain(name) for name in known]
    matches: dict[int, str] = {}
    for word in wanted:
        forms = _forms(_plain(word))
        index = next((plain.index(form) for form in forms if form in plain), None)
        if index is not None:
            matches.setdefault(index, word)
    return matches


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").replace("-", " ").split())


def _forms(word: str) -> list[str]:
    """The word itself, then its likely singular and plural, then what COCO calls it."""
    forms = [word]
    if word.endswith("ies"):
        forms.append(word[:-3] + "y")
    if word.endswith("es"):
        forms.append(word[:-2])
    if word.endswith("s"):
        forms.append(word[:-1])
    forms += [word + "s", word + "es"]
    return forms + [_SAME[form] for form in forms if form in _SAME]
