"""Adding: the bar, the receipt, the trust question."""

from bot.messages import dropped
from bot.messages.common import at, bar, count, duration, head, some
from bot.messages.export import came_back
from bot.wishes import Button, Keyboard, Wish, button, document, esc, photo, text
from pipeline.jobs.events import Progress
from pipeline.jobs.spec_collect import CollectResult
from pipeline.jobs.spec_video import VideosResult
from pipeline.labelling import answers, mapping
from storage.models import Job, Project, Source
from storage.progress import Standing

STAGES = {
    "fetch": "fetching",
    "export": "waiting for the export",
    "frames": "taking frames",
    "screen": "looking for doubles and blur",
    "labels": "reading labels",
}
REASONS = {
    "duplicate": "the same",
    **dropped.REASONS,
    "unreadable": "unreadable",
    "over_max": "over the limit",
}
SECONDS_A_BOX = 1.4
MAX_CHOICE = 100
MOST_MISSED = 3
"""Videos named in a receipt, and characters said of each: it is the caption of a picture."""

MOST_SAID = 160


def cancel_button(job: Job) -> Keyboard:
    """Stop a job."""
    return [[button("✖ Stop", "x", job.id)]]


def queued(project: Project, source: Source, job: Job) -> Wish:
    """Taken, about to start."""
    return text(f"{head(project)}{esc(source.title)}\n⏳ in a moment…", cancel_button(job))


def progress(project: Project, source: Source, job: Job, now: Progress) -> Wish:
    """The bar while collecting."""
    share = now.done / now.total if now.total else 0.0
    left = f" · {duration(now.seconds_left)} left" if now.seconds_left else ""
    amount = _amount(now) + (f" · {esc(now.note)}" if now.note else "")
    return text(
        f"{head(project)}{esc(source.title)}\n"
        f"{bar(share)} {STAGES.get(now.stage, now.stage)}{amount}{left}",
        cancel_button(job),
    )


def _amount(now: Progress) -> str:
    if now.stage == "fetch":
        done = now.done / 1e6
        speed = now.figures.get("bytes_per_s", 0) / 1e6
        amount = f"{done:.0f} of {now.total / 1e6:.0f} MB" if now.total else f"{done:.0f} MB"
        return f" · {amount}" + (f", {speed:.1f} MB/s" if speed else "")
    return f" · {now.done:.0f} of {now.total:.0f}" if now.total else f" · {now.done:.0f}"


def corrected(project: Project) -> Wish:
    """A photo on which the model was wrong is in the project."""
    return text(f"{head(project)}your photo is in. Which of its boxes are wrong?")


def receipt(
    project: Project,
    source: Source,
    result: CollectResult,
    state: Standing,
    *,
    montage: str | None,
    proposing: bool,
) -> Wish:
    """What came of an add, with the next step as buttons."""
    long = f" · {duration(result.seconds)}" if result.seconds else ""
    left_out = ", ".join(
        f"{number:,} {REASONS.get(why, why)}" for why, number in result.dropped.items() if number
    )
    lines = [f"{head(project)}{esc(source.title)}{long}"]
    if result.read > result.answered:
        lines.append(
            f"{count(result.read - result.answered, 'picture')} → kept {result.kept:,}"
            + (f" ({left_out})" if left_out else "")
        )
    lines += _videos(result.videos)
    came = answers.of(source)
    if came is not None:
        lines.append(came_back(came))
    if result.boxes:
        each = some([f"{esc(name)} {number:,}" for name, number in _most(result.boxes)], " · ")
        lines.append(f"{count(sum(result.boxes.values()), 'box', 'boxes')}: {each}")
    names = mapping.of(source)
    if names is not None:
        lines += _meant(names)
    others = [
        f"{esc(name)} ({number:,})"
        for name, number in _most(result.unknown_classes)
        if names is None or name not in names.boxes
    ]
    if others:
        lines.append(f"Left out, not in this project (/classes): {some(others)}")
    lines += _bad_rows(result)
    if result.whole:
        there = some([f"{esc(name)} {number:,}" for name, number in _most(result.whole)])
        lines.append(
            f"It says what is on pictures ({there}), but not where: they come in without boxes."
        )
    if proposing:
        lines.append("I'm looking through them now; guesses to check come in a moment.")
    keyboard = _next(project, source, result, state, proposing=proposing)
    if named_first(source):
        lines.append("Whether these labels are right comes after that.")
    elif source.state == "asking":
        lines.append("<b>Are these labels right?</b>")
    elif not result.kept and not result.answered:
        lines.append("Nothing new here. Try another link or other pictures.")
    elif source.trust == "yes":
        lines.append("I take these labels as they are.")
    elif state.check:
        minutes = max(1, round(len(state.check) * SECONDS_A_BOX / 60))
        lines.append(f"{count(len(state.check), 'box', 'boxes')} to check: about {minutes} min.")
    elif state.draw and not proposing:
        lines.append(
            "I can't recognise these yet. Circle some with your finger, about 6 min for 20."
        )
    words = "\n".join(lines)
    return photo(montage, words, keyboard) if montage else text(words, keyboard)


def offered(project: Project, source: Source, result: CollectResult) -> Wish:
    """Several things could be meant: a button each."""
    buttons = [
        [button(choice.label[:MAX_CHOICE], "pick", source.id, number)]
        for number, choice in enumerate(result.choices)
    ]
    return text(f"{head(project)}{esc(source.title)}\n{esc(result.question)}", buttons)


