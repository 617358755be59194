"""What is said when a video cannot be had."""

from pathlib import Path

import pytest
from yt_dlp.networking.common import Response
from yt_dlp.networking.exceptions import HTTPError
from yt_dlp.utils import DownloadError, ExtractorError, UnsupportedError

from pipeline.errors import SourceBlocked, SourceError, WorkerError
from pipeline.jobs.events import Progress
from pipeline.sources import transfer
from pipeline.sources.video_errors import refusal

URL = "https://www.youtube.com/watch?v=abc"
VERSION = "yt-dlp 2026.01.01 here is 99 days old; a newer one may help"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Sign in to confirm you’re not a bot. Use --cookies", "takes this machine for a robot"),
        ("Private video. Sign in if you've been granted access", "That video is private"),
        ("Sign in to confirm your age. This video may be", "only to grown-ups who are signed in"),
        ("This video is only for registered users. Log in", "only to people who are signed in"),
        ("Join this channel to get access to members-only content", "paying members"),
        ("This video is available to this channel's members on level: A", "paying members"),
        ("Video unavailable", "not available (any more)"),
        ("This video has been removed by the uploader", "was taken down"),
        ("The YouTube account associated with this video has been terminated", "was taken down"),
        (
            "Video unavailable. This contains content from X, who blocked it on copyright grounds",
            "was taken down",
        ),
        ("This live event will begin in 3 hours.", "has not begun yet"),
        ("Premieres in 20 minutes", "has not begun yet"),
        ("The channel is not currently live", "no recording of that broadcast"),
        ("This live stream recording is not available.", "no recording of that broadcast"),
        ("Live HLS streams are not supported by the native downloader", "has no end"),
        ("The current session has been rate-limited by YouTube for up to an hour", "slow down"),
        ("This content isn't available, try again later.", "slow down"),
        ("All player responses are invalid. Your IP is likely being blocked by Youtube", "robot"),
        ("This video requires payment to watch", "paid for"),
        ("8192 bytes read, 90000 more expected", "broke off in the middle"),
        ("This video is DRM protected", "copy-protected"),
        (
            "The uploader has not made this video available in your country",
            "the country where I run",
        ),
        ("Unsupported URL: https://x.test", "found no video and no picture"),
        ("Requested format is not available", "2026.01.01"),
        ("Read timed out.", "did not answer in time"),
        ("nsig extraction failed", "99 days old"),
        ("Unsupported URL: https://x.test/login-required?an account", "found no video"),
    ],
)
def test_words_of_the_downloader_become_ours(words: str, said: str) -> None:
    """Each of yt-dlp's refusals is one sentence with what to do, without its jargon."""
    text = refusal(DownloadError(f"ERROR: [youtube] abc: {words}"), URL, VERSION).user_message
    assert said in text
    assert "\n" not in text
    assert "ERROR" not in text
    assert "--" not in text


def test_a_robot_check_names_the_version_and_its_age() -> None:
    """Where YouTube refuses, the installed yt-dlp and its age are told."""
    text = refusal(DownloadError("Sign in to confirm you're not a bot"), URL, VERSION).user_message
    assert text.startswith("youtube.com takes this machine for a robot")
    assert VERSION in text


@pytest.mark.parametrize(
    ("status", "said"),
    [(404, "nothing at that link (404)"), (403, "(403)"), (429, "slow down"), (502, "(502)")],
)
def test_status_codes_are_found_within(status: int, said: str) -> None:
    """The code of an HTTP error is told, however deep it is wrapped."""
    http = HTTPError(Response(fp=None, url=URL, headers={}, status=status))  # type: ignore[arg-type]
    inner = ExtractorError("Unable to download webpage", cause=http)
    outer = DownloadError("ERROR: Unable to download", (type(inner), inner, None))
    assert said in refusal(outer, URL, VERSION).user_message


def test_a_cause_told_beforehand_is_found() -> None:
    """Where the last error is vague, the code in an earlier warning is told."""
    heard = ["[youtube] abc: Unable to download API page: HTTP Error 429: Too Many Requests"]
    error = DownloadError("ERROR: [youtube] abc: Failed to extract any player response")
    assert "slow down" in refusal(error, URL, VERSION, heard).user_message


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        (
            "No supported JavaScript runtime could be found. Only deno is enabled",
            "pip install deno",
        ),
        ("[youtube] abc: n challenge solving failed: Some formats may be missing", VERSION),
        ("[youtube] abc: Signature extraction failed: Some formats may be missing", VERSION),
        ("something else", VERSION),
    ],
)
def test_why_no_form_can_be_read_is_told(heard: str, said: str) -> None:
    """A missing program, or a page that is newer than yt-dlp: the warnings before tell which."""
    error = DownloadError("ERROR: [youtube] abc: Requested format is not available. Use --list")
    assert said in refusal(error, URL, VERSION, [heard]).user_message


def test_kinds_of_trouble_are_told_apart() -> None:
    """A broken line is tried again; a site that turns us away is not asked for the next video."""
    cut = refusal(DownloadError("IncompleteRead: 10 bytes read, 90 more expected"), URL, VERSION)
    assert cut.retryable
    robot = refusal(DownloadError("Sign in to confirm you’re not a bot"), URL, VERSION)
    assert isinstance(robot, SourceBlocked)
    assert not robot.retryable
    private = refusal(DownloadError("Private video"), URL, VERSION)
    assert type(private) is SourceError


def test_an_unsupported_page_is_told() -> None:
    """A page that no extractor knows holds no video for us."""
    assert "found no video" in refusal(UnsupportedError(URL), URL, VERSION).user_message


def test_a_download_that_is_too_slow_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After two minutes a download has to be worth waiting for; a steady one goes on."""
    clock = [0.0]
    monkeypatch.setattr(transfer.time, "monotonic", lambda: clock[0])
    heard = Heard(tmp_path)
    watched = transfer.Transfer(tmp_path, 1 << 30, heard)
    watched.at(1_000, 50_000_000)
    clock[0] = 130.0
    watched.at(20_000_000, 50_000_000)
    assert heard.last is not None
    assert heard.last.seconds_left == pytest.approx(195, rel=1e-3)
    assert heard.last.figures["bytes_per_s"] == pytest.approx(20e6 / 130, rel=1e-3)
    with pytest.raises(SourceError, match="sends too slowly"):
        watched.at(100_000, None)


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A download stops while there is room left for others."""
    full = type("Usage", (), {"free": 1 << 20})
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda _: full)
    with pytest.raises(WorkerError, match="disk of this machine is full"):
        transfer.Transfer(tmp_path, 1 << 30, Heard(tmp_path)).at(1, 2)


class Heard:
    """A reporter that keeps the last thing it heard."""

    def __init__(self, folder: Path) -> None:
        self.folder = self.out = folder
        self.last: Progress | None = None

    def progress(self, progress: Progress, *, important: bool = False) -> None:
        """Keep it."""
        self.last = progress
