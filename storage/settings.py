"""What a project's people chose otherwise than by default."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from storage.models import Project

MAX_VOTES = 9
EVERYONE, ADMINS = "everyone", "admins"


@dataclass(frozen=True)
class ProjectSettings:
    """A project's settings; see docs/reference/commands.md for what each does.

    `votes`: members who have to agree before a tile is decided; `votes_by_class` overrides it.
    `train`, `delete`, `invite`: everyone or admins. `zone`: by whose clock it is night.
    """

    votes: int = 1
    votes_by_class: Mapping[str, int] = field(default_factory=dict)
    autotrain: bool = True
    train: str = EVERYONE
    delete: str = ADMINS
    invite: str = EVERYONE
    zone: str = "UTC"

    def votes_for(self, label: str) -> int:
        """How many votes a box of this class needs."""
        return self.votes_by_class.get(label, self.votes)

    @property
    def many_votes(self) -> bool:
        """Whether anything needs more than one vote."""
        return max(self.votes, *self.votes_by_class.values(), 1) > 1


def of(project: Project) -> ProjectSettings:
    """The project's settings; names that a later release wrote are passed by."""
    known = {entry.name for entry in fields(ProjectSettings)}
    return ProjectSettings(**{k: v for k, v in project.settings.items() if k in known})


def change(project: Project, **values: Any) -> ProjectSettings:
    """Keep these values; the caller has checked them."""
    settings = replace(of(project), **values)
    default = asdict(ProjectSettings())
    project.settings = {
        name: value for name, value in asdict(settings).items() if value != default[name]
    }
    return settings
