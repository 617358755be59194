"""All votes of a project weighed together by crowd-kit, from the rows and back into them."""

import json
import random
import subprocess
import sys
from pathlib import Path
from statistics import mean

import pytest
from sqlmodel import Session

from bench.simulated import MEMBERS, answer, play
from pipeline.jobs.spec_labels import ANSWERS, Ballot, ConsensusResult, ConsensusSpec, MemberSkill
from pipeline.kinds import consensus
from pipeline.kinds.places import Places
from pipeline.labelling import decide, weigh
from pipeline.worker.consensus import Vote, aggregate, run
from pipeline.worker.reporter import FileReporter
from storage import members, settings, skills
from storage.files import FileStore
from storage.models import Box, Job, Project
from tests.support.project import ANN, BEN, make_image, make_project, make_source

# crowd-kit 1.4.2 says words to pandas that pandas 3 would rather not hear.
pytestmark = pytest.mark.filterwarnings("ignore:The (inplace|copy) keyword:DeprecationWarning")

CY, DEE = 3, 4


def simulated(tiles: int, seed: int) -> tuple[list[Vote], list[bool]]:
    """Every vote of the seven members of the bench, and what the tiles are."""
    rng = random.Random(seed)
    truth = [number % 2 == 0 for number in range(tiles)]
    votes = [
        (tile, member, answer(member, right, rng))
        for tile, right in enumerate(truth)
        for member in MEMBERS
    ]
    return votes, truth


@pytest.mark.parametrize(
    ("tiles", "method"), [(4, "majority"), (5, "wawa"), (19, "wawa"), (20, "dawid-skene")]
)
def test_the_method_goes_by_how_much_there_is(tiles: int, method: str) -> None:
    """Majority where votes are few, then Wawa, then Dawid-Skene."""
    votes, _ = simulated(tiles, seed=1)
    assert aggregate(votes, {}).method == method
    # Tiles with a single vote, and gold, are no grounds for trusting a method.
    lonely = [(100 + tile, 1, True) for tile in range(50)]
    assert aggregate(votes + lonely, {100 + n: True for n in range(50)}).method == method


def test_dawid_skene_sees_through_the_crowd() -> None:
    """Rubber stamp and coin carry no weight, and the skills come out as they are."""
    votes, truth = simulated(400, seed=2)
    found = aggregate(votes, {})
    assert mean((found.answers[n] > 0.5) == right for n, right in enumerate(truth)) > 0.98
    assert found.skills[1].hits == pytest.approx(0.95, abs=0.05)
    assert found.skills[4].catches == pytest.approx(0.8, abs=0.07)
    assert found.skills[6].hits > 0.95 > 0.05 > found.skills[6].catches
    assert found.skills[6].seen == pytest.approx(400)


def test_wawa_heeds_who_agrees_with_the_others() -> None:
    """Two to two, the side of those who mostly agree wins where the majority is undecided."""
    votes = [(tile, member, tile % 2 == 0) for tile in range(6) for member in (1, 2, 3)]
    votes += [(tile, member, tile % 2 == 1) for tile in range(6) for member in (4, 5)]
    votes += [(6, 1, True), (6, 2, True), (6, 4, False), (6, 5, False)]
    assert aggregate(votes, {}, method="wawa").answers[6] > 0.6
    assert aggregate(votes, {}, method="majority").answers[6] == 0.5


@pytest.mark.parametrize("method", ["majority", "wawa", "dawid-skene"])
def test_gold_is_what_it_is(method: str) -> None:
    """Whatever people say of gold, it shows how they answer and not the other way round."""
    votes, truth = simulated(40, seed=3)
    gold = {n: truth[n] for n in range(10)}
    votes += [(50, member, True) for member in MEMBERS]
    found = aggregate(votes, gold | {50: False, 99: True}, method=method)  # type: ignore[arg-type]
    assert [found.answers[n] for n in range(10)] == [float(truth[n]) for n in range(10)]
    assert found.answers[50] == 0
    assert 99 not in found.answers
    assert found.skills[1].no_yes >= 1


def test_one_answer_alone_and_none_at_all() -> None:
    """Nobody ever said no, or nobody said anything: nothing breaks."""
    same = [(tile, member, False) for tile in range(30) for member in (1, 2)]
    assert set(aggregate(same, {3: True}).answers.values()) == {0.0, 1.0}
    assert aggregate([], {}).answers == {}


def test_the_bots_own_dealing_keeps_up_with_dawid_skene() -> None:
    """Small groups of tiles: nearly as right as all votes together, for far fewer of them."""
    gaps: dict[bool, list[float]] = {True: [], False: []}
    spent: dict[bool, list[float]] = {True: [], False: []}
    for seed in (1, 2):
        rng = random.Random(seed)
        truth = [number % 2 == 0 for number in range(400)]
        said = [{member: answer(member, right, rng) for member in MEMBERS} for right in truth]
        votes = [(n, member, yes) for n, row in enumerate(said) for member, yes in row.items()]
        theirs = aggregate(votes, {}).answers
        all_right = mean((theirs[n] > 0.5) == right for n, right in enumerate(truth))
        for wait in (True, False):
            ours = play(truth, said, rng, wait=wait)
            right_ones = mean(a == b for a, b in zip(ours.decided, truth, strict=True))
            gaps[wait].append(all_right - right_ones)
            spent[wait].append(ours.votes / len(votes))
    assert mean(gaps[True]) <= 0.006
    assert mean(gaps[False]) <= 0.006
    assert mean(spent[True]) <= 0.5
    assert mean(spent[False]) <= 0.7


# --- from the rows and back


