"""What Telegram signed is believed; nothing else is."""

import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.webapp import sign
from bot.webapp.initdata import MAX_AGE_S, NotSigned, TooOld, verify

TOKEN = "123456:" + "t" * 35
NOW = 1_800_000_000.0
ANN = {"id": 7_000_000_123, "first_name": "Ann & <b>", "username": "ann"}


def signed(token: str = TOKEN, **fields: str) -> str:
    """Init data as Telegram's clients hand it over."""
    told = {
        "auth_date": str(int(NOW)),
        "user": json.dumps(ANN),
        "signature": "s1g-n_ature",
        **fields,
    }
    return urlencode(told | {"hash": sign(token, told)})


def test_it_says_who_opened_the_app() -> None:
    """Id, name, username and the link's parameter come out as they were signed."""
    opened = verify(signed(start_param="abc_-9"), TOKEN, now=NOW)
    assert (opened.user_id, opened.name, opened.username) == (ANN["id"], "Ann & <b>", "ann")
    assert opened.start_param == "abc_-9"


def test_it_agrees_with_the_documentation() -> None:
    """The hash is the HMAC of sorted lines under a key made from the token, signature and all."""
    fields = {"auth_date": str(int(NOW)), "signature": "x", "user": '{"id":1,"first_name":"A"}'}
    key = hmac.new(b"WebAppData", TOKEN.encode(), hashlib.sha256).digest()
    text = f"auth_date={int(NOW)}\nsignature=x\nuser={fields['user']}"
    told = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    assert verify(urlencode(fields | {"hash": told}), TOKEN, now=NOW).user_id == 1


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "hash=",
        "nonsense",
        "a=%ff&hash=é",
        signed().replace("ann", "eve"),
        signed().replace("s1g", "s2g"),
        signed() + "&start_param=mine",
        signed() + "&auth_date=1",
        signed(token="654321:" + "u" * 35),
        signed().partition("&hash=")[0],
        signed(user="[]"),
        signed(user='{"id": "x", "first_name": "A"}'),
        signed(user='{"first_name": "A"}'),
        signed(auth_date="soon"),
        signed(auth_date=str(int(NOW) + 3600)),
        "x" * 10_000,
    ],
)
def test_forged_data_is_refused(raw: str) -> None:
    """Whatever was changed, left out, added or signed by somebody else says nobody."""
    with pytest.raises(NotSigned, match="can't tell who you are"):
        verify(raw, TOKEN, now=NOW)


def test_data_without_a_user_is_refused() -> None:
    """A signature alone names nobody."""
    fields = {"auth_date": str(int(NOW))}
    with pytest.raises(NotSigned):
        verify(urlencode(fields | {"hash": sign(TOKEN, fields)}), TOKEN, now=NOW)


def test_old_data_is_refused() -> None:
    """What was signed a day ago still counts, a second later no more."""
    assert verify(signed(), TOKEN, now=NOW + MAX_AGE_S)
    with pytest.raises(TooOld, match="opened long ago"):
        verify(signed(), TOKEN, now=NOW + MAX_AGE_S + 1)


@given(st.text(max_size=300))
def test_any_text_is_refused_in_one_sentence(raw: str) -> None:
    """Nothing a stranger can send breaks it."""
    with pytest.raises(NotSigned):
        verify(raw, TOKEN, now=NOW)
