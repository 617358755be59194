"""The licences of what is bundled into `vendor/`, in one file beside it."""

import json
from pathlib import Path

_APACHE = "typescript/LICENSE"
"""TensorFlow.js and LiteRT.js name the Apache License without its text; this package has it."""


def package_of(path: str) -> str:
    """The npm package that a path such as node_modules/@a/b/dist/c.js belongs to."""
    parts = path.rpartition("node_modules/")[2].split("/")
    return "/".join(parts[:2]) if parts[0].startswith("@") else parts[0]


def text(modules: Path, packages: set[str]) -> str:
    """Name, version, home and licence of each of `packages`, which lie in `modules`."""
    chapters = ["What the scripts in this folder are made of, and its licences.\n"]
    for name in sorted(packages):
        about = json.loads((modules / name / "package.json").read_text())
        words = f"{name} {about['version']} ({about.get('license', 'see below')})\n{_home(about)}"
        own = sorted(
            path for path in (modules / name).iterdir() if path.stem.lower().startswith("licen")
        )
        chapters.append("\n".join((words, *(path.read_text() for path in own))))
    chapters.append("The Apache License, Version 2.0, of those above that name it:\n")
    chapters.append((modules / _APACHE).read_text())
    return f"\n{'-' * 80}\n".join(chapters)


def _home(about: dict[str, object]) -> str:
    repository = about.get("repository", "")
    return str(repository.get("url", "") if isinstance(repository, dict) else repository)
