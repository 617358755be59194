"""Which addresses links may lead to."""

import socket
from collections.abc import Iterator

import pytest

from pipeline.errors import LinkRefused, SourceError
from pipeline.net import Policy, check_url, guard, without_secrets
from tests.support.www import Www, serving

PUBLIC_ONLY = Policy.parse("0")


@pytest.fixture
def www() -> Iterator[Www]:
    """A web server on loopback."""
    with serving() as running:
        yield running


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/x.mp4",
        "http://[::1]/",
        "http://0/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://10.0.0.8/",
        "http://172.16.3.4/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://[fc00::1]/",
        "http://[fe80::1]/",
        "http://[ff02::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
    ],
)
def test_addresses_inside_are_refused(url: str) -> None:
    """However it is written, an address inside a network is refused in one sentence."""
    with pytest.raises(LinkRefused, match="I don't follow links into private networks") as caught:
        check_url(url, PUBLIC_ONLY)
    assert "\n" not in caught.value.user_message


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://1.1.1.1/x", "javascript:alert(1)", "data:text/html,x"]
)
def test_other_schemes_are_refused(url: str) -> None:
    """Only web links are followed."""
    with pytest.raises(LinkRefused, match="only follow links that begin with http"):
        check_url(url, Policy.parse("1"))


def test_credentials_in_a_link_are_refused() -> None:
    """A link with a password inside is sent back."""
    with pytest.raises(LinkRefused, match="user name or password"):
        check_url("https://me:secret@1.1.1.1/", PUBLIC_ONLY)


@pytest.mark.parametrize(
    "url",
    ["", "http://", "http://1.1.1.1:99999/", "http://a b/", "http://1.1.1.1\\@x/", "x" * 5000],
)
def test_nonsense_is_no_link(url: str) -> None:
    """What cannot be read as a link is told so."""
    with pytest.raises(SourceError):
        check_url(url, PUBLIC_ONLY)


def test_public_addresses_pass_and_get_a_scheme() -> None:
    """A public address is followed; one without a scheme is taken for https."""
    assert check_url(" 8.8.8.8/video ", PUBLIC_ONLY) == "https://8.8.8.8/video"


def test_listed_hosts_are_allowed_with_their_port_only() -> None:
    """`host:port` allows that port; `host` allows all of its ports; nothing else opens."""
    policy = Policy.parse("127.0.0.1:8080, [::1], no-such-host.invalid")
    check_url("http://127.0.0.1:8080/", policy)
    check_url("http://[::1]:1234/", policy)
    for url in ("http://127.0.0.1:8081/", "http://127.0.0.2:8080/", "http://10.0.0.1/"):
        with pytest.raises(LinkRefused):
            check_url(url, policy)


def test_the_guard_stops_connections_below_every_library(www: Www) -> None:
    """A plain socket does not reach a refused address, by number or by name, and it is noted."""
    port = int(www.host.split(":")[1])
    with guard(PUBLIC_ONLY) as state:
        for host in ("127.0.0.1", "localhost"):
            with socket.socket() as plain, pytest.raises(LinkRefused):
                plain.connect((host, port))
        with pytest.raises(LinkRefused):
            socket.create_connection(("127.0.0.1", port))
    with pytest.raises(LinkRefused):
        state.raise_refusal()
    socket.create_connection(("127.0.0.1", port)).close()


def test_a_name_that_changes_its_address_is_caught(
    www: Www, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when checked and private when connected to (rebinding) is refused."""
    real = socket.getaddrinfo
    answers = iter(["8.8.8.8", "127.0.0.1"])

    def rebinding(host: str, *args: object, **how: object) -> object:
        return real(next(answers) if host == "evil.example" else host, *args, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    check_url(f"http://evil.example:{www.host.split(':')[1]}/", PUBLIC_ONLY)
    with guard(PUBLIC_ONLY), socket.socket() as plain, pytest.raises(LinkRefused):
        plain.connect(("evil.example", int(www.host.split(":")[1])))


def test_secrets_in_links_are_blanked() -> None:
    """Keys and tokens do not get into what is stored about a source."""
    shown = without_secrets("https://x.test/ds/1?key=abc&api_key=def&v=7&X-Amz-Signature=s#part")
    assert "abc" not in shown
    assert "def" not in shown
    assert "v=7" in shown
    assert shown.endswith("X-Amz-Signature=***")
