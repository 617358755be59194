"""Seven people and the bot that asks them: dealing, settling and learning as the bot does it.

Time goes in taps: at each, everybody who holds a sheet answers one of its tiles. A sheet counts
when it is full, so others are dealt theirs before its answers are known. Whoever was told that
there is nothing for them asks again a sheet's time later.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.kinds.consensus import FROM, GROWTH
from pipeline.labelling.assign import Tile, choose
from pipeline.labelling.consensus import Skills, settle
from pipeline.labelling.gold import gold_due, planted_due
from pipeline.labelling.skill import estimate
from pipeline.worker.consensus import aggregate

MEMBERS: Mapping[int, float | None] = {1: 0.95, 2: 0.95, 3: 0.95, 4: 0.8, 5: 0.8, 6: None, 7: 0.5}
"""How often each is right, on either side; None taps ✅ whatever is shown."""

NEEDED = 3
SHEET = 9
TICK = 60
"""Votes between two looks at how people answer: some seconds of seven people tapping."""

LAST_WORDS = 20
"""Times that crowd-kit may open tiles again, which it must not do for ever."""


class NoEnd(RuntimeError):
    """Tiles are open and nobody is asked about them."""


def answer(member: int, truth: bool, rng: random.Random) -> bool:
    """What a member says of a tile."""
    skill = MEMBERS[member]
    if skill is None:
        return True
    return truth if rng.random() < skill else not truth


@dataclass(frozen=True)
class Outcome:
    """What was decided on each tile, and the votes it took, those on gold included."""

    decided: list[bool]
    votes: int
    gold: int


class Bot:
    """The bot's side of one project whose group wants NEEDED votes."""

    def __init__(self, tiles: int, *, wait: bool) -> None:
        self._wait = wait
        self._tiles = [Tile(number, needed=NEEDED) for number in range(tiles)]
        self._decided: list[bool | None] = [None] * tiles
        self._skills: dict[int, Skills] = {}
        self._gold: dict[int, bool] = {}
        self._gold_answers: dict[int, dict[int, bool]] = {}
        self._seen_gold = dict.fromkeys(MEMBERS, 0)
        self._answered = dict.fromkeys(MEMBERS, 0)
        self._ticked = 0
        self._weighed = float(FROM)

    @property
    def open(self) -> list[Tile]:
        """What is not decided."""
        return [tile for tile in self._tiles if self._decided[tile.id] is None]

    @property
    def gold(self) -> Mapping[int, bool]:
        """Tiles whose answer is known; their numbers follow those of the others."""
        return self._gold

    def deal(self, member: int) -> list[int]:
        """The next sheet; empty for one who is to wait."""
        tiles = choose(self.open, member, self._skills, count=SHEET, wait=self._wait)
        if not tiles and self._wait:
            return []
        sheet: list[int] = []
        while len(sheet) < SHEET:
            # Where nobody waits, one for whom nothing is left gets gold.
            if gold_due(self._seen_gold[member], self._answered[member] + len(sheet)) or (
                not tiles and not sheet
            ):
                sheet.append(self._new_gold(member))
            elif tiles:
                tile = self._tiles[tiles.pop(0)]
                self._tiles[tile.id] = replace(tile, pending=tile.pending | {member})
                sheet.append(tile.id)
            else:
                break
        return sheet

    def _new_gold(self, member: int) -> int:
        number = len(self._tiles) + len(self._gold)
        self._gold[number] = not planted_due(self._seen_gold[member])
        self._seen_gold[member] += 1
        return number

    def take(self, member: int, answers: Mapping[int, bool]) -> None:
        """A full sheet comes back."""
        for number, yes in answers.items():
            if number in self._gold:
                self._gold_answers[number] = {member: yes}
                continue
            tile = self._tiles[number]
            said = {**tile.answers, member: yes}
            self._tiles[number] = replace(tile, answers=said, pending=tile.pending - {member})
        self._answered[member] += len(answers)
        self._settle(number for number in answers if number not in self._gold)
        votes = sum(self._answered.values())
        if votes >= self._weighed:
            self._weighed = votes * GROWTH
            self._learn()
            self._settle(range(len(self._tiles)))
        elif votes >= self._ticked + TICK:
            self._ticked = votes
            self._learn()
            self._settle(tile.id for tile in self.open)

    def last_word(self) -> None:
        """Nothing is open: crowd-kit weighs all votes together, which may open some again."""
        ballot = [
            (number, member, yes)
            for number, answers in self._ballot().items()
            if len(answers) > 1 or number in self._gold
            for member, yes in answers.items()
        ]
        self._skills = aggregate(ballot, self._gold).skills
        self._settle(range(len(self._tiles)))

    def outcome(self, votes: int) -> Outcome:
        """How it ended."""
        return Outcome([bool(yes) for yes in self._decided], votes, len(self._gold))

    def _ballot(self) -> dict[int, Mapping[int, bool]]:
        return {tile.id: tile.answers for tile in self._tiles if tile.answers} | self._gold_answers

    def _learn(self) -> None:
        self._skills = estimate(self._ballot(), self._gold)

    def _settle(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            answers = self._tiles[number].answers
            if answers:
                self._decided[number], _ = settle(answers, self._skills, needed=NEEDED)


def play(
    truth: Sequence[bool], said: Sequence[Mapping[int, bool]], rng: random.Random, *, wait: bool
) -> Outcome:
    """Ask until every tile is decided.

    Args:
        truth: what each tile is.
        said: what each member would say of each tile.
        wait: the bot chooses who is asked; else everybody taps all the time.

    Raises:
        NoEnd: the bot left tiles open.
    """
    bot = Bot(len(truth), wait=wait)
    order = list(MEMBERS)
    hands: dict[int, list[int]] = {member: [] for member in order}
    done = dict.fromkeys(order, 0)
    rest = dict.fromkeys(order, 0)
    votes = words = idle = 0
    while True:
        if not bot.open:
            words += 1
            bot.last_word()
            if not bot.open or words == LAST_WORDS:
                return bot.outcome(votes)
        rng.shuffle(order)
        before = votes
        for member in order:
            if rest[member]:
                rest[member] -= 1
                continue
            if not hands[member]:
                hands[member], done[member] = bot.deal(member), 0
            if not hands[member]:
                rest[member] = SHEET
                continue
            votes += 1
            done[member] += 1
            if done[member] == len(hands[member]):
                bot.take(member, _answers(member, hands[member], said, bot.gold, rng))
                hands[member] = []
        idle = idle + 1 if votes == before else 0
        if idle > SHEET + 1:
            raise NoEnd(f"{len(bot.open)} tiles are open and nobody is asked")


def _answers(
    member: int,
    sheet: Iterable[int],
    said: Sequence[Mapping[int, bool]],
    gold: Mapping[int, bool],
    rng: random.Random,
) -> dict[int, bool]:
    return {
        number: answer(member, gold[number], rng) if number in gold else said[number][member]
        for number in sheet
    }
