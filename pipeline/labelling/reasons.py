"""Why a tile is what it is: who is for and against, and what else decided it.

Votes are blind: what others say of a tile is kept back from whoever did not answer it while it is
open, and that a tile is a test is told only to those who passed it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlmodel import Session

from storage import images, origins, votes
from storage.models import Box, Bulk, Image, Project, Source, Track
from storage.origins import Origin
from storage.votes import Said

BOX, IMAGE, TRACK = "box", "image", "track"
ABOUT = {"box": BOX, "fix": BOX, "track": TRACK, "image": IMAGE, "frame": IMAGE}
"""What the tiles of each kind of sheet are."""
NO = ("wrong", "incomplete", "unsure")


@dataclass(frozen=True)
class Reason:
    """What is known of a tile, as one member may see it.

    `how` it was decided: votes, track (votes on its whole track), bulk, trust, known (a test),
    merged (another box stands for it), reopened (by an admin) or open. `hidden`: it is open, and
    whoever asks has not answered. `verdict`: a box's or track's right or wrong, the last word on an
    image, or None. `sure`: probability that it is right, 0..1. `instead`: what was said of a wrong
    box. `mine`: the answer of whoever asks. `out`: answers that do not count.
    """

    kind: str
    id: int
    label: str
    how: str
    verdict: str | None = None
    hidden: bool = False
    answers: Mapping[int, str] = field(default_factory=dict)
    out: Mapping[int, str] = field(default_factory=dict)
    sure: float | None = None
    instead: str | None = None
    mine: str | None = None
    planted: bool = False
    origin: Origin | None = None
    score: float | None = None
    source: str = ""
    bulk: Bulk | None = None

    @property
    def no(self) -> int:
        """How many of the answers that count say no."""
        return sum(answer in NO for answer in self.answers.values())

    @property
    def yes(self) -> int:
        """How many say yes."""
        return len(self.answers) - self.no

    @property
    def decided(self) -> bool:
        """Whether there is a decision that an admin could take back."""
        return self.verdict is not None and not self.hidden and self.how not in ("known", "merged")


def of(
    kind: str,
    ids: Sequence[int],
    project: Project,
    member_id: int,
    *,
    blind: bool,
    aloud: bool = False,
    session: Session,
) -> list[Reason]:
    """The reasons of these tiles, in order; those whose rows are gone are left out.

    Args:
        kind: box, image or track.
        member_id: who asks.
        blind: they are asked about on a sheet.
        aloud: others read it as well, whether they have answered or not.
    """
    assert project.id is not None
    found = votes.said(ids, kind=kind, project_id=project.id, session=session)
    out = votes.discarded(project.id, session=session)
    make = {BOX: _box, IMAGE: _image, TRACK: _track}[kind]
    reasons = []
    for subject in ids:
        reason = make(subject, found, project, session, blind=blind)
        if reason is None:
            continue
        said = found.answers[subject]
        answers = reason.answers or said
        reason = replace(
            reason,
            answers={member: answer for member, answer in answers.items() if member not in out},
            out={member: answer for member, answer in answers.items() if member in out},
            mine=said.get(member_id),
        )
        unheard = aloud or reason.mine is None
        secret = reason.how == "known" or (reason.verdict is None and reason.how != "reopened")
        reasons.append(replace(reason, hidden=blind and unheard and secret))
    return reasons


def _box(
    box_id: int, found: Said, project: Project, session: Session, *, blind: bool
) -> Reason | None:
    box = session.get(Box, box_id)
    if box is None or box.project_id != project.id:
        return None
    image = images.get(box.image_id, session=session)
    # What came back from another tool is trusted as its own source is.
    own = box.source_id if box.origin == "answer" else None
    source = session.get(Source, own or image.source_id)
    bulk = session.get(Bulk, box.bulk_id) if box.bulk_id else None
    (origin,) = origins.of_boxes([box_id], session=session)
    # A drawn box that others are tested with is a test only to them.
    test = box.gold is not None and (blind or box.origin == "planted")
    how = "known" if test else _how(box, found, bulk, source, session)
    return Reason(
        BOX,
        box_id,
        box.label,
        how,
        verdict=box.verdict,
        sure=box.sure,
        instead=_instead(box, session),
        planted=box.origin == "planted",
        origin=origin,
        score=box.score,
        source=source.title if source else "",
        bulk=bulk,
        answers=_on_track(box, session) if how == "track" else {},
    )


def _how(box: Box, found: Said, bulk: Bulk | None, source: Source | None, session: Session) -> str:
    """What decides, in the order of decide.py."""
    assert box.id is not None
    if box.merged_id is not None:
        return "merged"
    if found.answers[box.id]:
        return "votes"
    if box.id in found.reopened:
        return "reopened"
    if box.track_id is not None and _on_track(box, session):
        return "track"
    if bulk is not None and bulk.state == "accepted":
        return "bulk"
    said = box.origin in ("import", "answer")
    return "trust" if said and source is not None and source.trust == "yes" else "open"


def _on_track(box: Box, session: Session) -> dict[int, str]:
    """What members say of the box's whole track."""
    if box.track_id is None:
        return {}
    found = votes.current([box.track_id], kind=TRACK, project_id=box.project_id, session=session)
    return found[box.track_id]


def _instead(box: Box, session: Session) -> str | None:
    """What a wrong box is instead: `class:NAME`, off or nothing; open while nobody said."""
    if box.verdict != "wrong" or box.fix is None or box.id is None:
        return None
    said = votes.current([box.id], kind="fix", project_id=box.project_id, session=session)
    answers = list(said[box.id].values())
    return answers[-1] if answers else box.fix


def _image(
    image_id: int, found: Said, project: Project, session: Session, *, blind: bool
) -> Reason | None:
    image = session.get(Image, image_id)
    if image is None or image.project_id != project.id:
        return None
    source = session.get(Source, image.source_id)
    verdict, how = image.answer, "votes"
    if not found.answers[image_id]:
        trusted = image.labelled and source is not None and source.trust == "yes"
        how = "reopened" if image_id in found.reopened else "trust" if trusted else "open"
        verdict = "complete" if how == "trust" else None
    return Reason(IMAGE, image_id, "", how, verdict=verdict, source=source.title if source else "")


def _track(
    track_id: int, found: Said, project: Project, session: Session, *, blind: bool
) -> Reason | None:
    track = session.get(Track, track_id)
    if track is None or track.project_id != project.id:
        return None
    answers = list(found.answers[track_id].values())
    yes = answers.count("right")
    verdict = None if not answers else "right" if 2 * yes > len(answers) else "wrong"
    how = "votes" if answers else "reopened" if track_id in found.reopened else "open"
    return Reason(TRACK, track_id, track.label, how, verdict=verdict)
