"""Which open tiles a member is handed, so that none is asked more often than it needs.

First come the tiles whose answer this member's would just about turn: if they agree the tile
closes, if not neither outweighs the other. So good members finish good members' tiles and what two
middling ones agree on, and nobody is asked where their word could not change anything while there
is a better use for it. Then tiles that they could overrule or that nobody saw, then the rest; those
that tell most first.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.labelling.consensus import STRANGER, Skills, log_odds, posterior, settle, worth

EVEN = 1.25
"""Two voices within this factor of each other's weight are about equally strong."""

BETTER = 0.6
"""Where a member may be left waiting: if they tell less than this share of what another would."""


_Use = tuple[int, float]
"""How good it is to ask a member: 2 just turns it, 1 can turn it, 0 cannot; and the bits told."""


@dataclass(frozen=True)
class Tile:
    """An open tile: what members said, who has it on a sheet now, and the votes its group wants."""

    id: int
    answers: Mapping[int, bool] = field(default_factory=dict)
    pending: frozenset[int] = frozenset()
    needed: int = 1

    @cached_property
    def pattern(self) -> tuple[object, ...]:
        """What decides on it: tiles of the same pattern are asked alike."""
        return tuple(sorted(self.answers.items())), self.pending, self.needed


def choose(
    tiles: Iterable[Tile],
    member_id: int,
    skills: Mapping[int, Skills],
    *,
    count: int,
    crowd: Collection[int] | None = None,
    wait: bool = False,
) -> list[int]:
    """Ids of at most `count` tiles for this member, the best use of them first.

    Tiles that are as good keep their order. Those the member answered or holds are left out, and
    those that will close if everybody who holds them says what is likely.

    Args:
        crowd: members who may be asked; None: everybody in `skills`.
        wait: leave a tile to clearly better members of the crowd who have not seen it. The member
            may get nothing then: theirs is gold, or a rest.
    """
    desk = _Desk(member_id, skills, skills.keys() if crowd is None else crowd, wait)
    known: dict[tuple[object, ...], _Use | None] = {}
    found: list[tuple[_Use, int]] = []
    for tile in tiles:
        if member_id in tile.answers or member_id in tile.pending:
            continue
        if tile.pattern not in known:
            known[tile.pattern] = desk.use(tile)
        use = known[tile.pattern]
        if use is not None:
            found.append((use, tile.id))
    # Sorted by use alone: equals stay in the order of whoever asks.
    found.sort(key=lambda one: one[0], reverse=True)
    return [tile_id for _, tile_id in found[:count]]


@dataclass(frozen=True)
class _Desk:
    member_id: int
    skills: Mapping[int, Skills]
    crowd: Collection[int]
    wait: bool

    def use(self, tile: Tile) -> _Use | None:
        expected = self._expected(tile)
        if tile.pending:
            decided, _ = settle(expected, self.skills, needed=tile.needed, crowd=self.crowd)
            if decided is not None:
                return None
        mine = self.skills.get(self.member_id, STRANGER)
        if self.wait and mine.insight < BETTER * self._best(expected):
            return None
        odds = log_odds(posterior(expected, self.skills))
        against = -mine.weights[False] if odds >= 0 else mine.weights[True]
        told = worth(posterior(tile.answers, self.skills), mine)
        if against <= 0 or abs(odds) > EVEN * against:
            return 0, told
        return (2 if abs(odds) * EVEN > against else 1), told

    def _expected(self, tile: Tile) -> Mapping[int, bool]:
        """The answers once everybody who holds the tile says what is likely so far."""
        if not tile.pending:
            return tile.answers
        likely = posterior(tile.answers, self.skills) >= 0.5
        return {**dict.fromkeys(tile.pending, likely), **tile.answers}

    def _best(self, expected: Mapping[int, bool]) -> float:
        """The insight of the best member who neither answered nor holds the tile."""
        others = (self.skills.get(one, STRANGER) for one in self.crowd if one not in expected)
        return max((other.insight for other in others), default=0.0)
