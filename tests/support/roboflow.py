"""Roboflow as its REST interface shows it: projects, versions, exports that take a while."""

from dataclasses import dataclass, field

from tests.support.service import Call, Reply, Service

KEY = "rfKEY0123456789"


@dataclass
class Project:
    """A project. `versions`: pictures by number; `waits`: answers before an export is made."""

    archive: str
    versions: dict[int, int] = field(default_factory=lambda: {1: 8})
    type: str = "object-detection"
    waits: int = 0


class Roboflow(Service):
    """Knows `projects` by `workspace/name`."""

    def __init__(self) -> None:
        super().__init__()
        self.projects: dict[str, Project] = {}

    def answer(self, call: Call) -> Reply:
        """By the depth of the path."""
        if call.query.get("api_key") != KEY:
            words = "This API key does not exist (or has been revoked)."
            return Reply({"error": {"message": words, "type": "OAuthException"}}, 401)
        parts = call.path.strip("/").split("/", 2)
        name, rest = "/".join(parts[:2]), "/".join(parts[2:])
        project = self.projects.get(name)
        version, _, form = rest.partition("/")
        if project is None or (version and int(version) not in project.versions):
            return Reply({"error": {"message": "Not found"}}, 404)
        if form:
            return self._export(project, form)
        about = {
            "id": name,
            "name": "All cats",
            "type": project.type,
            "license": "CC BY 4.0",
        }
        versions = [
            {"id": f"{name}/{number}", "name": f"try {number}", "images": images}
            for number, images in project.versions.items()
        ]
        return Reply({"workspace": {"name": "Ann"}, "project": about, "versions": versions})

    def _export(self, project: Project, form: str) -> Reply:
        if project.waits:
            project.waits -= 1
            return Reply({"progress": 0.4}, 202)
        return Reply({"export": {"format": form, "link": project.archive}})
