"""Hello, projects and classes."""

from bot.commands import COMMANDS
from bot.messages.common import at, count, head, listed
from bot.wishes import Button, Keyboard, Wish, button, esc, link, rows, text
from storage.models import Member, Project

ASK_NEW = "ask:new"


def hello(*, private: bool, username: str, chat_id: int, project: Project | None) -> Wish:
    """The first message in a chat; where a project is under way, its next steps as well."""
    if project is not None:
        return text(
            f"👋 {head(project)}is what we work on here. What comes next?",
            [*next_steps(project), [button("🆕 New project", "new"), button("❓ Help", "help")]],
        )
    keyboard: Keyboard = [[button("🆕 New project", "new")]]
    if private:
        keyboard.append([link("👥 Work in a group", f"https://t.me/{username}?startgroup=hello")])
    else:
        keyboard.append([button("👁 Let me see photos here", "see")])
        keyboard.append([privately(username, chat_id)])
    keyboard.append([button("❓ How it works", "help")])
    return text(
        "👋 You tap, I learn to find things in pictures.\n"
        "Tell me what to find and send pictures, a video or a link. You check my guesses on small "
        "sheets, then I train a detector that runs in a browser.",
        keyboard,
    )


def privately(username: str, chat_id: int) -> Button:
    """A deep link from a group to its project in private; membership is checked on arrival."""
    return link("📨 Send them privately", f"https://t.me/{username}?start=g{chat_id}")


def joined_privately(project: Project) -> Wish:
    """A group's project in a private chat."""
    return text(
        f"{head(project)}what you send and tap here goes to your group's project. "
        "Send photos, a video, a zip or a link, or go on checking.",
        next_steps(project),
    )


def see_photos() -> Wish:
    """How the bot can see photos in a group."""
    return text(
        "In groups I only see commands and replies to my messages. Two ways:\n"
        "• make me an admin (group settings → Administrators): then I see every photo;\n"
        "• or reply to any message of mine with your photos, videos, zips or links."
    )


def ask_new(*, reply_to: int | None, who: Member, private: bool) -> Wish:
    """The question that `/new` alone asks; in a group it names whom it asks."""
    name = f'<a href="tg://user?id={who.id}">{esc(who.name)}</a>'
    question = "What should I find?" if private else f"{name}, what should I find?"
    return text(
        f"{question} Answer with one or more names, for example: <b>cat</b> or "
        "<b>pets: cat, dog</b>",
        ask="cat, dog",
        reply_to=reply_to,
    )


def created(project: Project, *, private: bool, username: str) -> Wish:
    """A project was made."""
    looks = f"I'll look for: {esc(listed(project.classes))}. " if project.classes else ""
    return text(
        f"{head(project)}ready. {looks}Now send pictures, a video, a zip or a link "
        "(in a group: as a reply to this message).",
        [
            [
                button("➕ How to add", at(project, "add")),
                button("📊 Where we are", at(project, "stats")),
            ],
            *([] if private else [[privately(username, project.chat_id)]]),
        ],
    )


def how_to_add(project: Project) -> Wish:
    """Every way to add."""
    return text(
        f"{head(project)}send me any of these, here in private or as a reply to a message of mine "
        "in the group:\n"
        "• photos, an album, a video or a zip (up to 20 MB through the chat)\n"
        "• a link to a video, a playlist or a file: "
        "<code>/add https://… every=1s max=300</code>\n"
        "• words to look for on YouTube: <code>/add youtube forklift</code>\n"
        "• a data set: <code>/add kaggle:owner/name</code>, <code>hf:owner/name</code>, "
        "<code>roboflow:workspace/project/1</code>, or look for one: "
        "<code>/add kaggle potholes</code>\n"
        "A zip may bring labels (YOLO, VOC, COCO, CSV …): I find them by myself."
    )


def classes(project: Project) -> Wish:
    """What the project looks for."""
    if not project.classes:
        return text(
            f"{head(project)}no classes yet. Set them so: <code>/classes cat, dog</code>. "
            "A labelled data set brings its own."
        )
    return text(
        f"{head(project)}I look for {esc(listed(project.classes))}. "
        "Change that with <code>/classes a, b</code>."
    )


def classes_would_lose(project: Project, names: list[str], lost: dict[str, int]) -> Wish:
    """A class that has boxes would go: said before it is done."""
    gone = listed([f"{count(boxes, 'box', 'boxes')} of {name}" for name, boxes in lost.items()])
    return text(
        f"{head(project)}with {esc(listed(names))} I would leave out {esc(gone)}. They come back "
        "when the class does.",
        [[button("✔ Do it", at(project, "cls"))]],
    )


def project_list(projects: list[Project], current: int | None) -> Wish:
    """A picker."""
    if not projects:
        return text(
            "No projects here yet. What should I find?", [[button("🆕 New project", "new")]]
        )
    keyboard = [
        [button(f"{'● ' if project.id == current else ''}{project.name}", "p", project.id)]
        for project in projects[:30]
    ]
    return text("Which project?", [*keyboard, [button("🆕 New project", "new")]])


def selected(project: Project) -> Wish:
    """The chat means this project from now on."""
    return text(f"{head(project)}is what we work on now.", next_steps(project))


def next_steps(project: Project) -> Keyboard:
    """The buttons that fit nearly always."""
    return rows(
        [
            button("▶ Check", at(project, "label")),
            button("➕ Add", at(project, "add")),
            button("🏋 Train", at(project, "train")),
            button("📊 Stats", at(project, "stats")),
        ],
        2,
    )


def help_text() -> Wish:
    """All commands; nobody needs to know one."""
    lines = [
        f"/{command.name} {esc(command.usage)} – {command.words}".replace("  ", " ")
        for command in COMMANDS
    ]
    return text(
        "1. Say what to find. 2. Send pictures, a video, a zip or a link. 3. Tap what is wrong on "
        "the sheets. 4. Train. 5. Get a detector for the browser.\n\n" + "\n".join(lines),
        [[button("🆕 New project", "new"), button("📊 Where we are", "stats")]],
    )


def unknown_command(name: str) -> Wish:
    """A command that does not exist."""
    return text(
        f"I don't know /{esc(name)}. /help lists what I can do.", [[button("❓ Help", "help")]]
    )


def not_understood(project: Project) -> Wish:
    """Words that are neither a link nor an answer."""
    return text(
        f"{head(project)}send me a link, photos, a video or a zip; or choose what comes next.",
        next_steps(project),
    )
