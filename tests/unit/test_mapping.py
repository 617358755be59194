"""A source's class names become the project's, one answer after another."""

from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import Session, select

from bot import adding
from bot.messages import mapping as words
from pipeline.errors import LabelError, SourceError
from pipeline.jobs.spec import BoxItem
from pipeline.jobs.spec_collect import CollectResult, ImageItem
from pipeline.kinds import collect
from pipeline.labelling import mapping, outlook, samples
from storage import jobs, mappings, sources
from storage.models import Box, Image, Job, Project, Source
from storage.progress import standing
from tests.support.project import ANN, CHAT, make_image, make_project, make_source

LABELS = {1: ["car", "Car", "person"], 2: ["car", "vehicle"], 3: []}
"""Names of the boxes on each picture; the set's own spelling is kept."""


@pytest.fixture
def project(session: Session) -> Project:
    """It looks for vehicles and signs."""
    return make_project(session, "vehicle", "sign")


def items(labels: dict[int, list[str]]) -> list[ImageItem]:
    """Labelled pictures."""
    return [
        ImageItem(
            key=f"aa/{number}.jpg",
            sha256=f"{number:064x}",
            name=f"{number}.jpg",
            width=640,
            height=480,
            phash=f"{number:016x}",
            group=f"g{number}",
            labelled=True,
            boxes=[
                BoxItem(label=name.lower(), xyxy=(0.1 * place, 0.1, 0.1 * place + 0.05, 0.2))
                for place, name in enumerate(names)
            ],
        )
        for number, names in labels.items()
    ]


def bring(
    session: Session,
    folder: Path,
    project: Project,
    labels: dict[int, list[str]] = LABELS,
    *,
    trust: str | None = None,
    told: dict[str, str] | None = None,
) -> tuple[Job, Source]:
    """A labelled source comes in, as the listener takes it in."""
    source = make_source(session, project, trust=trust)
    source.state = "collecting"
    job = jobs.create(
        kind="collect",
        project_id=project.id,
        chat_id=CHAT,
        member_id=ANN,
        request={"source_id": source.id, **({"map": told} if told else {})},
        session=session,
    )
    (folder / "out").mkdir(exist_ok=True)
    lines = "".join(one.model_dump_json() + "\n" for one in items(labels))
    (folder / "out" / "items.jsonl").write_text(lines)
    result = CollectResult(
        title="set", items_file="items.jsonl", read=len(labels), kept=len(labels), labelled=3
    )
    for chunk in collect.chunks(job, result, folder):
        chunk(session)
    collect.keep(job, result, session=session)
    return job, source


def say(session: Session, source: Source, name: str, meant: str) -> mapping.Names:
    """Answer as a tap does."""
    names = mapping.say(source, name, meant, session=session)
    mapping.settle(source, member_id=ANN, session=session)
    return names


def ready(session: Session, project: Project) -> Counter[str]:
    """What there is to train with, by class."""
    return standing(project.id or 0, session=session).right


def asked(session: Session, project: Project) -> int:
    """How many boxes there are to check."""
    return len(outlook.askable(project.id or 0, session=session).check)


def test_other_names_wait(session: Session, project: Project, tmp_path: Path) -> None:
    """Boxes of unknown names come in, most frequent name first; nothing is asked or learned yet."""
    _, source = bring(session, tmp_path, project, trust="no")
    names = mapping.of(source)
    assert names is not None
    assert (names.boxes, names.waiting) == ({"car": 3, "person": 1}, ["car", "person"])
    assert source.state == "asking"
    assert asked(session, project) == 0
    say(session, source, "car", "vehicle")
    assert asked(session, project) == 0
    say(session, source, "person", mapping.SKIP)
    assert (source.state, asked(session, project)) == ("ready", 4)


