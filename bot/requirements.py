"""Which of the packages that taptrain asks for are installed, in which versions.

Read from the metadata that pip leaves, so that nothing heavy is imported.
"""

import re
from dataclasses import dataclass
from importlib import metadata

DISTRIBUTION = "taptrain"

_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?:\[[^\]]*\])?\s*(?P<limits>[^;]*)(?:;(?P<when>.*))?")
_LIMIT = re.compile(r"(==|!=|<=|>=|<|>)\s*([\w.*]+)")


@dataclass(frozen=True)
class Requirement:
    """A package that is asked for. `limits`: such as `>=22.8,<23`. `have`: None when missing."""

    name: str
    limits: str
    have: str | None

    @property
    def fits(self) -> bool:
        """Whether it is there, in a version within its limits."""
        if self.have is None:
            return False
        have = _numbers(self.have)
        return all(_within(have, sign, wanted) for sign, wanted in _LIMIT.findall(self.limits))

    def __str__(self) -> str:
        wanted = f"{self.name} {self.limits}".strip()
        return f"{wanted} (missing)" if self.have is None else f"{wanted} (found {self.have})"


def of_extra(extra: str = "") -> list[Requirement]:
    """What the program itself asks for, or one of its extras.

    Raises:
        PackageNotFoundError: taptrain itself is not installed.
    """
    found = []
    for line in metadata.requires(DISTRIBUTION) or []:
        match = _REQUIREMENT.fullmatch(line.strip())
        assert match is not None, line
        asked_by = re.search(r"extra\s*==\s*['\"](\w+)['\"]", match["when"] or "")
        if (asked_by[1] if asked_by else "") == extra:
            name = match["name"]
            found.append(Requirement(name, match["limits"].strip(), version_of(name)))
    return found


def version_of(name: str) -> str | None:
    """The installed version of a package, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    """The release part of a version; 2.14.1+cpu is 2.14.1."""
    release = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in release[0].split(".")) if release else ()


def _within(have: tuple[int, ...], sign: str, wanted: str) -> bool:
    edge = _numbers(wanted)
    if wanted.endswith(".*"):
        same = have[: len(edge)] == edge
        return same if sign == "==" else not same
    long = max(len(have), len(edge))
    # 23 and 23.0 are one version.
    mine, other = (part + (0,) * (long - len(part)) for part in (have, edge))
    return {
        "==": mine == other,
        "!=": mine != other,
        "<": mine < other,
        "<=": mine <= other,
        ">": mine > other,
        ">=": mine >= other,
    }[sign]
