"""YouTube on loopback, as far as yt-dlp's own extractor asks for it.

`Youtube` answers the calls of a browser's player (`/youtubei/v1/player`), of lists and of searches,
and sends the videos. `reach(youtube, monkeypatch)` leads yt-dlp there; all else of it is real.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from yt_dlp.networking import Request

from pipeline.sources import ytdlp

SITE = re.compile(r"https://(?:www|m|music)\.youtube\.com(?=/)")
CHUNK = 1 << 14
CLIENT = {"clientName": "WEB", "clientVersion": "2.20260101.00.00", "hl": "en"}
CONFIG = {"INNERTUBE_CONTEXT": {"client": CLIENT}, "INNERTUBE_CONTEXT_CLIENT_NAME": 1}


@dataclass
class Video:
    """A video, or why it is not shown. `cut`: the line breaks after so many bytes of each answer.

    `live`: `is_live` or `is_upcoming` of the player's answer. `status` and `reason`: those of
    `playabilityStatus`. `http`: another code for every player call.
    """

    data: bytes = b""
    title: str = "Bikes passing"
    status: str = "OK"
    reason: str = ""
    live: str = ""
    http: int = 200
    cut: int | None = None


GONE = Video(status="ERROR", reason="Video unavailable")


class Youtube:
    """Videos by id and lists of ids; `asked` holds (path, Range header) in order.

    `found`: what a search finds. `torn`: its second page cannot be had.
    """

    def __init__(self) -> None:
        self.videos: dict[str, Video] = {}
        self.lists: dict[str, list[str]] = {}
        self.found: list[str] = []
        self.torn = False
        self.asked: list[tuple[str, str]] = []
        handler = type("Handler", (_Handler,), {"youtube": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def host(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def parts_of(self, number: str) -> list[str]:
        """The Range headers with which a video's file was asked for."""
        return [part for path, part in self.asked if path == f"/videoplayback/{number}"]


@contextmanager
def youtube_serving() -> Iterator[Youtube]:
    """A running stand-in."""
    youtube = Youtube()
    youtube.start()
    try:
        yield youtube
    finally:
        youtube.stop()


