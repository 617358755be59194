"""Which addresses a link may lead to, and a guard that holds every library to it.

A link is checked twice. `check_url` looks at it before anything is sent, for the clear sentence.
`guard` then wraps `socket.connect` in this process, so that each connection of httpx, yt-dlp or
whatever they call is checked by the very address it goes to: redirects, playlists that name other
hosts and names that resolve anew between two look-ups (DNS rebinding) all end there.
"""

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pipeline.errors import LinkRefused, SourceError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_URL = 4096
NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
SECRET_WORDS = ("key", "token", "secret", "sig", "password", "auth", "credential")
INSIDE = (
    "I don't follow links into private networks ({host}): "
    "send the file itself, or ask whoever runs me to allow that host."
)


@dataclass(frozen=True)
class Policy:
    """What may be reached: everything, or public addresses and the listed ones.

    `listed` holds (address, port or None for any port).
    """

    everything: bool = False
    listed: frozenset[tuple[Address, int | None]] = frozenset()

    @classmethod
    def parse(cls, text: str) -> "Policy":
        """Read a setting: "0" or empty (public only), "1" (all), or `host, host:port, …`.

        The listed names are looked up here, once: later answers of a name server change nothing.
        """
        if text.strip() == "1":
            return cls(everything=True)
        listed: set[tuple[Address, int | None]] = set()
        for entry in (part.strip() for part in text.split(",")):
            if entry in ("", "0"):
                continue
            host, port = _host_and_port(entry)
            listed.update((address, port) for address in _resolve_quietly(host, port))
        return cls(listed=frozenset(listed))

    def allows(self, address: Address, port: int) -> bool:
        """Whether a connection to `address`:`port` may be made."""
        if self.everything or not is_inside(address):
            return True
        return (address, port) in self.listed or (address, None) in self.listed


@dataclass
class Guard:
    """What a guarded stretch refused; libraries may swallow the error, this remembers it."""

    refusals: list[str] = field(default_factory=list)

    def raise_refusal(self) -> None:
        """Raise the first refusal again, if there was one.

        Raises:
            LinkRefused: something tried to reach a refused address.
        """
        if self.refusals:
            raise LinkRefused(INSIDE.format(host=self.refusals[0]))


def is_inside(address: Address) -> bool:
    """Whether an address is anything but a public unicast one, or carries such a one inside."""
    if isinstance(address, ipaddress.IPv6Address):
        carried = address.ipv4_mapped or address.sixtofour
        if carried is None and address.teredo is not None:
            carried = address.teredo[1]
        if carried is None and any(address in network for network in NAT64):
            carried = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if carried is not None:
            return is_inside(carried)
        if address.is_site_local:
            return True
    return not address.is_global or address.is_multicast or address.is_reserved


def check_url(url: str, policy: Policy) -> str:
    """Check a link before it is followed; returns it tidied (https:// where no scheme was given).

    Raises:
        LinkRefused: not http(s), a password inside, or an address that `policy` does not allow.
        SourceError: not a link, or its host cannot be found.
    """
    url = url.strip()
    if not url or len(url) > MAX_URL or any(c.isspace() or ord(c) < 32 or c == "\\" for c in url):
        raise SourceError("That is not a link I can follow: send one address, without spaces.")
    if "://" not in url and not url.lower().startswith(("javascript:", "data:", "file:")):
        url = f"https://{url}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SourceError("That is not a link I can follow: check it for typing errors.") from error
    if parts.scheme.lower() not in ("http", "https"):
        raise LinkRefused("I only follow links that begin with http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise LinkRefused("That link carries a user name or password: send it without them.")
    if not parts.hostname:
        raise SourceError("That is not a link I can follow: check it for typing errors.")
    port = port or (443 if parts.scheme.lower() == "https" else 80)
    if not policy.everything:
        for address in resolve(parts.hostname, port):
            if not policy.allows(address, port):
                raise LinkRefused(INSIDE.format(host=parts.hostname))
    return url


def resolve(host: str, port: int) -> list[Address]:
    """Every address of a host, also one written as a decimal or octal number.

    Raises:
        SourceError: there is none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceError(f"I can't find the site {host[:100]}: check the link.") from error
    return [_address(str(entry[4][0])) for entry in found]


def without_secrets(url: str) -> str:
    """A link as it may be stored and shown: no fragment, values of keys and tokens blanked."""
    parts = urlsplit(url)
    query = [
        (name, "***" if any(word in name.lower() for word in SECRET_WORDS) else value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    return urlunsplit(parts._replace(query=urlencode(query, safe="*/:"), fragment=""))


@contextmanager
def guard(policy: Policy) -> Iterator[Guard]:
    """Refuse connections of this whole process that `policy` does not allow, while it lasts.

    It is meant for a worker process, which does one thing at a time. Libraries that connect from
    C code (curl, FFmpeg) do not pass here: callers keep those from the network.
    """
    state = Guard()
    if policy.everything:
        yield state
        return

    plain, plain_ex = socket.socket.connect, socket.socket.connect_ex

    def connect(self: socket.socket, address: Any) -> None:
        plain(self, _checked(self, address, policy, state))

    def connect_ex(self: socket.socket, address: Any) -> int:
        return plain_ex(self, _checked(self, address, policy, state))

    # Every pure Python client ends in these two, SSL sockets included.
    socket.socket.connect = connect  # type: ignore  # a wider signature, on purpose
    socket.socket.connect_ex = connect_ex  # type: ignore  # as above
    try:
        yield state
    finally:
        socket.socket.connect = plain  # type: ignore[method-assign]  # put back
        socket.socket.connect_ex = plain_ex  # type: ignore[method-assign]  # put back


def _checked(sock: socket.socket, address: Any, policy: Policy, state: Guard) -> Any:
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return address
    host, port = str(address[0]), int(address[1])
    # A name is looked up here once, so that what was checked is what is connected to.
    found = socket.getaddrinfo(host, port, family=sock.family, type=sock.type)
    for entry in found:
        if not policy.allows(_address(str(entry[4][0])), port):
            state.refusals.append(host)
            # Callers close on OSError only; this socket is of no further use.
            sock.close()
            raise LinkRefused(INSIDE.format(host=host))
    return found[0][4]


def _address(text: str) -> Address:
    return ipaddress.ip_address(text.split("%")[0])


def _host_and_port(entry: str) -> tuple[str, int | None]:
    try:
        return str(_address(entry.strip("[]"))), None
    except ValueError:
        host, _, port = entry.rpartition(":")
        if host and port.isdigit():
            return host.strip("[]"), int(port)
        return entry, None


def _resolve_quietly(host: str, port: int | None) -> list[Address]:
    try:
        return resolve(host, port or 0)
    except SourceError:
        # A listed host that does not exist allows nothing.
        return []
