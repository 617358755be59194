"""Faults on order: the bot must live through each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

FaultKind = Literal["429", "500", "502", "hang", "drop", "lost"]


@dataclass
class Fault:
    """A fault for the next calls of a method.

    Attributes:
        kind: "429", "500" or "502" answer so; "hang" waits, then drops the connection; "drop"
            closes it at once; "lost" does what was asked and drops the answer.
        method: Bot API method, any case; "*" for all but getUpdates.
        times: How many calls it strikes.
        chat_id: Only calls for this chat.
        seconds: Length of a hang, or the retry_after of a 429.
    """

    kind: FaultKind
    method: str = "*"
    times: int = 1
    chat_id: int | None = None
    seconds: float = 1

    def __post_init__(self) -> None:
        if self.kind not in get_args(FaultKind):
            raise ValueError(f"no such fault: {self.kind}")

    def strikes(self, method: str, chat_id: int | None) -> bool:
        """Whether a call of `method` (lower case) for a chat is hit."""
        named = method != "getupdates" if self.method == "*" else self.method.lower() == method
        return self.times > 0 and named and self.chat_id in (None, chat_id)


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def order(self, fault: Fault) -> None:
        """Let a fault strike the next calls it fits."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Cancel all that did not strike yet."""
        self._waiting.clear()

    def strike(self, method: str, chat_id: int | None) -> Fault | None:
        """The fault that hits this call, if any; it is used up by one."""
        for fault in self._waiting:
            if fault.strikes(method, chat_id):
                fault.times -= 1
                self._waiting = [one for one in self._waiting if one.times > 0]
                return fault
        return None
