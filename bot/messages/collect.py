"""Adding: the bar, the receipt, the trust question, the list of sources."""

from bot.messages.common import at, bar, count, duration, head, some
from bot.messages.export import came_back
from bot.wishes import Button, Keyboard, Wish, button, esc, photo, text
from pipeline.jobs.events import Progress
from pipeline.jobs.spec import (
    CollectResult,
)
from pipeline.jobs.spec_video import VideosResult
from pipeline.labelling import answers
from storage.models import Job, Project, Source
from storage.progress import Standing

STAGES = {
    "fetch": "fetching",
    "frames": "taking frames",
    "screen": "looking for doubles and blur",
    "labels": "reading labels",
}
REASONS = {
    "duplicate": "the same",
    "near_duplicate": "alike",
    "blurred": "blurred",
    "dark": "dark",
    "unreadable": "unreadable",
    "over_max": "over the limit",
}
SECONDS_A_BOX = 1.4
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
        return f" · {done:.0f} of {now.total / 1e6:.0f} MB" if now.total else f" · {done:.0f} MB"
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
    dropped = ", ".join(
        f"{number:,} {REASONS.get(why, why)}" for why, number in result.dropped.items() if number
    )
    lines = [f"{head(project)}{esc(source.title)}{long}"]
    if result.read > result.answered:
        lines.append(
            f"{count(result.read - result.answered, 'picture')} → kept {result.kept:,}"
            + (f" ({dropped})" if dropped else "")
        )
    lines += _videos(result.videos)
    came = answers.of(source)
    if came is not None:
        lines.append(came_back(came))
    if result.boxes:
        each = some([f"{esc(name)} {number:,}" for name, number in _most(result.boxes)], " · ")
        lines.append(f"{count(sum(result.boxes.values()), 'box', 'boxes')}: {each}")
    if result.unknown_classes:
        others = some(
            [f"{esc(name)} ({number:,})" for name, number in _most(result.unknown_classes)]
        )
        lines.append(f"Left out, not in this project (/classes): {others}")
    lines += _bad_rows(result)
    if proposing:
        lines.append("I'm looking through them now; guesses to check come in a moment.")
    keyboard = _next(project, source, result, state, proposing=proposing)
    if source.state == "asking":
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


def _next(
    project: Project, source: Source, result: CollectResult, state: Standing, *, proposing: bool
) -> Keyboard:
    remove = button("↩ Remove", "rm", source.id)
    if source.state == "asking":
        return [
            [button("👍 Trust", "trust", source.id, "yes")],
            [
                button("🔎 Check a sample", "trust", source.id, "sample"),
                button("✅ Check all", "trust", source.id, "no"),
            ],
            [remove],
        ]
    first: list[Button] = []
    if state.check or state.confirm:
        first.append(button("▶ Check", at(project, "label")))
    elif state.draw and not proposing:
        first.append(button("✏️ Start drawing", at(project, "label")))
    if state.boxes:
        first.append(button("🏋 Train", at(project, "train")))
    return [*([first] if first else []), [button("➕ More", at(project, "add")), remove]]


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


def source_list(project: Project, sources: list[Source]) -> Wish:
    """Where the pictures come from."""
    if not sources:
        return text(
            f"{head(project)}no sources yet. Send a link, photos, a video or a zip.",
            [[button("➕ How to add", at(project, "add"))]],
        )
    trust = {"yes": "trusted", "sample": "sample", "no": "checked", None: ""}
    lines = [f"{head(project)}sources"]
    for source in sources[-20:]:
        kept = source.counts.get("kept")
        notes = [count(kept, "picture") if kept is not None else source.state]
        if source.labelled:
            notes.append(f"labels: {trust[source.trust] or 'not answered'}")
        lines.append(f"{source.id}. {esc(source.title)} – {', '.join(notes)}")
    keyboard = []
    for source in sources[-12:]:
        if source.state == "asking":
            # The question may lie far up the chat: it can be answered here as well.
            keyboard.append(
                [
                    button(f"{source.id}: 👍 Trust", "trust", source.id, "yes"),
                    button("🔎 Sample", "trust", source.id, "sample"),
                    button("✅ All", "trust", source.id, "no"),
                ]
            )
        if source.state != "collecting":
            keyboard.append([button(f"↩ Remove {source.id}", "rm", source.id)])
    return text("\n".join(lines), keyboard)


def uploads_failed(project: Project | None, problems: list[str]) -> Wish:
    """Files that could not be taken from the chat."""
    return text(head(project) + "\n".join(f"⚠️ {esc(problem)}" for problem in problems))
