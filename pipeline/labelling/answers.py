"""Labels that come back for pictures that went out: what they change, and taking it back.

What came is kept at once; it counts once somebody said whether these labels are right. Trusted,
they stand for what was there: a changed or confirmed box takes the place of the old one, what is
missing is called wrong and the pictures complete, both by the member who trusts. Else the new and
the changed boxes are asked about like any other.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlmodel import Session

from pipeline.jobs.spec_export import AnswerItem
from pipeline.labelling import decide
from pipeline.labelling.differences import KnownBox, compare
from storage import answers, images, projects, sources, votes
from storage.answers import BoxHere
from storage.models import Image, Source
from storage.progress import standing

KEY = "answer"


@dataclass
class Came:
    """What an answer is about, kept with its source.

    `images` are those that it names, `gone` boxes that it leaves out, `open` undecided boxes that
    it confirms; `same`, `changed` and `new` count boxes, `unsettled` pictures that were not done.
    `by`: who trusted it.
    """

    images: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    open: list[int] = field(default_factory=list)
    same: int = 0
    changed: int = 0
    new: int = 0
    unsettled: int = 0
    by: int | None = None

    @property
    def known_already(self) -> bool:
        """Whether it says nothing that was not decided before."""
        return not (self.gone or self.open or self.changed or self.new or self.unsettled)


def of(source: Source) -> Came | None:
    """What came back with a source; None where nothing did."""
    kept = source.counts.get(KEY)
    return Came(**kept) if kept else None


def _keep(source: Source, came: Came, session: Session) -> None:
    source.counts = {**source.counts, KEY: asdict(came)}
    session.add(source)
    session.flush()


def bring_in(items: Sequence[AnswerItem], source_id: int, *, session: Session) -> None:
    """Keep what some pictures' labels say otherwise; doing it again changes nothing."""
    source = sources.get(source_id, session=session)
    came = of(source) or Came()
    done = set(came.images)
    rows = images.many([item.image_id for item in items], session=session)
    fresh = {
        item.image_id: item
        for item in items
        if item.image_id not in done
        and (image := rows.get(item.image_id)) is not None
        and image.project_id == source.project_id
    }
    project = projects.get(source.project_id, session=session)
    # A picture whose source is paused went out before that, with its boxes.
    here = answers.here(
        source.project_id, list(fresh), project.classes, paused=True, session=session
    )
    last = answers.newest_export(source.project_id, session=session)
    went_out = last.request.get("newest_box") if last else None
    made: list[dict[str, object]] = []
    for image_id, item in fresh.items():
        newest = item.newest_box if item.newest_box is not None else went_out
        made += _differences(came, rows[image_id], item, here[image_id], newest, source)
    images.add_boxes(made, session=session)
    _keep(source, came, session)


def _differences(
    came: Came,
    image: Image,
    item: AnswerItem,
    here: Sequence[BoxHere],
    newest: int | None,
    source: Source,
) -> list[dict[str, object]]:
    known = [
        KnownBox(
            box.id,
            box.label,
            (box.x1, box.y1, box.x2, box.y2),
            late=newest is not None and box.id > newest,
        )
        for box in here
    ]
    found = compare(known, item.boxes, width=image.width, height=image.height)
    undecided = {box.id for box in here if box.verdict is None}
    came.images.append(item.image_id)
    came.gone += found.gone
    came.open += [box_id for box_id in found.same if box_id in undecided]
    came.same += len(found.same)
    came.changed += len(found.changed)
    came.new += len(found.new)
    rows = [(None, box) for box in found.new] + found.changed
    return [_row(image.id, box.label, box.xyxy, parent, source) for parent, box in rows]


def _row(
    image_id: int | None,
    label: str,
    xyxy: tuple[float, float, float, float],
    parent: int | None,
    source: Source,
) -> dict[str, object]:
    corners = dict(zip(("x1", "y1", "x2", "y2"), xyxy, strict=True))
    return {
        "project_id": source.project_id,
        "image_id": image_id,
        "source_id": source.id,
        "label": label,
        "origin": "answer",
        "parent_id": parent,
        **corners,
    }


def count_unsettled(source: Source, *, session: Session) -> Came | None:
    """All of it is here: note how many of its pictures were not done yet."""
    came = of(source)
    if came is not None:
        ready = standing(source.project_id, session=session).ready
        came.unsettled = sum(image_id not in ready for image_id in came.images)
        _keep(source, came, session)
    return came


def settle(source: Source, *, member_id: int, session: Session) -> None:
    """Let an answer count as its source's trust says; nothing where the source is none."""
    came = of(source)
    if came is None or source.id is None or source.trust is None or source.state != "ready":
        return
    trusted = source.trust == "yes"
    if trusted:
        came.by = member_id
        _keep(source, came, session)
        _confirm(came, source, session)
    made = answers.brought(source.id, session=session)
    changed = {old: new for new, old in made.items() if old is not None}
    answers.stand_for(changed, session=session)
    answers.count(source.id, right=trusted, session=session)
    if trusted:
        _vote(came.gone, "wrong", "box", source, member_id, session)
        _vote(came.images, "complete", "image", source, member_id, session)


def _confirm(came: Came, source: Source, session: Session) -> None:
    """A box of the answer for each undecided one that it confirms."""
    assert source.id is not None
    made = set(answers.brought(source.id, session=session).values())
    answers.confirm(
        source.id, [box_id for box_id in came.open if box_id not in made], session=session
    )


def _vote(
    subjects: list[int], answer: str, kind: str, source: Source, member_id: int, session: Session
) -> None:
    where: dict[str, Any] = {
        "project_id": source.project_id,
        "member_id": member_id,
        "session": session,
    }
    if kind == "box" and subjects:
        # Nobody is asked what they are instead: the answer says that they are nothing.
        answers.dispute(subjects, "nothing", session=session)
        decide.vote(subjects, "nothing", kind="fix", **where)
    if subjects:
        decide.vote(subjects, answer, kind=kind, **where)


def take_back(source: Source, *, session: Session) -> None:
    """The source is out: what stood before the answer stands again, less the member's word."""
    came = of(source)
    if came is None or source.id is None:
        return
    made = answers.brought(source.id, session=session)
    old = answers.stood_for(made, session=session)
    answers.stand_for(dict.fromkeys(old), session=session)
    decide.refresh_boxes(old, project_id=source.project_id, session=session)
    if came.by is not None:
        for kind, subjects, answer in (
            ("fix", came.gone, "nothing"),
            ("box", came.gone, "wrong"),
            ("image", came.images, "complete"),
        ):
            _retract(subjects, answer, kind, source, came.by, session)


def _retract(
    subjects: list[int], answer: str, kind: str, source: Source, member_id: int, session: Session
) -> None:
    said = votes.current(subjects, kind=kind, project_id=source.project_id, session=session)
    mine = [subject for subject in subjects if said[subject].get(member_id) == answer]
    if not mine:
        return
    if kind == "box":
        answers.dispute(mine, None, session=session)
    decide.vote(
        mine,
        "retract",
        kind=kind,
        project_id=source.project_id,
        member_id=member_id,
        session=session,
    )
