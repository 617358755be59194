"""Where news of a job becomes messages: within one transaction, under the job's own card."""

from dataclasses import dataclass

from sqlmodel import Session

from bot.wishes import Wish
from pipeline.kinds import refresh
from pipeline.kinds.places import Places
from storage import notices, outbox, projects
from storage.models import Job, Model, Project, now


@dataclass
class Desk:
    """What telling needs, within one transaction."""

    session: Session
    places: Places
    web_url: str
    public_url: str

    def project(self, job: Job) -> Project:
        """The job's project."""
        assert job.project_id is not None
        return projects.get(job.project_id, session=self.session)

    def page(self, model: Model) -> tuple[str | None, str]:
        """The public address of the model's page, if there is one, and the local one."""
        return page_addresses(model, public_url=self.public_url, web_url=self.web_url)

    def tell(
        self,
        job: Job,
        wish: Wish,
        *,
        key: str | None = None,
        priority: int = outbox.RESULT,
        fresh: bool = False,
    ) -> None:
        """Put a message to the job's chat into the outbox; under its card's key unless given.

        In the quiet hours of who asked for the job it comes without a sound.
        """
        outbox.put(
            key or card_key(job),
            job.chat_id,
            hushed(wish, job.member_id, session=self.session),
            priority=priority,
            fresh=fresh,
            session=self.session,
        )


def hushed(wish: Wish, member_id: int, *, session: Session) -> Wish:
    """The wish without a sound in the member's quiet hours."""
    if wish.get("loud") and notices.quiet(notices.of(member_id, session=session), now()):
        return {**wish, "loud": False}
    return wish


def page_addresses(model: Model, *, public_url: str, web_url: str) -> tuple[str | None, str]:
    """The public address of a model's page, if there is one, and the one on this machine."""
    token = model.page_token
    return page_at(public_url, token) if public_url else None, page_at(web_url, token)


def page_at(base: str, token: str) -> str:
    """The address of the page that a token opens, below the address of the web pages."""
    return f"{base}/m/{token}/"


def card_key(job: Job) -> str:
    """The message that a job moves."""
    if job.kind == "collect" and not refresh.is_one(job):
        return f"source:{job.request['source_id']}"
    return f"job:{job.id}"
