"""What would help a model most, class by class, from its figures and the data it saw."""

from collections.abc import Mapping, Sequence

from pipeline.jobs.spec import ClassFigures, Confusion, Figures

GOOD = 0.7
"""A class with at least this mAP50 needs no advice."""
ENOUGH = 100
"""Boxes of a class from which on more of the same help little."""
LEAST = 10
OFTEN = 0.2
"""So many of a class's objects taken for another are why it is weak."""
MISSES, FALSE = 0.6, 0.6
TOLD = 3


def advise(
    figures: Figures, boxes: Mapping[str, int], confusions: Sequence[Confusion] = ()
) -> list[str]:
    """Up to three sentences for people, the weakest class first; none where all is well.

    Args:
        figures: how the model does on unseen pictures.
        boxes: labelled ones of each class in its dataset version.
        confusions: what unseen objects were taken for.
    """
    if not figures.classes:
        # A training that was stopped knows no figures of its classes.
        return []
    taken = {confusion.label: confusion for confusion in confusions}
    weak = sorted(
        (row for row in figures.classes if row.map50 < GOOD and row.boxes),
        key=lambda row: row.map50,
    )
    said = [_of(row, boxes.get(row.label, row.boxes), taken.get(row.label)) for row in weak]
    judged = {row.label for row in figures.classes if row.boxes}
    unjudged = [label for label, number in boxes.items() if number and label not in judged]
    if unjudged and len(said) < TOLD:
        said.append(
            f"{unjudged[0]}: none among the unseen pictures, so nobody knows how well it is found; "
            "label some on pictures from elsewhere."
        )
    return said[:TOLD]


def _of(row: ClassFigures, boxes: int, confusion: Confusion | None) -> str:
    """The likeliest cause, as a sentence that says what to do."""
    if boxes < ENOUGH:
        more = max(LEAST, -(-(ENOUGH - boxes) // 10) * 10)
        only = "1 box" if boxes == 1 else f"{boxes} boxes"
        advice = f"{only} only; label {more} more"
    elif confusion is not None and confusion.times >= OFTEN * confusion.boxes:
        advice = "label more pictures that show both"
    elif row.recall < MISSES:
        advice = f"it misses {_ten(1 - row.recall)} of 10; label pictures where it is missed"
    elif row.precision < FALSE:
        advice = f"{_ten(1 - row.precision)} of 10 alarms are false; add pictures without it"
    else:
        advice = "its boxes lie loosely; draw them tighter, or train at a larger picture size"
    if confusion is not None and confusion.times >= OFTEN * confusion.boxes:
        often = f"taken for {confusion.taken_for} {confusion.times} of {confusion.boxes} times"
        return f"{row.label}: {often}; {advice}."
    return f"{row.label}: {advice}."


def _ten(share: float) -> int:
    return max(1, round(share * 10))