def test_an_answer_brings_the_boxes_in(session: Session, project: Project, tmp_path: Path) -> None:
    """A class of the project, a new one: each box counts at its place, trusted as its source."""
    _, source = bring(session, tmp_path, project, trust="yes")
    assert ready(session, project) == {}
    say(session, source, "car", "vehicle")
    names = say(session, source, "person", "person")
    assert names.waiting == []
    assert project.classes == ["vehicle", "sign", "person"]
    assert ready(session, project) == {"vehicle": 4, "person": 1}
    rows = session.exec(select(Box).where(Box.label == "vehicle", Box.parent_id != None))  # noqa: E711  # SQL
    for row in rows:
        came = session.get(Box, row.parent_id)
        assert came is not None
        assert (came.xyxy, came.image_id, came.label) == (row.xyxy, row.image_id, "car")


def test_answers_are_taken_back_one_by_one(
    session: Session, project: Project, tmp_path: Path
) -> None:
    """Each step back is as before, also the class that it made; said anew it counts once."""
    _, source = bring(session, tmp_path, project, trust="yes")
    say(session, source, "car", "vehicle")
    say(session, source, "person", "person")
    assert mapping.take_back(source, session=session).waiting == ["person"]
    assert (project.classes, source.state) == (["vehicle", "sign"], "asking")
    assert mapping.take_back(source, session=session).waiting == ["car", "person"]
    assert ready(session, project) == {}
    with pytest.raises(LabelError, match="nothing to take back"):
        mapping.take_back(source, session=session)
    say(session, source, "car", "sign")
    say(session, source, "person", mapping.SKIP)
    assert ready(session, project) == {"vehicle": 1, "sign": 3}
    for _ in range(2):
        mapping.take_back(source, session=session)
    say(session, source, "car", "vehicle")
    say(session, source, "person", mapping.SKIP)
    assert ready(session, project) == {"vehicle": 4}
    known = {"car": "vehicle", "person": mapping.SKIP}
    assert mappings.remembered(project.id or 0, session=session) == known


def test_a_set_that_shares_no_name_waits(
    session: Session, project: Project, tmp_path: Path
) -> None:
    """Trusted as it is, its pictures would show nothing; it counts once a name fits."""
    _, source = bring(session, tmp_path, project, {1: ["car"], 2: ["dog"]}, trust="yes")
    assert source.state == "asking"
    assert mapping.blocks(source, session=session)
    assert standing(project.id or 0, session=session).ready == {}
    mapping.say(source, "car", "vehicle", session=session)
    mapping.settle(source, member_id=ANN, session=session)
    assert source.state == "asking"
    mapping.skip_rest(source, session=session)
    mapping.settle(source, member_id=ANN, session=session)
    assert (source.state, ready(session, project)) == ("ready", {"vehicle": 1})
    mapping.take_back(source, session=session)
    assert (source.state, ready(session, project)) == ("asking", {})


@pytest.mark.parametrize("trust", [None, "yes"])
def test_a_set_without_any_use_leaves_its_pictures(
    session: Session, project: Project, tmp_path: Path, trust: str | None
) -> None:
    """All skipped, its pictures are unlabelled ones; taken back they are labelled again."""
    _, source = bring(session, tmp_path, project, {1: ["dog"]}, trust=trust)
    mapping.skip_rest(source, session=session)
    mapping.settle(source, member_id=ANN, session=session)
    assert (source.state, source.labelled) == ("ready", False)
    assert [image.labelled for image in session.exec(select(Image))] == [False]
    assert len(standing(project.id or 0, session=session).draw) == 1
    mapping.take_back(source, session=session)
    assert (source.state, source.labelled) == ("asking", True)
    assert [image.labelled for image in session.exec(select(Image))] == [True]


def test_what_was_said_holds_for_the_next_set(
    session: Session, project: Project, tmp_path: Path
) -> None:
    """The same names are not asked again; names that say nothing are."""
    _, first = bring(session, tmp_path, project, {1: ["car", "0", "dog"]}, trust="yes")
    say(session, first, "0", "sign")
    say(session, first, "car", "vehicle")
    mapping.skip_rest(first, session=session)
    mapping.settle(first, member_id=ANN, session=session)
    _, second = bring(session, tmp_path, project, {2: ["car", "0", "dog"]}, trust="yes")
    names = mapping.of(second)
    assert names is not None
    assert (names.by_itself, names.waiting) == (["car", "dog"], ["0"])
    assert ready(session, project) == {"vehicle": 1, "sign": 1}
    _, third = bring(session, tmp_path, project, {3: ["car"]}, trust="yes")
    assert third.state == "ready"
    assert ready(session, project) == {"vehicle": 2, "sign": 1}


