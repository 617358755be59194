"""Where a project stands: what waits for what, counted from the votes."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from sqlmodel import Session

from storage.models import Project
from storage.votes import BoxState, ImageState, box_states, image_states


@dataclass
class Standing:
    """Ids by what they wait for, and what is ready to train with.

    `check`: open boxes; `fix`: wrong ones of which nobody said what they are instead; `confirm`:
    images whose boxes are decided but nobody said that nothing is missing; `draw`: images that need
    a hand; `ready`: image -> its right boxes' ids.
    """

    check: list[BoxState] = field(default_factory=list)
    fix: list[BoxState] = field(default_factory=list)
    confirm: list[int] = field(default_factory=list)
    draw: list[int] = field(default_factory=list)
    ready: dict[int, list[int]] = field(default_factory=dict)
    asking: set[int] = field(default_factory=set)
    right: Counter[str] = field(default_factory=Counter)
    wrong: int = 0
    images: int = 0

    @property
    def boxes(self) -> int:
        """Boxes ready to train with."""
        return sum(len(boxes) for boxes in self.ready.values())


def standing(project_id: int, *, session: Session) -> Standing:
    """Sort everything live in the project by what it waits for."""
    result = Standing()
    project = session.get(Project, project_id)
    # Boxes of a class that the project no longer looks for are kept, but ask and teach nothing.
    classes = set(project.classes if project else ())
    by_image: dict[int, list[BoxState]] = defaultdict(list)
    for box in box_states(project_id, session=session):
        if box.label in classes:
            by_image[box.image_id].append(box)
    for image in image_states(project_id, session=session):
        result.images += 1
        if image.source_state == "asking":
            # The trust answer decides what is to be done with these.
            result.asking.add(image.source_id)
            continue
        _sort(image, by_image[image.image_id], result)
    return result


def _sort(image: ImageState, boxes: list[BoxState], result: Standing) -> None:
    open_boxes = [box for box in boxes if box.verdict is None]
    right = [box for box in boxes if box.verdict == "right"]
    to_fix = [box for box in boxes if box.fix == "open"]
    result.wrong += sum(box.verdict == "wrong" for box in boxes)
    result.fix.extend(to_fix)
    if open_boxes:
        result.check.extend(open_boxes)
    elif to_fix and not image.complete:
        pass  # what it is instead comes first: a box off its place means drawing
    elif image.complete and (right or image.answer or image.labelled):
        result.ready[image.image_id] = [box.box_id for box in right]
        result.right.update(box.label for box in right)
    elif image.answer == "incomplete":
        result.draw.append(image.image_id)
    elif boxes or image.proposed or image.labelled or image.answer == "redrawn":
        result.confirm.append(image.image_id)
    else:
        result.draw.append(image.image_id)


def boxes_by_class(project_id: int, *, session: Session) -> dict[str, int]:
    """How many boxes of each class are not wrong, whether the project looks for it or not."""
    return dict(
        Counter(
            box.label for box in box_states(project_id, session=session) if box.verdict != "wrong"
        )
    )
