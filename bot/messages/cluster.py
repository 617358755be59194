"""What owners hear of the machines of their installation."""

from bot.wishes import Wish, esc, text


def away(address: str) -> Wish:
    """The cluster did not answer at the start."""
    return text(
        f"⚠ I can't reach the Ray cluster at {esc(address)}. Trainings wait and go on by "
        "themselves once it is back. Is <code>TAPTRAIN_RAY_ADDRESS</code> right, and does it "
        "run?"
    )


def store_away(place: str) -> Wish:
    """The shared place could not be written at the start."""
    return text(
        f"⚠ I can't write to {esc(place)}, so no training can go to the cluster yet. Is "
        "<code>TAPTRAIN_STORE</code> right, and may I write there?"
    )