def voted(session: Session, boxes: int) -> tuple[Project, list[Box]]:
    """A project that wants three votes; Ann and Ben agree on every box, Cy always says right."""
    project = make_project(session)
    settings.change(project, votes=3)
    _, made = make_image(session, make_source(session, project), boxes=boxes)
    for number, box in enumerate(made):
        for member, answer_ in ((ANN, number % 2), (BEN, number % 2), (CY, 1)):
            say(session, project, box, member, "right" if answer_ else "wrong")
    return project, made


def say(session: Session, project: Project, box: Box, member: int, answer_: str) -> None:
    """One vote."""
    decide.vote(
        [box.id or 0],
        answer_,
        kind="box",
        project_id=project.id or 0,
        member_id=member,
        session=session,
    )


def weighed(job: Job, folder: Path, session: Session) -> ConsensusResult:
    """Run a job's work in a worker process and take its result in."""
    folder.mkdir()
    spec = consensus.prepare(job, folder, Places(folder, FileStore(str(folder))), session=session)
    (folder / "spec.json").write_text(spec.model_dump_json())
    subprocess.run([sys.executable, "-m", "pipeline.worker", str(folder)], check=True, timeout=300)
    last = json.loads((folder / "events.jsonl").read_text().splitlines()[-1])
    result = ConsensusResult.model_validate(last["result"])
    for chunk in consensus.chunks(job, result, folder):
        chunk(session)
    session.flush()
    return result


def test_a_project_is_weighed_in_a_worker(session: Session, tmp_path: Path) -> None:
    """Two who agree outweigh the rubber stamp: split boxes close, and everybody's skill is kept."""
    project, boxes = voted(session, 40)
    split = [box for number, box in enumerate(boxes) if number % 2 == 0]
    session.refresh(split[0])
    assert split[0].verdict is None
    job = consensus.queue(project, session=session)
    assert job is not None
    result = weighed(job, tmp_path / "1", session)
    assert (result.method, result.tiles, result.votes) == ("dawid-skene", 40, 120)
    for box in split:
        session.refresh(box)
    assert {box.verdict for box in split} == {"wrong"}
    cy = skills.get(project.id or 0, CY, kind="box", session=session)
    assert cy.no_yes == pytest.approx(20, abs=0.5)
    assert consensus.keep(job, result, tmp_path / "1", session=session) == 0


def test_only_what_compares_members_is_sent(session: Session, tmp_path: Path) -> None:
    """Gold, and boxes with several votes that count; planted boxes are told as wrong."""
    project, boxes = voted(session, 4)
    boxes[0].gold = "wrong"
    alone, *_ = make_image(session, make_source(session, project), boxes=1)[1]
    say(session, project, alone, DEE, "right")
    members.set_counts(project, CY, False, by=ANN, session=session)
    session.flush()
    job = Job(project_id=project.id, chat_id=1, member_id=1, kind="consensus")
    spec = consensus.prepare(job, tmp_path, Places(tmp_path, FileStore(".")), session=session)
    ballot = Ballot.model_validate_json((tmp_path / spec.ballot).read_bytes())
    assert ballot.gold == {boxes[0].id: False}
    assert {member for _, member, _ in ballot.votes} == {ANN, BEN}
    assert {box for box, _, _ in ballot.votes} == {box.id for box in boxes}


def test_who_was_discarded_meanwhile_gets_no_skill(session: Session, tmp_path: Path) -> None:
    """A result that comes late brings nobody back."""
    project, boxes = voted(session, 4)
    members.set_counts(project, CY, False, by=ANN, session=session)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.json").write_bytes(ANSWERS.dump_json({boxes[0].id or 0: 0.0}))
    found = [
        MemberSkill(member_id=who, yes_yes=9, yes_no=0, no_yes=0, no_no=9) for who in (ANN, CY)
    ]
    result = ConsensusResult(method="wawa", tiles=1, votes=3, members=found, answers="a.json")
    job = Job(project_id=project.id, chat_id=1, member_id=1, kind="consensus")
    for chunk in consensus.chunks(job, result, tmp_path):
        chunk(session)
    session.flush()
    known = skills.of_project(project.id or 0, kind="box", make=tuple_of, session=session)
    assert known == {ANN: (9, 0, 0, 9)}


def tuple_of(*counts: float) -> tuple[float, ...]:
    """The counts as they are."""
    return counts


def test_a_weighing_comes_with_growth_and_at_rest(session: Session) -> None:
    """Once a quarter more votes, once when all that was begun is decided, never twice for one."""
    project, boxes = voted(session, 33)
    assert consensus.queue(project, session=session) is None, "99 votes are too few"
    say(session, project, boxes[0], DEE, "wrong")
    assert weigh.waiting(project.id or 0, session=session)
    assert consensus.queue(project, session=session) is not None
    assert consensus.queue(project, session=session) is None
    for box in boxes:
        say(session, project, box, DEE, "right" if box.verdict == "right" else "wrong")
    assert consensus.queue(project, session=session) is not None, "a quarter more"
    assert not weigh.waiting(project.id or 0, session=session)
    assert consensus.queue(project, session=session) is not None, "at rest"
    assert consensus.queue(project, session=session) is None


def test_projects_of_one_vote_are_never_weighed(session: Session) -> None:
    """Where one vote decides there is nothing to weigh."""
    project, _ = voted(session, 40)
    settings.change(project, votes=1)
    assert consensus.queue(project, session=session) is None


def test_no_votes_make_an_empty_result(tmp_path: Path) -> None:
    """Everybody took everything back before the job came to run."""
    (tmp_path / "ballot.json").write_text(Ballot().model_dump_json())
    result = run(ConsensusSpec(ballot="ballot.json"), FileReporter(tmp_path))
    assert (result.method, result.tiles, result.members) == ("majority", 0, [])
    assert ANSWERS.validate_json((tmp_path / "out" / result.answers).read_bytes()) == {}
