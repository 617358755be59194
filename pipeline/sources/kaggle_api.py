"""Kaggle's own client, held to our rules: guarded, patient only so long, nobody else's key.

Only loaded in a worker, when something of Kaggle is wanted.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import requests
from kagglesdk import kaggle_env
from kagglesdk.competitions.types.competition_api_service import ApiDownloadDataFilesRequest
from kagglesdk.datasets.types.dataset_api_service import (
    ApiDownloadDatasetRequest,
    ApiGetDatasetRequest,
    ApiListDatasetFilesRequest,
    ApiListDatasetsRequest,
)
from kagglesdk.kaggle_client import KaggleClient
from requests.adapters import HTTPAdapter

from pipeline.errors import SourceError
from pipeline.sources.base import Room
from pipeline.sources.mirrors import SITES

T = TypeVar("T")

TIMEOUT_S = (15.0, 60.0)
PAGES = 10
PAGE = 200


class _Patient(HTTPAdapter):
    """The client's own calls would wait for ever."""

    def send(self, request: Any, *args: Any, **more: Any) -> Any:
        """See HTTPAdapter."""
        return super().send(request, *args, **{**more, "timeout": TIMEOUT_S})


class _Key(requests.auth.AuthBase):
    """A member's key, or none: never the one that lies in this machine's home."""

    def __init__(self, key: str) -> None:
        self._user, _, self._key = key.rpartition(":")

    def __call__(self, request: Any) -> Any:
        if self._user:
            return requests.auth.HTTPBasicAuth(self._user, self._key)(request)
        if self._key:
            request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class KaggleApi:
    """What is asked of Kaggle; every method raises SourceError with what to do."""

    def __init__(self, client: KaggleClient, room: Room) -> None:
        self._client = client
        self._room = room

    def search(self, words: str) -> list[Any]:
        """Public data sets about some words: title, ref, total_bytes, license_name, vote_count."""
        request = ApiListDatasetsRequest()
        request.search = words
        found = self._call(lambda: self._client.datasets.dataset_api_client.list_datasets(request))
        return list(found.datasets or [])

    def dataset(self, owner: str, name: str) -> Any:
        """Title, licence and size of a data set."""
        request = ApiGetDatasetRequest()
        request.owner_slug, request.dataset_slug = owner, name
        return self._call(lambda: self._client.datasets.dataset_api_client.get_dataset(request))

    def files(self, owner: str, name: str) -> dict[str, int]:
        """Bytes by path, of the first some thousand files."""
        request = ApiListDatasetFilesRequest()
        request.owner_slug, request.dataset_slug, request.page_size = owner, name, PAGE
        found: dict[str, int] = {}
        for _ in range(PAGES):
            page = self._call(
                lambda: self._client.datasets.dataset_api_client.list_dataset_files(request)
            )
            found |= {file.name: file.total_bytes for file in page.dataset_files or []}
            if not page.next_page_token:
                break
            request.page_token = page.next_page_token
        return found

    def where(self, owner: str, name: str, file: str = "") -> str:
        """The address from which a set, or one file of it, can be downloaded for some time."""
        request = ApiDownloadDatasetRequest()
        request.owner_slug, request.dataset_slug = owner, name
        if file:
            request.file_name = file
        return self._where(
            lambda: self._client.datasets.dataset_api_client.download_dataset(request)
        )

    def where_competition(self, name: str) -> str:
        """The address from which a competition's files can be downloaded for some time."""
        request = ApiDownloadDataFilesRequest()
        request.competition_name = name
        return self._where(
            lambda: self._client.competitions.competition_api_client.download_data_files(request),
            rules=f"kaggle.com/competitions/{name}/rules",
        )

    def _where(self, call: Callable[[], Any], rules: str = "") -> str:
        response = self._call(call, rules)
        with response:
            if not response.history:
                raise SourceError("Kaggle answers in a way I don't know: try again later.")
            return str(response.url)

    def _call(self, call: Callable[[], T], rules: str = "") -> T:
        try:
            return call()
        except requests.HTTPError as error:
            status = error.response.status_code if error.response is not None else 0
            raise SourceError(self._refusal(status, rules)) from error
        except requests.Timeout as error:
            self._room.guard.raise_refusal()
            raise SourceError("Kaggle did not answer in time: try again later.") from error
        except requests.RequestException as error:
            self._room.guard.raise_refusal()
            raise SourceError("I can't reach Kaggle: try again later.") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            # Whatever the client's own reading of an answer raises.
            raise SourceError("Kaggle answers in a way I don't know: try again later.") from error

    def _refusal(self, status: int, rules: str) -> str:
        given = bool(self._room.secrets.kaggle)
        if status == 401 and given:
            return (
                "Kaggle does not take your key (401): make a new one and send it to me in private, "
                "/settings kaggle=KEY."
            )
        if status in (401, 403) and not given:
            return (
                "Kaggle shows that only to people it knows: send me your key in private, "
                "/settings kaggle=KEY, then add it again."
            )
        if status == 403 and rules:
            return f"Kaggle wants its rules accepted first: do that at {rules}, then add it again."
        if status == 403:
            return "Kaggle does not let your key in there (403): ask the owner of that data set."
        if status == 404:
            return "Kaggle has nothing by that name (404): check it for typing errors."
        if status == 429:
            return "Kaggle asks me to slow down (429): try again in an hour."
        return f"Kaggle has trouble of its own ({status}): try again later."


@contextmanager
def connected(room: Room) -> Iterator[KaggleApi]:
    """A client with the key of the room, if there is one."""
    site, env = room.sites["kaggle"], kaggle_env.KaggleEnv.PROD
    if site != SITES["kaggle"]:
        env = kaggle_env.KaggleEnv.LOCAL
        # The client knows no other way to name a server.
        kaggle_env._env_to_endpoint[env] = site
    with KaggleClient(env=env, user_agent="taptrain") as client:
        session = client.http_client()._session
        session.auth = _Key(room.secrets.kaggle)
        # A proxy of the environment would connect in our place, past the guard.
        session.trust_env = room.policy.everything
        session.mount("https://", _Patient())
        session.mount("http://", _Patient())
        yield KaggleApi(client, room)
