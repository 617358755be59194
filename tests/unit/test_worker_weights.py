"""COCO's weights: fetched once where they can be had, never waited for."""

import io
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.errors import SpecError, WorkerError
from pipeline.jobs.spec import TrainSpec
from pipeline.worker.weights import pretrained, starting_weights
from storage.files import FileStore


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


@pytest.mark.parametrize("name", ["../yolov8n", "yolov8n.pt", "mobilenet", ""])
def test_only_known_names_are_taken(tmp_path: Path, name: str) -> None:
    """A name is never a path."""
    with pytest.raises(SpecError, match="I don't know the model"):
        pretrained(name, tmp_path, offline=True)


def test_weights_have_the_name_they_are_published_under(tmp_path: Path) -> None:
    """What the library calls yolov5nu.pt is where a yolov5n starts."""
    (tmp_path / "yolov5nu.pt").write_bytes(checkpoint())
    assert pretrained("yolov5n", tmp_path, offline=True) == tmp_path / "yolov5nu.pt"


def test_what_nobody_published_is_not_asked_for(server: str, tmp_path: Path) -> None:
    """YOLOv6 starts from nothing without a look at the network."""
    assert pretrained("yolov6n", tmp_path, offline=False, release=f"{server}/none") is None


def spec(store: FileStore, weights: Path, **more: object) -> TrainSpec:
    """A training that starts as told."""
    return TrainSpec.model_validate(
        {
            "store": str(store.root),
            "manifest": "aa/m.json",
            "epochs": 1,
            "imgsz": 64,
            "weights_folder": str(weights),
            "offline": True,
            **more,
        }
    )


def test_a_training_starts_where_it_was_told(tmp_path: Path) -> None:
    """COCO's weights, none, or a copy of the project's own model."""
    store, weights = FileStore(tmp_path / "store"), tmp_path / "weights"
    weights.mkdir()
    (weights / "yolov8n.pt").write_bytes(checkpoint())
    key = store.put_bytes(b"ours", suffix=".pt")
    assert starting_weights(spec(store, weights), store, tmp_path) == weights / "yolov8n.pt"
    assert starting_weights(spec(store, weights, start="scratch"), store, tmp_path) is None
    own = spec(store, weights, start="model", start_key=key, start_name="v3")
    first = starting_weights(own, store, tmp_path)
    assert first is not None
    assert first.read_bytes() == b"ours"


def test_a_model_that_is_missing_is_told(tmp_path: Path) -> None:
    """One sentence says which, and what to do instead."""
    store = FileStore(tmp_path / "store")
    own = spec(store, tmp_path, start="model", start_key="aa/gone.pt", start_name="v3")
    with pytest.raises(WorkerError, match=r"weights of v3 are missing.*start=coco"):
        starting_weights(own, store, tmp_path)
