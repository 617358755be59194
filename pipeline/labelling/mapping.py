"""What a source's class names mean in the project: asked one after another, and taken back.

A source's boxes come in under their own names. Those that are no classes of the project ask and
teach nothing until somebody says what they are: a class, a new one, or nothing of interest. The
answer holds for sources to come as well, unless the name alone says nothing (`0`, `object`).
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, field

from sqlmodel import Session

from pipeline.errors import LabelError
from pipeline.labelling import answers
from storage import mappings, projects, sources
from storage.models import Project, Source

KEY = "mapping"
SKIP = ""
MAX_ASKED = 40
"""Names of one source that are asked about; what is rarer is left out until it is a class."""

NAMELESS = {"object", "objects", "thing", "things", "item", "none", "unknown"}
WORDS = {"skip": SKIP, "none": SKIP, "-": SKIP}
NEW = "new"


@dataclass
class Names:
    """What a source asks, kept with it.

    `boxes`: how many it has under each name, most frequent first. `said`: the answers by name, in
    their order; SKIP leaves it out. `made`: names that became new classes. `by_itself`: answers
    that were known before.
    """

    boxes: dict[str, int] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    by_itself: list[str] = field(default_factory=list)

    @property
    def waiting(self) -> list[str]:
        """Names that nobody has said anything of."""
        return [name for name in self.boxes if name not in self.said]


def of(source: Source) -> Names | None:
    """What a source asks; None where all its names were classes."""
    kept = source.counts.get(KEY)
    # Changed in place it would look unchanged to the database.
    return Names(**deepcopy(kept)) if kept else None


def key_of(name: str) -> str:
    """A name as it is remembered: without case, blanks and underscores alike."""
    return " ".join(name.replace("_", " ").split()).casefold()


def check(project: Project, told: Mapping[str, str]) -> None:
    """Check answers that came along with a source (`car:vehicle`).

    Raises:
        LabelError: one names a class that the project has not.
    """
    for name, meant in told.items():
        if key_of(meant) not in {*WORDS, NEW} and _class(project, meant) is None:
            raise LabelError(
                f"This project has no class “{meant[:40]}”: say map={name[:40]}:{NEW} to make one, "
                f"or one of {', '.join(project.classes[:8])}."
            )


def _class(project: Project, meant: str) -> str | None:
    known = {key_of(label): label for label in project.classes}
    return known.get(key_of(meant))


def begin(source: Source, told: Mapping[str, str], *, session: Session) -> Names | None:
    """Find what is to be asked of a source that is all here, and answer what is known already.

    What was said of a source that is fetched again goes for what came since.

    Args:
        told: answers that came along with it, by name.
    """
    project = projects.get(source.project_id, session=session)
    before = of(source) or Names()
    held = mappings.foreign(source, project, session=session)
    fresh_names = [name for name in held if name not in before.boxes]
    asked = {name: held[name] for name in fresh_names[: MAX_ASKED - len(before.boxes)]}
    names = Names(before.boxes | asked, made=before.made)
    if not names.boxes:
        return None
    for name, answer in before.said.items():
        if answer == SKIP or _class(project, answer) is not None:
            _say(source, project, names, name, answer, session=session)
        else:
            # A class that somebody took out does not come back by itself.
            names.said[name] = answer
    known = mappings.remembered(source.project_id, session=session)
    said = {key_of(name): meant for name, meant in told.items()}
    for name in names.waiting:
        key = key_of(name)
        meant = said.get(key, known.get(key))
        if meant is None:
            continue
        fresh = key in said and key_of(meant) == NEW and len(project.classes) < projects.MAX_CLASSES
        meant = name if fresh else WORDS.get(key_of(meant), meant)
        if fresh or meant == SKIP or _class(project, meant) is not None:
            names.by_itself.append(name)
            _say(source, project, names, name, meant, session=session)
    _keep(source, names, session)
    return names


def say(source: Source, name: str, meant: str, *, session: Session) -> Names:
    """Answer one name: a class of the project, a new one, or SKIP.

    Raises:
        LabelError: it is answered already, or the project can have no more classes.
    """
    names = _waiting(source, name)
    project = projects.get(source.project_id, session=session)
    _say(source, project, names, name, meant, session=session)
    _remember(source, {name: meant}, session)
    _keep(source, names, session)
    return names


def skip_rest(source: Source, *, session: Session) -> Names:
    """Leave all names out that nobody has said anything of.

    Raises:
        LabelError: there are none.
    """
    names = _waiting(source)
    rest = dict.fromkeys(names.waiting, SKIP)
    names.said |= rest
    _remember(source, rest, session)
    _keep(source, names, session)
    return names


def _waiting(source: Source, name: str | None = None) -> Names:
    """The source's names, of which this one, or any, has to wait for an answer."""
    names = of(source)
    if names is None or not names.waiting or (name is not None and name not in names.waiting):
        raise LabelError("That is answered already: look at the newest question.")
    return names


