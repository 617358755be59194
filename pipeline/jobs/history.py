"""The figures of a training's epochs, as ultralytics writes them into results.csv."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass

COLUMNS = {
    "precision": "metrics/precision(B)",
    "recall": "metrics/recall(B)",
    "map50": "metrics/mAP50(B)",
    "map50_95": "metrics/mAP50-95(B)",
}


@dataclass(frozen=True)
class Epoch:
    """One finished epoch. `seconds`: since the first one began; figures: of the val part, 0..1."""

    number: int
    seconds: float
    precision: float
    recall: float
    map50: float
    map50_95: float


def read(table: str) -> list[Epoch]:
    """The epochs of a results.csv, in order.

    Raises:
        ValueError: it is not such a table, or epochs are missing.
    """
    rows = csv.DictReader(table.splitlines())
    try:
        epochs = [_epoch({(k or "").strip(): v for k, v in row.items()}) for row in rows]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"results.csv: {error!r}") from error
    if [epoch.number for epoch in epochs] != list(range(1, len(epochs) + 1)):
        raise ValueError("results.csv: epochs are missing")
    return epochs


def best(epochs: Sequence[Epoch]) -> Epoch:
    """The epoch whose model is kept as the best: by mAP50-95; of equal ones the last."""
    return max(epochs, key=lambda epoch: (epoch.map50_95, epoch.number))


def upto(table: str, epoch: int) -> str:
    """The table's head and its rows up to `epoch`, each line whole."""
    head, *rows = table.splitlines()
    return "".join(f"{line}\n" for line in [head, *rows[:epoch]])


def _epoch(row: dict[str, str]) -> Epoch:
    figures = {ours: _share(row.get(name)) for ours, name in COLUMNS.items()}
    return Epoch(int(row["epoch"]), float(row["time"]), **figures)


def _share(value: str | None) -> float:
    # A column is absent, and a figure no number, where there was nothing to judge by.
    number = float(value) if value else 0.0
    return min(max(number, 0.0), 1.0) if number == number else 0.0
