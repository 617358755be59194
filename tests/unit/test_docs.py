"""The documentation is complete: every command, setting, dependency and link."""

import re
import tomllib
from pathlib import Path

import pytest

from bot.commands import COMMANDS
from bot.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def rows(page: Path) -> dict[str, str]:
    """The tables of a page: the first `name` of each row, and the text beside it."""
    found = re.findall(r"^\| `([^`]+)`[^|]*\|(.+)\|$", page.read_text(), re.MULTILINE)
    return dict(found)


def dependencies() -> list[str]:
    """Every distribution that pyproject.toml names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(name for extra in extras for name in extra)]
    return [re.split(r"[\[<>=!~; ]", name)[0] for name in wanted]


def anchors(page: Path) -> set[str]:
    """The places in a page that a link can name, as GitHub makes them from headings."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in HEADING.findall(page.read_text())
    }


def test_every_dependency_has_its_reason() -> None:
    """The dependency page says why for each one, and names none that is not there."""
    assert set(rows(REFERENCE / "dependencies.md")) == set(dependencies())


def test_every_command_is_documented() -> None:
    """The command page and the README name exactly the commands that the bot registers."""
    names = {command.name for command in COMMANDS}
    for page in (REFERENCE / "commands.md", ROOT / "README.md"):
        told = {name.split()[0][1:] for name in rows(page) if name.startswith("/")}
        assert told == names, page


def test_every_setting_is_documented() -> None:
    """The settings page names exactly the settings that can be set."""
    settings = {PREFIX + name.upper() for name in Settings.model_fields}
    assert set(rows(REFERENCE / "settings.md")) == settings


def test_defaults_are_told_as_they_are() -> None:
    """A default with a plain value stands in the settings page as it is in the code."""
    told = rows(REFERENCE / "settings.md")
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, (str, int)) and field.default not in ("", False):
            assert f"`{field.default}`" in told[PREFIX + name.upper()], name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """A link to a file of the repository names one that exists, and a heading that is there."""
    for target in LINK.findall(page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file), target


def test_every_page_is_listed() -> None:
    """A page of docs/ can be found from its index."""
    listed = {(DOCS / target).resolve() for target in LINK.findall((DOCS / "index.md").read_text())}
    missing = {page for page in DOCS.rglob("*.md") if page.name != "index.md"} - listed
    assert not missing
