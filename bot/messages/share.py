"""Links to a model's page, and what visitors of the page send back."""

from urllib.parse import urlsplit

from bot.messages import hosting
from bot.messages.common import at, count, head
from bot.wishes import Wish, button, esc, link, photo, text
from storage.models import Model, Project, Share, Source

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
GONE = "This page is not shared any more."
GONE_PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Not shared any more</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; }
  body { margin: 20vh auto; padding: 1rem; }
</style>
<h1>There is nothing here</h1>
<p>This link is not shared any more, or part of it got lost on its way.</p>
<p>Ask whoever sent it to you for a new one.</p>
</html>
"""
TOO_SLOW = "That took too long. Try again where the connection is better."
TOO_FAST = "That is a lot at once. Try again in a minute."
ENOUGH_TODAY = "That is enough for today, thank you. Come back tomorrow."
NO_FORM = "That is no picture with its boxes: reload the page and try again."
TOO_LARGE = "That picture is over 4 MB: send a smaller one."
NO_BOXES = "I can't read the boxes of that picture: reload the page and try again."
UNKNOWN_CLASS = "These boxes are of another model: reload the page and try again."
NOT_READ = "I can't read that picture: try another one."
NO_ROOM = "The disk of the machine is full, so the picture was not kept."


def shared(project: Project, model: Model, share: Share, url: str, picture: str) -> Wish:
    """The link as text to copy and as a QR picture; how to end it."""
    lines = [
        f"{head(project)}v{model.number} is here for everybody who has this link:",
        esc(url),
        "Their pictures stay on their device. Where the model is wrong they may send one: "
        "it comes first on the next sheet.",
    ]
    if urlsplit(url).hostname in LOOPBACK:
        # As in the demo. Browsers lend a camera to these addresses too.
        lines.append("ℹ️ This address opens on the machine I run on alone; a phone can't reach it.")
    elif url.startswith("http://"):
        lines.append("ℹ️ The camera works on https:// addresses alone; photos work here too.")
    return photo(
        picture,
        "\n".join(lines),
        [[link("🌐 Open", url)], [button("✖ End this link", at(project, "unshare"), share.id)]],
    )


def no_address(project: Project, model: Model, local: str) -> Wish:
    """What works where the bot has no address on the web."""
    return text(
        f"{head(project)}I have no address on the web, so a link of mine would open on the machine "
        f"I run on alone: {esc(local)}\n"
        f"What works: /export {model.number} sends the model with its page. Photos work from the "
        "single HTML file, opened anywhere; the live camera wants https:// or localhost.\n"
        "Or put it on the web for free; whoever runs me can also give me an address: "
        "TAPTRAIN_PUBLIC_URL.",
        [[button(f"📦 v{model.number}", at(project, "e"), model.number)], [hosting.how_to()]],
    )


def ended(project: Project, numbers: list[int]) -> Wish:
    """Links that lead nowhere from now on; `numbers`: the version of each."""
    versions = ", ".join(f"v{number}" for number in sorted(set(numbers)))
    leads = "leads" if len(numbers) == 1 else "lead"
    return text(
        f"{head(project)}{count(len(numbers), 'link')} to {versions} {leads} nowhere from now on. "
        "/share makes a new one."
    )


def came_back(project: Project, model: Model, source: Source, pictures: int) -> Wish:
    """Visitors sent pictures on which the model was wrong."""
    by, they = ("a visitor", "it comes") if pictures == 1 else ("visitors", "they come")
    return text(
        f"📮 {head(project)}{count(pictures, 'picture')} from the page of v{model.number}, marked "
        f"wrong by {by}: {they} first on the next sheet.",
        [[button("▶ Check", at(project, "label")), button("↩ Remove", "rm", source.id)]],
    )