def test_answers_can_come_along(session: Session, project: Project, tmp_path: Path) -> None:
    """`map=` answers at once: a class, a new one, or skip."""
    told = {"CAR": "Vehicle", "person": "skip", "bike": "new"}
    _, source = bring(session, tmp_path, project, LABELS | {4: ["bike"]}, trust="yes", told=told)
    names = mapping.of(source)
    assert names is not None
    assert names.said == {"car": "vehicle", "bike": "bike", "person": ""}
    assert ready(session, project) == {"vehicle": 4, "bike": 1}


def test_a_set_added_again_keeps_its_answers(
    session: Session, project: Project, tmp_path: Path
) -> None:
    """Its boxes move to the new source with those that stand for them, each once."""
    _, first = bring(session, tmp_path, project, trust="yes")
    say(session, first, "car", "vehicle")
    say(session, first, "person", mapping.SKIP)
    before = {box.id for box in session.exec(select(Box))}
    sources.remove(first, session=session)
    _, second = bring(session, tmp_path, project, trust="yes")
    assert ready(session, project) == {"vehicle": 4}
    assert {box.id for box in session.exec(select(Box))} == before
    assert {box.source_id for box in session.exec(select(Box))} == {second.id}


def test_a_sample_holds_what_can_be_asked(
    session: Session, project: Project, tmp_path: Path
) -> None:
    """Boxes of other names are in no sample, nor those of an answer that was taken back."""
    _, source = bring(session, tmp_path, project, trust="sample")
    assert len(samples.sample_of(source, session=session)) == 1
    mapping.say(source, "car", "vehicle", session=session)
    assert len(samples.sample_of(source, session=session)) == 4
    mapping.take_back(source, session=session)
    assert len(samples.sample_of(source, session=session)) == 1


def test_a_source_taken_in_again_keeps_what_was_said(
    session: Session, project: Project, tmp_path: Path
) -> None:
    """A refresh, or a last step that a crash repeats: the same boxes, the same answers."""
    job, source = bring(session, tmp_path, project, trust="yes", told={"car": "vehicle"})
    say(session, source, "person", "sign")
    boxes = len(session.exec(select(Box)).all())
    result = CollectResult(title="set", items_file="items.jsonl", read=3, kept=3, labelled=3)
    collect.keep(job, result, session=session)
    assert len(session.exec(select(Box)).all()) == boxes
    names = mapping.of(source)
    assert names is not None
    assert names.said == {"car": "vehicle", "person": "sign"}
    assert ready(session, project) == {"vehicle": 4, "sign": 1}


def test_a_refresh_leaves_alone_what_changed_since(
    session: Session, project: Project, tmp_path: Path
) -> None:
    """A box that another one stands for stays so; a class that was taken out stays out."""
    job, source = bring(session, tmp_path, project, trust="yes")
    say(session, source, "car", "vehicle")
    say(session, source, "person", "person")
    box = session.exec(select(Box).where(Box.label == "vehicle")).first()
    assert box is not None
    other = Box(**box.model_dump(exclude={"id"}) | {"origin": "answer"})
    session.add(other)
    session.flush()
    box.merged_id = other.id
    project.classes = [name for name in project.classes if name != "person"]
    session.flush()
    result = CollectResult(title="set", items_file="items.jsonl", read=3, kept=0)
    collect.keep(job, result, session=session)
    assert (project.classes, source.state) == (["vehicle", "sign"], "ready")
    session.refresh(box)
    assert box.merged_id == other.id