def _videos(videos: VideosResult) -> list[str]:
    """Which of the videos did not come, and why."""
    lines = []
    if videos.here:
        lines.append(f"{videos.here} of {count(videos.asked, 'video')} are here already.")
    lines += [
        f"⚠️ {esc(missed.name[:60])}: {esc(missed.why[:MOST_SAID])}"
        for missed in videos.missed[:MOST_MISSED]
    ]
    if len(videos.missed) > MOST_MISSED:
        lines.append(f"…and {len(videos.missed) - MOST_MISSED:,} more could not be had.")
    return lines


def _most(numbers: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(numbers.items(), key=lambda item: -item[1])


def _meant(names: mapping.Names) -> list[str]:
    known = [
        f"{esc(name)} → {esc(names.said[name]) or 'left out'} ({names.boxes[name]:,})"
        for name in names.by_itself
    ]
    asked = [f"{esc(name)} ({names.boxes[name]:,})" for name in names.waiting]
    return [
        *([f"As you said: {some(known)}"] if known else []),
        *([f"Other names: {some(asked)}. I ask below what they are."] if asked else []),
    ]


def named_first(source: Source) -> bool:
    """Whether its names have to be told before anything can be said of a source's labels."""
    names = mapping.of(source)
    return names is not None and bool(names.waiting) and source.state == "asking"


def _bad_rows(result: CollectResult) -> list[str]:
    if not result.bad_row_count:
        return []
    lines = [f"{count(result.bad_row_count, 'label row')} left out:"]
    for row in result.bad_rows[:3]:
        place = f"{row.file}:{row.line}" if row.line else row.file
        lines.append(f"• {esc(place[-60:])} – {esc(row.why[:80])}")
    if result.bad_row_count > 3:
        lines.append(f"• and {result.bad_row_count - 3:,} more")
    return lines


def report(project: Project, source: Source, result: CollectResult, file: str) -> Wish:
    """Everything that was left out, as a table."""
    words = (
        f"{head(project)}{esc(source.title)}: {count(result.bad_row_count, 'label row')} left out, "
        "each with its file, line and reason. Mend what matters and send it again."
    )
    return document(file, "report.csv", words)


def _next(
    project: Project, source: Source, result: CollectResult, state: Standing, *, proposing: bool
) -> Keyboard:
    remove = button("↩ Remove", "rm", source.id)
    look = [[dropped.look(source)]] if result.shelved else []
    if named_first(source):
        return [*look, [remove]]
    if source.state == "asking":
        return [*trust_buttons(source), *look, [remove]]
    first: list[Button] = []
    if state.check or state.confirm:
        first.append(button("▶ Check", at(project, "label")))
    elif state.draw and not proposing:
        first.append(button("✏️ Start drawing", at(project, "label")))
    if state.boxes:
        first.append(button("🏋 Train", at(project, "train")))
    more = [button("➕ More", at(project, "add")), remove]
    return [*([first] if first else []), *look, more]


def trust_buttons(source: Source) -> Keyboard:
    """How far a source's labels are to be believed."""
    return [
        [button("👍 Trust", "trust", source.id, "yes")],
        [
            button("🔎 Check a sample", "trust", source.id, "sample"),
            button("✅ Check all", "trust", source.id, "no"),
        ],
    ]


def trust_answered(project: Project, source: Source, state: Standing) -> Wish:
    """The answer is kept."""
    words = {
        "yes": "I take these labels as they are.",
        "sample": "I'll ask about a sample; if 95 of 100 are right, I accept the rest.",
        "no": "I'll ask about every box.",
    }[source.trust or "no"]
    first = (
        [button("🏋 Train", at(project, "train"))]
        if source.trust == "yes"
        else [button("▶ Check", at(project, "label"))]
    )
    return text(
        f"{head(project)}{esc(source.title)}: {words}",
        [first, [button("📊 Stats", at(project, "stats"))]],
    )


def failed(project: Project, source: Source, sentence: str) -> Wish:
    """Nothing was added."""
    return text(
        f"{head(project)}{esc(source.title)}\n⚠️ {esc(sentence)}",
        [[button("➕ Add something else", at(project, "add"))]],
    )


def cancelled(project: Project, source: Source) -> Wish:
    """Stopped by a person."""
    return text(
        f"{head(project)}{esc(source.title)}\n✖ stopped, nothing was added.",
        [[button("➕ Add something else", at(project, "add"))]],
    )


def removed(project: Project, source: Source, pictures: int) -> Wish:
    """A source was taken out."""
    return text(
        f"{head(project)}{esc(source.title)} is out, with {count(pictures, 'picture')}.",
        [
            [button("↩ Put back", "unrm", source.id)],
            [
                button("➕ Add", at(project, "add")),
                button("📊 Stats", at(project, "stats")),
            ],
        ],
    )


def put_back(project: Project, source: Source) -> Wish:
    """A removal was undone."""
    return text(
        f"{head(project)}{esc(source.title)} is back.",
        [
            [
                button("📊 Stats", at(project, "stats")),
                button("🗂 Sources", at(project, "sources")),
            ]
        ],
    )


def uploads_failed(project: Project | None, problems: list[str]) -> Wish:
    """Files that could not be taken from the chat."""
    return text(head(project) + "\n".join(f"⚠️ {esc(problem)}" for problem in problems))
