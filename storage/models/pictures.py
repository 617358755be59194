"""What is to be labelled: sources, images, tracks and boxes."""

from datetime import datetime

from sqlalchemy import Column, DateTime, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.models.columns import Json, json_column, now, telegram_id


class Source(SQLModel, table=True):
    """Where images came from.

    `state`: collecting, asking (waits for the trust answer), ready, failed, removed, paused (left
    out of questions and new versions until it goes on) or offered (it holds no pictures but
    choices, in `counts`, each of which becomes a source of its own).
    `trust`: None (not asked), yes, sample, no. `kind`: link, upload, folder (of this machine;
    `what` is its path), correction (a photo on which a model was wrong; `what` names the try) or
    visitors (pictures that came from a model's page; `what` names the model).
    `nightly_at`: when it is fetched anew, where that is wanted every night. `provenance`: see
    pipeline/provenance.py.
    """

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    kind: str
    what: str
    title: str = ""
    state: str = "collecting"
    trust: str | None = None
    labelled: bool = False
    counts: Json = Field(default_factory=dict, sa_column=json_column())
    provenance: Json = Field(default_factory=dict, sa_column=json_column())
    nightly_at: datetime | None = Field(default=None, index=True, sa_type=DateTime)
    created_by: int = Field(sa_column=telegram_id())
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Image(SQLModel, table=True):
    """A picture of a project; its bytes are the stored file `key`.

    `group_key`: images that share it stay on one side of a split. `seconds`: place in its video.
    `phash`: 64-bit perceptual hash, 16 hex digits. `part`: train, val, test or gap, assigned once.
    `proposed`: a model has looked at it, so having no box says something. `answer`: the last word
    on it, derived from the votes (complete, incomplete, redrawn). `rank`: how much a question about
    it would teach (higher first); derived by the newest model's look,
    or storage.images.MARKED.
    """

    __table_args__ = (
        UniqueConstraint("project_id", "sha256"),
        # The next pictures to ask about are its first rows, however many there are.
        Index("ix_image_rank", "project_id", text("rank DESC"), "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    source_id: int = Field(index=True, foreign_key="source.id")
    sha256: str
    key: str
    name: str = ""
    width: int
    height: int
    phash: str
    group_key: str = Field(index=True)
    seconds: float | None = None
    labelled: bool = False
    part: str | None = None
    proposed: bool = False
    answer: str | None = None
    rank: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Fingerprint(SQLModel, table=True):
    """What copies of an image are found by, apart from it: images are read often, this seldom.

    `words`: its corners' (see pipeline/features.py), four bytes each.
    """

    image_id: int = Field(primary_key=True, foreign_key="image.id")
    words: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Dropped(SQLModel, table=True):
    """A picture that screening left out, kept so that a person can bring it back.

    `reason`: near_duplicate, dark, blurred or tiny. `like`: the sha256 of the picture that stayed
    for it, "" where there is none. `image_id`: the image that it became. The others are as in Image
    and Fingerprint.
    """

    __table_args__ = (UniqueConstraint("source_id", "sha256"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    source_id: int = Field(foreign_key="source.id")
    reason: str
    sha256: str
    key: str
    name: str = ""
    width: int
    height: int
    phash: str
    group_key: str
    seconds: float | None = None
    words: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    like: str = ""
    image_id: int | None = Field(default=None, foreign_key="image.id")
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Shelf(SQLModel, table=True):
    """A message that shows what screening left out of a source, page by page.

    `reason`: the only one that is shown. `shown`: the ids of the pictures on it, in order, once it
    is painted; until then `painted` is false.
    """

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    source_id: int = Field(index=True, foreign_key="source.id")
    chat_id: int = Field(sa_column=telegram_id())
    reason: str
    page: int = 0
    shown: list[int] = Field(default_factory=list, sa_column=json_column("[]"))
    painted: bool = Field(default=False, index=True)
    changed_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Track(SQLModel, table=True):
    """One object through the frames of a video: its boxes carry the track's id."""

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    source_id: int = Field(foreign_key="source.id")
    label: str
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)


class Box(SQLModel, table=True):
    """A box somebody or something proposed; its place and label never change.

    `origin`: import (one with a `parent_id` stands for that one's name, see storage/mappings.py),
    model, coco, drawn, fixed (another class was chosen for `parent_id`),
    track (carried from `parent_id` in another frame), merged (of several people's drawings),
    answer (came back from another tool for an image that was here, in place of `parent_id` where it
    has one) or planted (known to be wrong, to see who looks). `source_id`: the source that an
    imported box or an answer came with; an import counts while its image is that one's, an answer
    while its source does.

    Derived from the votes, in their transaction (see pipeline/labelling/decide.py): `verdict`
    (right, wrong or None while open), `sure` (probability that it is right), `voters` (members
    whose answer counts), `fix` (what a wrong one is instead: open, class, off, nothing,
    skipped). `gold`: its answer is known (right or wrong), so it measures people, not the box.
    `bulk_id`: accepted with many others after a sample was checked. `merged_id`: the box that
    stands for it.
    """

    __table_args__ = (
        Index("ix_box_verdict", "project_id", "verdict", "label", "voters"),
        Index("ix_box_image_verdict", "image_id", "verdict"),
    )

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    image_id: int = Field(foreign_key="image.id")
    source_id: int | None = Field(default=None, foreign_key="source.id")
    label: str
    x1: float
    y1: float
    x2: float
    y2: float
    origin: str
    score: float | None = None
    model_id: int | None = None
    parent_id: int | None = None
    track_id: int | None = Field(default=None, index=True)
    bulk_id: int | None = Field(default=None, index=True)
    merged_id: int | None = None
    gold: str | None = None
    verdict: str | None = None
    sure: float | None = None
    voters: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    fix: str | None = None
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)

    @property
    def xyxy(self) -> tuple[float, float, float, float]:
        """The corners, normalised."""
        return (self.x1, self.y1, self.x2, self.y2)


class Bulk(SQLModel, table=True):
    """Many sure boxes that one decision accepts, after a sample of them was checked.

    `state`: offered, checking, judged (the sample is decided), accepted, refused or undone.
    `sample`: ids of the boxes to check; the others carry this row's id in `Box.bulk_id`.
    """

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(index=True, foreign_key="project.id")
    chat_id: int = Field(sa_column=telegram_id())
    member_id: int = Field(sa_column=telegram_id())
    state: str = "offered"
    sample: list[int] = Field(default_factory=list, sa_column=json_column("[]"))
    size: int = 0
    wrong: int = 0
    created_at: datetime = Field(default_factory=now, sa_type=DateTime)