def test_a_class_that_others_use_is_not_taken_back(
    session: Session, project: Project, tmp_path: Path
) -> None:
    """The name waits again, and what was drawn of its class goes on counting."""
    _, source = bring(session, tmp_path, project, trust="yes")
    say(session, source, "car", "car")
    make_image(session, source, boxes=1, label="car", origin="drawn")
    names = mapping.take_back(source, session=session)
    assert names.waiting == ["car", "person"]
    assert "car" in project.classes


def test_an_answer_counts_once(session: Session, project: Project, tmp_path: Path) -> None:
    """Said again, or of a name that is not there, it is refused with a sentence."""
    _, source = bring(session, tmp_path, project)
    mapping.say(source, "car", "vehicle", session=session)
    for name in ("car", "unheard of"):
        with pytest.raises(LabelError, match="answered already"):
            mapping.say(source, name, "sign", session=session)
    mapping.skip_rest(source, session=session)
    with pytest.raises(LabelError, match="answered already"):
        mapping.skip_rest(source, session=session)


def test_a_full_project_makes_no_more_classes(
    session: Session, project: Project, tmp_path: Path
) -> None:
    """At the limit a new class is refused with a sentence, also where it came along."""
    _, source = bring(session, tmp_path, project, told={"person": "new"})
    project.classes = [f"class {number}" for number in range(80)]
    with pytest.raises(LabelError, match="80 classes at most"):
        mapping.say(source, "car", "car", session=session)
    _, other = bring(session, tmp_path, project, {9: ["tree"]}, told={"tree": "new"})
    names = mapping.of(other)
    assert names is not None
    assert names.waiting == ["tree"]


def test_the_question_is_one_message(session: Session, project: Project, tmp_path: Path) -> None:
    """The likely class stands first; its buttons fit Telegram; at the end trust is asked."""
    project.classes = ["sign", "people", *(f"class {number}" for number in range(70))]
    _, source = bring(session, tmp_path, project, {1: ["person", "<b>"], 2: ["person"]})
    names = mapping.of(source)
    assert names is not None
    wish = words.question(project, source, names)
    assert "<b>person</b> → ? (2 boxes · 2 to go)" in wish["text"]
    keys = [key for row in wish["keyboard"] for key in row]
    mark = words.mark("people")
    assert keys[0] == {"text": "people", "data": f"v1:map@{project.id}:{source.id}:0:{mark}"}
    assert len(keys) <= 100
    assert [key["text"] for key in keys[-3:]] == ["⏭ Skip", "➕ New class", "⏭ Skip all 2"]
    names = mapping.say(source, "person", "people", session=session)
    wish = words.question(project, source, names)
    assert "person → people" in wish["text"]
    assert "<b>&lt;b&gt;</b> → ? (1 box)" in wish["text"]
    names = mapping.skip_rest(source, session=session)
    wish = words.question(project, source, names)
    assert wish["text"].endswith("<b>Are these labels right?</b>")
    assert [row[0]["text"] for row in wish["keyboard"]] == [
        "👍 Trust",
        "🔎 Check a sample",
        "↩ Back",
    ]


def test_map_is_understood() -> None:
    """`map=car:vehicle,person:skip`, anywhere among the words; nonsense is told."""
    wanted = adding.parse("https://a.b/c.zip map=Car:vehicle,person:skip max=5")
    assert wanted.limits == {"max_images": 5, "map": {"car": "vehicle", "person": "skip"}}
    assert adding.options_in("my cars map=a:b, trust=yes") == "map=a:b, trust=yes"
    for bad in ("map=", "map=car", "map=:x", "map=a:b,c"):
        with pytest.raises(SourceError, match="such as map=car:vehicle"):
            adding.parse(bad)


def test_a_class_that_is_none_is_told(session: Session, project: Project) -> None:
    """What does not exist cannot be meant; `new` and `skip` are no classes."""
    mapping.check(project, {"car": "VEHICLE", "a": "skip", "b": "new"})
    with pytest.raises(LabelError, match=r"no class “truck”.*map=car:new.*vehicle, sign"):
        mapping.check(project, {"car": "truck"})
