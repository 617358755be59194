"""What the bot writes down of an attempt that runs on another machine: `remote.json`, mode 600.

The secret stands in it until the worker has shown that it knows it; from then on only its hash
does. So a bot that dies before the attempt was handed in can hand in the very same one.
"""

import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

from pydantic import BaseModel

ID = re.compile(r"taptrain-(\d+)-(\d+)-[0-9a-f]{8}")
FILE = "remote.json"

GIVEN_UP = 75
"""How a worker ends that nobody answers (EX_TEMPFAIL): the bot was away, or did not want it."""


class Remote(BaseModel):
    """`sent`: the cluster has it. `called_off`: it is to end. `ended`: it has, or counts as if."""

    id: str
    token: str | None
    sha256: str
    sent: bool = False
    called_off: bool = False
    ended: bool = False
    exit_code: int | None = None


def create(folder: Path) -> Remote:
    """A new attempt for `folder`, whose name is its number and whose parent's is the job's."""
    token = secrets.token_urlsafe(32)
    name = f"taptrain-{folder.parent.name}-{folder.name}-{secrets.token_hex(4)}"
    remote = Remote(id=name, token=token, sha256=_hash(token))
    save(folder, remote)
    return remote


def load(folder: Path) -> Remote | None:
    """What stands in `folder`, or None where nothing was handed to another machine."""
    try:
        return Remote.model_validate_json((folder / FILE).read_bytes())
    except FileNotFoundError:
        return None


def save(folder: Path, remote: Remote) -> None:
    """Write it down, whole or not at all."""
    temporary = folder / f".{FILE}.{secrets.token_hex(4)}"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, remote.model_dump_json().encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    temporary.replace(folder / FILE)


def folder_of(jobs_folder: Path, name: str) -> Path | None:
    """The folder of the attempt `name`; None for what is no name of an attempt."""
    match = ID.fullmatch(name)
    return jobs_folder / match[1] / match[2] if match else None


def knows(remote: Remote, token: str) -> bool:
    """Whether `token` is the attempt's secret."""
    return hmac.compare_digest(_hash(token), remote.sha256)


def change(folder: Path, **known: object) -> Remote | None:
    """Write down what is known beside; the caller holds the attempt's lock."""
    remote = load(folder)
    if remote is not None:
        remote = remote.model_copy(update=known)
        save(folder, remote)
    return remote


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
