"""Collecting, in the worker's own process, from real servers and files."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from pipeline.jobs.spec_collect import DroppedItem, KnownImage
from storage.files import FileStore
from tests.support.busy import busy, cut
from tests.support.clips import clip, photo, picture, zipped, zipped_folder
from tests.support.desk import ROOT, Desk
from tests.support.www import Www, serving

PAGE = "<!DOCTYPE html><html><head><title>Our cat</title></head><body>{}</body></html>"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Workers to start."""
    return Desk(tmp_path)


@pytest.fixture
def www() -> Iterator[Www]:
    """A web server on loopback."""
    with serving() as running:
        yield running


@pytest.fixture
def film(tmp_path: Path) -> bytes:
    """Three seconds of changing pictures."""
    frames = (picture(number // 5) for number in range(30))
    return clip(tmp_path / "film.mp4", frames).read_bytes()


def yolo_zip(path: Path, **more: bytes | str) -> Path:
    """Four photos with labels of a cat and a dog, and two without."""
    files: dict[str, bytes | str] = {f"train/images/{i}.jpg": photo(i) for i in range(6)}
    for number in range(4):
        files[f"train/labels/{number}.txt"] = f"{number % 2} 0.5 0.5 0.5 0.5\n"
    files["data.yaml"] = "names: [cat, dog]\npath: C:\\old\ndownload: bash touch /tmp/hacked"
    return zipped(path, {**files, **more})


def test_a_link_to_a_video_becomes_frames(desk: Desk, www: Www, film: bytes) -> None:
    """A direct link is downloaded and sampled; every frame is a stored JPEG of one group."""
    outcome = desk.collect(
        what=www.put("/clips/Our%20cat.mp4", film, type="video/mp4"), every_s=0.5, allow_private="1"
    )
    result = outcome.result
    assert (result.title, result.read, result.kept) == ("Our cat.mp4", 6, 6)
    assert result.seconds == pytest.approx(2.9)
    assert result.provenance["source"] == "link"
    assert [item.seconds for item in outcome.items] == pytest.approx([0, 0.5, 1, 1.5, 2, 2.5])
    assert {item.group for item in outcome.items} == {"source:7:0"}
    store = FileStore(outcome.folder / "store")
    for item in outcome.items:
        with Image.open(store.path(item.key)) as image:
            assert (image.format, image.size) == ("JPEG", (item.width, item.height))
        assert not item.labelled
    with Image.open(outcome.folder / "out" / (result.montage or "")) as montage:
        assert max(montage.size) <= 1280
    stages = {event["stage"] for event in outcome.events if event["type"] == "progress"}
    assert "frames" in stages
    assert not (outcome.folder / "work").exists()


def test_a_page_with_a_video_is_read(desk: Desk, www: Www, film: bytes) -> None:
    """What is no file itself goes through yt-dlp, with the page's title."""
    www.put("/cat.mp4", film, type="video/mp4")
    page = www.put(
        "/page", PAGE.format("<video src='/cat.mp4'></video>").encode(), type="text/html"
    )
    result = desk.collect(what=page, allow_private=www.host).result
    assert result.title.startswith("Our cat")
    assert result.kept == 3
    assert result.provenance["source"] == "video"


def test_a_streamed_video_is_read(desk: Desk, www: Www, tmp_path: Path) -> None:
    """An HLS playlist comes together without a program named ffmpeg."""
    folder = tmp_path / "hls"
    folder.mkdir()
    frames = (picture(number // 5) for number in range(40))
    clip(folder / "index.m3u8", frames, options={"hls_time": "1", "hls_list_size": "0"})
    for file in folder.iterdir():
        www.put(f"/{file.name}", file.read_bytes(), type="application/octet-stream")
    www.answers["/index.m3u8"].type = "application/vnd.apple.mpegurl"
    result = desk.collect(what=f"http://{www.host}/index.m3u8", allow_private=www.host).result
    assert result.kept == 4


def test_a_labelled_zip_by_link(desk: Desk, www: Www, tmp_path: Path) -> None:
    """Labels are found by looking: labelled photos with their boxes, the others without."""
    link = www.put("/set?x", yolo_zip(tmp_path / "a.zip").read_bytes())
    www.redirect("/set", f"http://{www.host}/real")
    notes = {"README.dataset.txt": "# pets > v1\n\nLicense: CC BY 4.0\n"}
    www.put("/real", yolo_zip(tmp_path / "b.zip", **notes).read_bytes())
    outcome = desk.collect(what=link, allow_private=www.host)
    result = outcome.result
    assert (result.read, result.kept, result.labelled) == (6, 6, 4)
    assert result.boxes == {"cat": 2, "dog": 2}
    assert result.classes == ["cat", "dog"]
    facts = {key: result.provenance[key] for key in ("labels", "title", "licence", "source")}
    assert facts == {"labels": "yolo", "title": "pets", "licence": "CC BY 4.0", "source": "link"}
    labelled = [item for item in outcome.items if item.labelled]
    assert all(item.boxes[0].xyxy == (0.25, 0.25, 0.75, 0.75) for item in labelled)
    assert len({item.group for item in outcome.items}) == 6
    assert not Path("/tmp/hacked").exists()


def test_classes_of_the_project_choose_the_boxes(desk: Desk, tmp_path: Path) -> None:
    """Of a set with other classes those come in under their own names, and are counted."""
    result = desk.collect(yolo_zip(tmp_path / "a.zip"), classes=["Dog"]).result
    assert result.boxes == {"Dog": 2}
    assert result.unknown_classes == {"cat": 2}
    assert result.labelled == 4
    outcome = desk.collect(yolo_zip(tmp_path / "a.zip"), classes=["bird"])
    assert (outcome.result.boxes, outcome.result.unknown_classes) == ({}, {"cat": 2, "dog": 2})
    assert sorted(box.label for item in outcome.items for box in item.boxes) == [
        *("cat", "cat"),
        *("dog", "dog"),
    ]


def test_bad_rows_are_told_and_the_rest_comes_in(desk: Desk, tmp_path: Path) -> None:
    """Garbage in one label file and a photo that does not decode cost themselves only."""
    path = yolo_zip(
        tmp_path / "a.zip",
        **{
            "train/labels/4.txt": "9 0.5 0.5 0.1 0.1\ngarbage\n0 0.5 0.5 0.1 0.1",
            "train/images/broken.jpg": photo(9)[:900],
            "train/labels/broken.txt": "0 0.5 0.5 0.1 0.1",
        },
    )
    outcome = desk.collect(path)
    result = outcome.result
    assert (result.read, result.kept, result.labelled) == (7, 6, 5)
    assert result.dropped == {"unreadable": 1}
    assert result.boxes == {"cat": 3, "dog": 2}
    assert result.bad_row_count == 3
    assert [(row.file.rsplit("/", 1)[-1], row.line, row.why) for row in result.bad_rows] == [
        ("4.txt", 1, "class 9 is not among the names"),
        ("4.txt", 2, "not a YOLO row"),
        ("broken.jpg", None, "the photo is damaged"),
    ]
    table = (outcome.folder / "out" / (result.report_file or "")).read_text("utf-8-sig")
    assert table.splitlines()[1:3] == [
        "train/labels/4.txt,1,class 9 is not among the names,9 0.5 0.5 0.1 0.1",
        "train/labels/4.txt,2,not a YOLO row,garbage",
    ]


def test_folders_of_classes_come_in_without_boxes(desk: Desk, tmp_path: Path) -> None:
    """What lies in cats/ and dogs/ is told; the pictures are unlabelled ones."""
    files = {f"{kind}/{n}.jpg": photo(n) for n in range(3) for kind in [("cats", "dogs")[n % 2]]}
    outcome = desk.collect(zipped(tmp_path / "a.zip", files), classes=["cat"])
    assert outcome.result.whole == {"cats": 2, "dogs": 1}
    assert outcome.result.labelled == 0
    assert not any(item.labelled for item in outcome.items)


def test_an_album_of_photos(desk: Desk, tmp_path: Path) -> None:
    """Several files by chat are one source; copies and unreadable ones are counted."""
    paths = []
    for number, data in enumerate([photo(1), photo(2), photo(1), photo(3)[:500]]):
        paths.append(tmp_path / f"{number}.jpg")
        paths[-1].write_bytes(data)
    result = desk.collect(*paths).result
    assert (result.title, result.read, result.kept) == ("4 files", 4, 2)
    assert result.dropped == {"duplicate": 1, "unreadable": 1}


def test_what_the_project_knows_is_left_out(desk: Desk, tmp_path: Path) -> None:
    """A second source that brings known pictures brings only its new ones."""
    first = desk.collect(yolo_zip(tmp_path / "a.zip"))
    there = [KnownImage(i.sha256, i.phash, i.group) for i in first.items]
    second = desk.collect(yolo_zip(tmp_path / "b.zip", **{"new.jpg": photo(77)}), known=there)
    assert second.result.kept == 1
    assert second.result.dropped == {"duplicate": 6}
    again = desk.collect(yolo_zip(tmp_path / "a.zip"), known=there)
    assert again.result.kept == 0
    assert again.result.montage is None


def test_what_is_left_out_for_its_looks_is_laid_aside(desk: Desk, tmp_path: Path) -> None:
    """A cut copy, a black and a tiny picture lie in the store with their reasons; no exact copy."""
    pictures = {
        "a.png": busy(1),
        "again.png": busy(1),
        "cut.png": cut(busy(1)),
        "black.png": Image.new("RGB", (320, 240)),
        "tiny.png": busy(2, (90, 50)),
        "b.png": busy(3),
    }
    paths = [tmp_path / name for name in pictures]
    for path in paths:
        pictures[path.name].save(path)
    outcome = desk.collect(*paths)
    result = outcome.result
    counts = {"duplicate": 1, "near_duplicate": 1, "dark": 1, "tiny": 1}
    assert (result.kept, result.shelved, result.dropped) == (2, 3, counts)
    lines = (outcome.folder / "out" / (result.dropped_file or "")).read_text().splitlines()
    items = {item.name: item for item in map(DroppedItem.model_validate_json, lines)}
    reasons = {name: item.reason for name, item in items.items()}
    assert reasons == {"cut.png": "near_duplicate", "black.png": "dark", "tiny.png": "tiny"}
    (first,) = (item for item in outcome.items if item.name == "a.png")
    assert items["cut.png"].like == first.sha256
    assert len(items["cut.png"].words) > 100
    store = FileStore(outcome.folder / "store")
    assert store.read(items["cut.png"].key) == (tmp_path / "cut.png").read_bytes()


def test_copies_of_what_the_project_has_are_seen(desk: Desk, tmp_path: Path) -> None:
    """A cut copy in a later source is left out, by the words and the file of the first."""
    busy(1).save(tmp_path / "a.jpg", quality=90)
    cut(busy(1)).save(tmp_path / "b.jpg", quality=60)
    store = str(tmp_path / "store")
    (first,) = desk.collect(tmp_path / "a.jpg", store=store).items
    there = [KnownImage(first.sha256, first.phash, first.group, words=first.words)]
    again = desk.collect(tmp_path / "b.jpg", store=store, known=there)
    assert again.result.dropped == {"near_duplicate": 1}


def test_a_full_disk_is_one_sentence(desk: Desk, tmp_path: Path) -> None:
    """Where a picture does not fit any more, nothing half-written is left in the store."""
    busy(1).save(tmp_path / "a.png")
    folder = desk.prepare(files=[{"path": str(tmp_path / "a.png"), "name": "a.png"}])
    code = "import os, resource, runpy, signal, sys; sys.argv = ['worker', sys.argv[1]];"
    limit = (tmp_path / "a.png").stat().st_size // 2
    code += "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    code += f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}));"
    code += "runpy.run_module('pipeline.worker', run_name='__main__')"
    subprocess.run([sys.executable, "-c", code, str(folder)], cwd=ROOT, check=False, timeout=120)
    last = json.loads((folder / "events.jsonl").read_text().splitlines()[-1])
    assert last["type"] == "failed"
    assert "disk" in last["message"]
    assert [path for path in (folder / "store").rglob("*") if path.is_file()] == []
    assert not (folder / "work").exists()


def test_max_limits_what_nobody_labelled(desk: Desk, tmp_path: Path) -> None:
    """Unlabelled images stop at the maximum, spread over the source; labelled ones all come."""
    files: dict[str, bytes | str] = {f"{i:02}.jpg": photo(i) for i in range(30)}
    for number in range(5):
        files[f"{number:02}.txt"] = "0 0.5 0.5 0.5 0.5"
    path = zipped(tmp_path / "a.zip", {**files, "classes.txt": "cat"})
    outcome = desk.collect(path, max_images=4)
    assert outcome.result.labelled == 5
    assert outcome.result.kept == 9
    assert outcome.result.dropped == {"over_max": 21}
    assert outcome.result.read == 30
    names = [item.name for item in outcome.items if not item.labelled]
    assert names[0] < "08"
    assert names[-1] > "20"


def test_augmentations_of_one_photo_share_a_group(desk: Desk, tmp_path: Path) -> None:
    """Roboflow's copies (NAME.rf.HASH.jpg) stay together, whatever folder they lie in."""
    names = ["train/cat_jpg.rf.1a.jpg", "valid/cat_jpg.rf.2b.jpg", "train/dog_jpg.rf.3c.jpg"]
    path = zipped(tmp_path / "a.zip", {name: photo(i) for i, name in enumerate(names)})
    groups = [item.group for item in desk.collect(path).items]
    assert groups[0] == groups[1] == "rf:cat_jpg"
    assert groups[2] == "rf:dog_jpg"


def test_videos_in_a_zip_are_sampled(desk: Desk, tmp_path: Path, film: bytes) -> None:
    """A zip may hold videos beside photos; each is a group of its own."""
    path = zipped(tmp_path / "a.zip", {"a.mp4": film, "b.jpg": photo(50)})
    outcome = desk.collect(path)
    assert outcome.result.kept == 4
    assert [item.group for item in outcome.items] == ["source:7:0"] * 3 + ["source:7:1"]


def refusals(tmp_path: Path) -> dict[str, tuple[Path, str]]:
    """Files that cannot be used, and words of the sentence that says so."""

    def file(name: str, data: bytes) -> Path:
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    blank = b"\0" * (60 << 20)
    return {
        "no zip": (file("a.zip", b"this is no zip"), "not a zip I can open"),
        "no images": (zipped(tmp_path / "b.zip", {"a.txt": "hello"}), "no pictures in that zip"),
        "slip": (zipped(tmp_path / "c.zip", {"../../a.jpg": photo(1)}), "outside its folder"),
        "bomb": (zipped(tmp_path / "d.zip", {"a.jpg": blank}), "bomb"),
        "photo": (file("e.jpg", photo(1)[:700]), "can't read that photo"),
        "no photo": (file("f.jpg", b"hello"), "can't read that photo"),
        "no video": (file("g.mp4", b"hello"), "can't read that video"),
        "broken video": (file("h.mp4", b"\0\0\0\x18ftypisom" + b"x" * 99), "can't read that video"),
        "rar": (file("i.rar", b"Rar!\x1a\x07\x00" + b"x" * 99), "only open zip"),
        "text": (file("j.pdf", b"%PDF-1.4"), "photos, videos and zips"),
        "empty": (file("k.jpg", b""), "can't read that photo"),
    }


@pytest.mark.parametrize(
    "case",
    [
        *("no zip", "no images", "slip", "bomb", "photo", "no photo"),
        *("no video", "broken video", "rar", "text", "empty"),
    ],
)
def test_unusable_files_are_one_sentence(desk: Desk, tmp_path: Path, case: str) -> None:
    """Whatever is wrong with a file is said in one sentence, and nothing is stored."""
    path, words = refusals(tmp_path)[case]
    outcome = desk.collect(path)
    assert words in outcome.sentence
    assert outcome.stored == []
    assert not (outcome.folder / "work").exists()


def test_links_that_lead_nowhere_are_one_sentence(desk: Desk, www: Www, film: bytes) -> None:
    """A page without a video, a 404, a refusal, a broken transfer, a landing page for a zip."""
    bare = www.put("/bare", PAGE.format("hello").encode(), type="text/html")
    assert "found no video and no picture there" in self_collect(desk, bare)
    assert "nothing at that link (404)" in self_collect(desk, f"http://{www.host}/none.mp4")
    assert "(403)" in self_collect(desk, www.put("/403", b"no", status=403))
    assert "trouble of its own (503)" in self_collect(desk, www.put("/503", b"no", status=503))
    cut = www.put("/cut.mp4", film, type="video/mp4", cut=len(film) // 2)
    assert "broke off in the middle" in self_collect(desk, cut)
    landing = www.put("/data.zip", PAGE.format("wait").encode(), type="text/html")
    assert "leads to a page, not to the zip" in self_collect(desk, landing)
    fake = www.put("/fake.zip", b"nothing like it", type="application/zip")
    assert "not a zip I can open" in self_collect(desk, fake)
    circle = www.redirect("/circle", f"http://{www.host}/circle")
    assert "leads in a circle" in self_collect(desk, circle)
    assert "can't reach 127.0.0.1" in self_collect(desk, "http://127.0.0.1:9/a.mp4")


def self_collect(desk: Desk, link: str) -> str:
    """The sentence that a link earns where everything may be reached."""
    return desk.collect(what=link, allow_private="1").sentence


def test_an_endless_body_is_cut_off(desk: Desk, www: Www, film: bytes) -> None:
    """A server that never stops sending is left at the limit."""
    link = www.put("/a.mp4", film, type="video/mp4", endless=True)
    outcome = desk.collect(what=link, allow_private="1", max_bytes=20_000_000)
    assert "over 19 MB" in outcome.sentence


def test_an_endless_page_is_cut_off(desk: Desk, www: Www) -> None:
    """A page that never stops is left as well, before it fills the memory."""
    link = www.put("/page", PAGE.format("x" * 60_000).encode(), type="text/html", endless=True)
    assert "That page never ends" in desk.collect(what=link, allow_private="1").sentence


def test_links_inside_are_refused(desk: Desk, www: Www, film: bytes) -> None:
    """Loopback is refused by default, and the server is never asked."""
    link = www.put("/a.mp4", film, type="video/mp4")
    for address in (link, link.replace("127.0.0.1", "localhost")):
        sentence = desk.collect(what=address).sentence
        assert "private networks" in sentence
    assert www.asked == []


@pytest.mark.parametrize("way", ["redirect", "page", "playlist"])
def test_detours_inside_are_refused(desk: Desk, www: Www, film: bytes, way: str) -> None:
    """From an allowed host no redirect, page or playlist leads to another one inside."""
    with serving() as inside:
        secret = inside.put("/secret.mp4", film, type="video/mp4")
        if way == "redirect":
            link = www.redirect("/a.mp4", secret)
        elif way == "page":
            body = PAGE.format(f"<video src='{secret}'></video>")
            link = www.put("/a", body.encode(), type="text/html")
        else:
            body = f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{secret}\n#EXT-X-ENDLIST\n"
            link = www.put("/a.m3u8", body.encode(), type="application/vnd.apple.mpegurl")
        outcome = desk.collect(what=link, allow_private=www.host)
        assert outcome.events[-1]["code"] == "LinkRefused"
        assert "private networks" in outcome.sentence
        assert inside.asked == []
        assert outcome.stored == []


@pytest.mark.parametrize(("how", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143)])
def test_a_kill_leaves_nothing_half_made(
    desk: Desk, www: Www, film: bytes, how: signal.Signals, code: int
) -> None:
    """A worker that dies in the middle of a download leaves no result and no stored file."""
    link = www.put("/a.mp4", film, type="video/mp4", hold=True)
    folder = desk.prepare(what=link, allow_private="1")
    worker = desk.start(folder)
    fetched = folder / "work" / "fetched"
    while not (fetched.exists() and www.asked.count("/a.mp4") == 2):
        assert worker.poll() is None
        time.sleep(0.02)
    worker.send_signal(how)
    assert worker.wait(30) == code
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    assert not {"done", "failed"} & {event["type"] for event in events}
    assert not (folder / "out" / "items.jsonl").exists()
    assert not [path for path in (folder / "store").rglob("*") if path.is_file()]


def test_the_process_stays_light() -> None:
    """Collecting never loads the training stack."""
    heavy = {"torch", "ultralytics", "tensorflow", "pandas", "supervision", "matplotlib"}
    code = "import sys, pipeline.collect, yt_dlp; print(*sorted(m for m in sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not heavy & set(loaded)


@pytest.mark.parametrize(
    ("name", "kept", "boxes", "bad"),
    [
        ("bccd", 364, {"RBC": 4153, "WBC": 372, "Platelets": 361}, 2),
        ("apple_coco", 175, {"fresh_apple": 114, "rotten_apple": 117}, 0),
        ("garbage_yolo", 80, {"garbage": 74, "garbage_bin": 28, "overflow": 148}, 0),
    ],
)
def test_real_sets_come_in_whole(
    desk: Desk,
    tmp_path: Path,
    shared_data: Path,
    name: str,
    kept: int,
    boxes: dict[str, int],
    bad: int,
) -> None:
    """Real exports, zipped, come in with exact counts (four apple files are copies of others)."""
    outcome = desk.collect(zipped_folder(tmp_path / f"{name}.zip", shared_data / name))
    result = outcome.result
    assert (result.kept, result.labelled) == (kept, kept)
    assert result.boxes == boxes
    assert result.bad_row_count == bad
    assert len(outcome.stored) == kept


def test_a_real_clip_is_screened(desk: Desk, shared_data: Path) -> None:
    """Stretches of empty road are kept once each, cars all."""
    result = desk.collect(shared_data / "videos" / "car-detection.mp4").result
    assert result.read == 31
    assert 10 <= result.kept <= 20
    assert result.kept + result.dropped["near_duplicate"] == 31
