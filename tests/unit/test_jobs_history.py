"""Reading the figures of a training's epochs."""

import pytest

from pipeline.jobs import history

HEAD = "epoch,time,train/box_loss,metrics/precision(B),metrics/recall(B),metrics/mAP50(B),"
HEAD += "metrics/mAP50-95(B)\n"
TABLE = HEAD + "1,1.5,3,0,0,0.1,0.05\n2,3,2,0.5,0.4,0.3,0.2\n3,4.5,2,0.6,nan,0.31,0.2\n"


def test_epochs_are_read_in_order() -> None:
    """Numbers, seconds and figures; one that is no number counts as nothing."""
    epochs = history.read(TABLE)
    assert [epoch.number for epoch in epochs] == [1, 2, 3]
    assert epochs[1] == history.Epoch(2, 3.0, 0.5, 0.4, 0.3, 0.2)
    assert epochs[2].recall == 0.0


def test_the_best_epoch_is_the_one_whose_model_is_kept() -> None:
    """By mAP50-95, and of equal ones the last: the library writes best.pt over for it."""
    assert history.best(history.read(TABLE)).number == 3


def test_a_table_is_cut_at_an_epoch() -> None:
    """What came after a checkpoint is not in its table, and every line is whole."""
    assert history.upto(TABLE.rstrip("\n"), 2) == TABLE[: TABLE.index("3,4.5")]


@pytest.mark.parametrize("table", ["epoch,time\n1,x\n", "a,b\n1,2\n", HEAD + "2,1,1,1,1,1,1\n"])
def test_what_is_no_such_table_is_refused(table: str) -> None:
    """Damaged or with a gap, it would give wrong figures."""
    with pytest.raises(ValueError, match=r"results\.csv"):
        history.read(table)