def take_back(source: Source, *, session: Session) -> Names:
    """Take the last answer back; its name waits again.

    Raises:
        LabelError: there is none.
    """
    names = of(source)
    if names is None or not names.said:
        raise LabelError("There is nothing to take back: answer the question first.")
    name, meant = names.said.popitem()
    if meant != SKIP:
        mappings.withdraw(source, name, meant, session=session)
    project = projects.get(source.project_id, session=session)
    if name in names.made:
        names.made.remove(name)
        if not mappings.is_used(source, meant, session=session):
            project.classes = [label for label in project.classes if label != meant]
            session.add(project)
    _remember(source, {name: None}, session)
    _keep(source, names, session)
    if not source.labelled:
        source.labelled = True
        mappings.set_labelled(source, labelled=True, session=session)
    if blocks(source, session=session):
        source.state = "asking"
    session.add(source)
    session.flush()
    return names


def blocks(source: Source, *, session: Session) -> bool:
    """Whether a source has to wait: names are open, or none of them is of interest.

    Trusted as they are, pictures of things by another name would be examples of nothing to find.
    """
    names = of(source)
    if names is None or names.waiting:
        return names is not None
    project = projects.get(source.project_id, session=session)
    return not mappings.fits(source, project, session=session)


def settle(source: Source, *, member_id: int, session: Session) -> None:
    """Once all is said: let a source count that waited for it.

    Where nothing of it is of interest its pictures are unlabelled ones.
    """
    names = of(source)
    if names is None or names.waiting or source.state != "asking":
        return
    project = projects.get(source.project_id, session=session)
    if not mappings.fits(source, project, session=session) and answers.of(source) is None:
        mappings.set_labelled(source, labelled=False, session=session)
        source.labelled, source.state = False, "ready"
    elif source.trust is not None:
        sources.answer_trust(source, source.trust, member_id=member_id, session=session)
        answers.settle(source, member_id=member_id, session=session)
    session.add(source)
    session.flush()


def _say(
    source: Source, project: Project, names: Names, name: str, meant: str, *, session: Session
) -> None:
    label = _class(project, meant) if meant != SKIP else SKIP
    if label is None:
        if len(project.classes) >= projects.MAX_CLASSES:
            raise LabelError(
                f"A project has {projects.MAX_CLASSES} classes at most: choose one of them."
            )
        # Under its own name its boxes are of that class from now on.
        label = meant
        project.classes = [*project.classes, label]
        names.made.append(name)
        session.add(project)
        session.flush()
    names.said[name] = label
    if label not in (SKIP, name):
        mappings.stand_in(source, name, label, session=session)


def _remember(
    source: Source, said: Mapping[str, str] | Mapping[str, None], session: Session
) -> None:
    telling = {
        key: meant
        for name, meant in said.items()
        if (key := key_of(name)) not in NAMELESS and not key.isdecimal()
    }
    if telling:
        mappings.remember(source.project_id, telling, session=session)


def _keep(source: Source, names: Names, session: Session) -> None:
    source.counts = {**source.counts, KEY: asdict(names)}
    session.add(source)
    session.flush()