def reach(youtube: Youtube, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lead what yt-dlp asks of youtube.com to the stand-in, until the test ends."""
    plain = ytdlp.Downloader.urlopen

    def urlopen(self: Any, req: Any) -> Any:
        request = req if isinstance(req, Request) else Request(req)
        request.url = SITE.sub(f"http://{youtube.host}", request.url)
        return plain(self, request)

    monkeypatch.setattr(ytdlp.Downloader, "urlopen", urlopen)


class _Handler(BaseHTTPRequestHandler):
    youtube: Youtube
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        """Say nothing."""

    def handle(self) -> None:
        """Serve until the client goes, politely or not."""
        with suppress(ConnectionResetError, BrokenPipeError):
            super().handle()

    def do_GET(self) -> None:
        """Pages and videos."""
        parts = urlsplit(self.path)
        self.youtube.asked.append((parts.path, self.headers.get("Range") or ""))
        if parts.path.startswith("/videoplayback/"):
            self._video(self.youtube.videos[parts.path.rsplit("/", 1)[-1]])
        elif parts.path == "/playlist":
            number = parse_qs(parts.query)["list"][0]
            self._page(_list_page(number, self.youtube))
        elif "list" in parse_qs(parts.query):
            number = parse_qs(parts.query)["list"][0]
            self._page(_beside_a_video(number, self.youtube))
        else:
            self._page({})

    def do_POST(self) -> None:
        """The player, lists and searches."""
        path = urlsplit(self.path).path
        self.youtube.asked.append((path, ""))
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if path.endswith("/player"):
            number = asked["videoId"]
            video = self.youtube.videos.get(number, GONE)
            self._json(_player(number, video, self.youtube.host), video.http)
        elif path.endswith("/search") and "continuation" in asked:
            self._send(404, b"")
        elif path.endswith("/search"):
            self._json(_results(self.youtube))
        elif path.endswith("/next"):
            self._json({"contents": {"twoColumnWatchNextResults": {"results": {"results": {}}}}})
        else:
            self._json({})

    def _page(self, data: dict[str, Any]) -> None:
        text = (
            f"<html><script>ytcfg.set({json.dumps(CONFIG)});"
            f"var ytInitialData = {json.dumps(data)};</script></html>"
        )
        self._send(200, text.encode(), "text/html")

    def _json(self, data: dict[str, Any], status: int = 200) -> None:
        self._send(status, json.dumps(data).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str = "text/plain") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _video(self, video: Video) -> None:
        data, status = video.data, 200
        part = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        first = int(part[1]) if part else 0
        last = min(int(part[2]), len(data) - 1) if part and part[2] else len(data) - 1
        self.send_response(206 if part else status)
        if part:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Content-Length", str(last + 1 - first))
        self.end_headers()
        end = last + 1 if video.cut is None else min(last + 1, first + video.cut)
        for at in range(first, end, CHUNK):
            self.wfile.write(data[at : min(at + CHUNK, end)])
        if end <= last:
            self.close_connection = True


def _player(number: str, video: Video, host: str) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "playabilityStatus": {"status": video.status},
        "videoDetails": {
            "videoId": number,
            "title": video.title,
            "lengthSeconds": "10",
            "channelId": "UC" + "x" * 22,
            "author": "Demo",
            "isLiveContent": bool(video.live),
            "isLive": video.live == "is_live",
            "isUpcoming": video.live == "is_upcoming",
        },
        "microformat": {"playerMicroformatRenderer": {"publishDate": "2026-01-01"}},
    }
    if video.reason:
        answer["playabilityStatus"]["reason"] = video.reason
    if video.status == "OK":
        answer["streamingData"] = {
            "formats": [
                {
                    "itag": 18,
                    "url": f"http://{host}/videoplayback/{number}?itag=18",
                    "mimeType": 'video/mp4; codecs="avc1.42001E, mp4a.40.2"',
                    "width": 640,
                    "height": 360,
                    "quality": "medium",
                    "fps": 10,
                    "contentLength": str(len(video.data)),
                }
            ]
        }
    return answer


def _title(number: str, youtube: Youtube) -> dict[str, Any]:
    video = youtube.videos.get(number)
    return {"runs": [{"text": video.title if video else number}]}


def _list_page(number: str, youtube: Youtube) -> dict[str, Any]:
    rows = [
        {"playlistVideoRenderer": {"videoId": one, "title": _title(one, youtube)}}
        for one in youtube.lists[number]
    ]
    section = {"playlistVideoListRenderer": {"playlistId": number, "contents": rows}}
    content = _sections([section])
    return {
        "contents": {
            "twoColumnBrowseResultsRenderer": {
                "tabs": [{"tabRenderer": {"selected": True, "content": content}}]
            }
        },
        "metadata": {"playlistMetadataRenderer": {"title": "Our films"}},
        "header": {"playlistHeaderRenderer": {"playlistId": number}},
    }


def _beside_a_video(number: str, youtube: Youtube) -> dict[str, Any]:
    rows = [
        {"playlistPanelVideoRenderer": {"videoId": one, "title": _title(one, youtube)}}
        for one in youtube.lists[number]
    ]
    panel = {"title": "Our films", "playlistId": number, "contents": rows}
    return {"contents": {"twoColumnWatchNextResults": {"playlist": {"playlist": panel}}}}


def _results(youtube: Youtube) -> dict[str, Any]:
    rows = [
        {"videoRenderer": {"videoId": one, "title": _title(one, youtube)}} for one in youtube.found
    ]
    sections = _sections(rows)
    if youtube.torn:
        more = {"continuationEndpoint": {"continuationCommand": {"token": "more"}}}
        sections["sectionListRenderer"]["contents"].append({"continuationItemRenderer": more})
    return {"contents": {"twoColumnSearchResultsRenderer": {"primaryContents": sections}}}


def _sections(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"sectionListRenderer": {"contents": [{"itemSectionRenderer": {"contents": rows}}]}}
