"""The chat's commands: what setMyCommands registers, /help prints and the docs describe."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A command's name, what comes after it, and what it does in a few words."""

    name: str
    usage: str
    words: str


COMMANDS = (
    Command("start", "", "say hello and show the next step"),
    Command("help", "", "what I can do"),
    Command("new", "NAME class, class…", "start a project"),
    Command("projects", "", "choose the project this chat works on"),
    Command("classes", "a, b", "what to look for"),
    Command(
        "add", "LINK [every=1s] [max=300]", "add a link or a data set, or reply with it to a file"
    ),
    Command("sources", "", "where the pictures come from"),
    Command("label", "", "check boxes by tapping"),
    Command("stats", "", "what is there, and what waits for what"),
    Command("datasets", "[N] [M]", "versions of the data: compare, restore"),
    Command("train", "[quick|balanced|best]", "train a model"),
    Command("schedule", "[nightly 02:00|off]", "train by itself: at night, or by what is new"),
    Command("queue", "", "what is running and waiting"),
    Command("cancel", "[JOB]", "stop a job"),
    Command("watch", "[JOB]", "hear in private how a training goes"),
    Command("unwatch", "[JOB]", "hear no more of it in private"),
    Command("logs", "[JOB]", "the end of a job's log"),
    Command("notices", "[private]", "where you hear of your jobs, and quiet hours"),
    Command("models", "", "the models so far"),
    Command("compare", "2 3", "two models side by side on the same pictures"),
    Command("export", "[N] [onnx] | labels | dataset N", "a model or labels as files"),
    Command("share", "[N]", "a link to a model's page, with a QR picture"),
    Command("unshare", "[N]", "end the links to model N, or all of them"),
    Command("predict", "", "try the model on a photo"),
    Command("why", "[TILE]", "as a reply to a picture of mine: why it is decided so"),
    Command("team", "", "who did what"),
    Command("settings", "[votes=3]", "votes a tile, training by itself, who may do what"),
)
