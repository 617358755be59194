"""COCO's weights: fetched once where they can be had, never waited for."""

import io
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.errors import SpecError
from pipeline.worker.weights import pretrained


def checkpoint() -> bytes:
    """Bytes that look like a checkpoint, which is a zip."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("data.pkl", "x")
    return data.getvalue()


ANSWERS = {
    "/good/yolov8n.pt": (200, checkpoint()),
    "/login/yolov8n.pt": (200, b"<html>please log in</html>"),
    "/gone/yolov8n.pt": (404, b""),
}


@pytest.fixture
def server() -> Iterator[str]:
    """A release server on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            code, body = ANSWERS[self.path]
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Stay silent."""

    host = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=host.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{host.server_port}"
    host.shutdown()
    thread.join()
    host.server_close()


def test_weights_are_fetched_once(server: str, tmp_path: Path) -> None:
    """The first training downloads them, the next finds them, network or not."""
    folder = tmp_path / "weights"
    first = pretrained("yolov8n", folder, offline=False, release=f"{server}/good")
    assert first == folder / "yolov8n.pt"
    assert first.read_bytes() == ANSWERS["/good/yolov8n.pt"][1]
    assert pretrained("yolov8n", folder, offline=True) == first
    assert [path.name for path in folder.iterdir()] == ["yolov8n.pt"]


@pytest.mark.parametrize("path", ["login", "gone"])
def test_what_is_no_checkpoint_is_not_kept(server: str, tmp_path: Path, path: str) -> None:
    """A login page or a 404 leaves nothing behind, and the training starts from the yaml."""
    assert pretrained("yolov8n", tmp_path, offline=False, release=f"{server}/{path}") is None
    assert list(tmp_path.iterdir()) == []


def test_offline_never_asks(tmp_path: Path) -> None:
    """Offline, an address that would hang is not even tried."""
    assert pretrained("yolov8n", tmp_path, offline=True, release="http://10.255.255.1") is None


def test_a_dead_server_is_not_waited_for(tmp_path: Path) -> None:
    """A refused connection is an answer."""
    assert pretrained("yolov8n", tmp_path, offline=False, release="http://127.0.0.1:9") is None


def test_a_damaged_file_counts_as_missing(tmp_path: Path) -> None:
    """Half a download of another program does not break the training."""
    (tmp_path / "yolov8n.pt").write_bytes(b"half")
    assert pretrained("yolov8n", tmp_path, offline=True) is None


@pytest.mark.parametrize("name", ["../yolov8n", "yolov8n.pt", "resnet", ""])
def test_only_known_names_are_taken(tmp_path: Path, name: str) -> None:
    """A name is never a path."""
    with pytest.raises(SpecError, match="yolov8n"):
        pretrained(name, tmp_path, offline=True)
