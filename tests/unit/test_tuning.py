"""What may be tuned in a training."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import tuning
from pipeline.errors import SpecError
from pipeline.tuning import ARGS, REFUSED, Number, Switch, Word


def test_values_have_their_types() -> None:
    """Whole numbers, numbers, switches and words come as the training library takes them."""
    said = {"lr0": "0,005", "mosaic": "0", "patience": "20", "freeze": "10", "cos_lr": "on"}
    args = tuning.read(said | {"optimizer": "adamw", "hsv_h": "1e-2"})
    assert args == {
        "lr0": 0.005,
        "mosaic": 0.0,
        "patience": 20,
        "freeze": 10,
        "cos_lr": True,
        "optimizer": "AdamW",
        "hsv_h": 0.01,
    }
    assert type(args["patience"]) is int
    assert type(args["mosaic"]) is float


@pytest.mark.parametrize("name", ["lr0", "momentum", "warmup_bias_lr"])
def test_a_rate_gets_an_optimizer_that_heeds_it(name: str) -> None:
    """Beside `auto` the library would ignore the rate without a word."""
    assert tuning.read({name: "0.1"})["optimizer"] == "SGD"
    assert tuning.read({name: "0.1", "optimizer": "auto"})["optimizer"] == "SGD"
    assert tuning.read({name: "0.1", "optimizer": "Adam"})["optimizer"] == "Adam"


def test_other_words_leave_the_optimizer_alone() -> None:
    """Only what it would ignore needs one."""
    assert "optimizer" not in tuning.read({"mosaic": "0"})


@pytest.mark.parametrize(
    ("name", "said", "words"),
    [
        ("lr0", "0", "lr0 must be a number from 0.000001 to 1, for example lr0=0.01"),
        ("lr0", "nan", "lr0 must be a number"),
        ("lr0", "inf", "lr0 must be a number"),
        ("lr0", "", "lr0 must be a number"),
        ("lr0", "fast", "lr0 must be a number"),
        ("mosaic", "2", "mosaic must be a number from 0 to 1"),
        ("batch", "-1", "batch must be a whole number from 1 to 256"),
        ("batch", "0.6", "batch must be a whole number"),
        ("freeze", "99", "freeze must be a whole number from 0 to 20, for example freeze=10"),
        ("seed", "9" * 30, "seed must be a whole number"),
        ("cos_lr", "maybe", "cos_lr is on or off"),
        ("optimizer", "magic", "optimizer is one of auto, SGD"),
    ],
)
def test_a_value_out_of_range_is_told_with_the_range(name: str, said: str, words: str) -> None:
    """One sentence says what is right, with an example."""
    with pytest.raises(SpecError) as told:
        tuning.read({name: said})
    assert words in told.value.user_message


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("data", "/datasets"),
        ("resume", "start=last"),
        ("device", "machine"),
        ("save_dir", "I don't know"),
        ("copy_paste", "nothing for boxes"),
        ("label_smoothing", "dropped"),
        ("tracker", "using a model"),
    ],
)
def test_a_word_that_is_not_tuned_is_told_with_the_reason(name: str, reason: str) -> None:
    """What the library knows but the bot decides is refused by name."""
    with pytest.raises(SpecError, match=reason) as told:
        tuning.read({name: "1"})
    assert f"{name}=" in told.value.user_message


def test_an_unknown_word_is_told_with_the_nearest() -> None:
    """A slip of the finger is put right, also towards words that are understood elsewhere."""
    with pytest.raises(SpecError, match=r"do you mean lrf= or lr0=\?"):
        tuning.read({"lr": "1"})
    with pytest.raises(SpecError, match="do you mean epochs="):
        tuning.read({"epoch": "1"}, others=["epochs"])
    with pytest.raises(SpecError, match="/train help"):
        tuning.read({"💥": "1"})


@given(st.dictionaries(st.sampled_from([*ARGS, *REFUSED, "x"]), st.text(max_size=24), max_size=3))
def test_whatever_is_said_is_in_range_or_a_sentence(said: dict[str, str]) -> None:
    """No value outside the tables gets through."""
    try:
        args = tuning.read(said)
    except SpecError:
        return
    for name, value in args.items():
        argument = ARGS[name]
        match argument:
            case Number():
                assert isinstance(value, int if argument.whole else float)
                assert math.isfinite(value)
                assert argument.low <= value <= argument.high
            case Switch():
                assert isinstance(value, bool)
            case Word():
                assert value in argument.words


def test_arguments_are_told_as_they_are_written() -> None:
    """What is read can be sent again."""
    args = tuning.read({"lr0": "0.005", "cos_lr": "yes", "freeze": "3", "optimizer": "SGD"})
    assert tuning.in_words(args) == "lr0=0.005, cos_lr=on, freeze=3, optimizer=SGD"
    again = dict(part.split("=") for part in tuning.in_words(args).split(", "))
    assert tuning.read(again) == args
