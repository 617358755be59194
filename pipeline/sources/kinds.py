"""What a file is, by its first bytes: names and content types lie."""

from pathlib import Path
from typing import Literal

Kind = Literal["image", "video", "zip", "playlist", "page", "archive", "other"]

HEAD_BYTES = 1024

IMAGE_STARTS = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF87a",
    b"GIF89a",
    b"II*\x00",
    b"MM\x00*",
    b"\x00\x00\x00\x0cjP  ",
)
IMAGE_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")
OTHER_ARCHIVES = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
MOV_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")

DEMUXER_STARTS = (
    (b"\x1a\x45\xdf\xa3", "matroska"),
    (b"FLV\x01", "flv"),
    (b"OggS", "ogg"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"\x00\x00\x01\xb3", "mpegvideo"),
)


def kind_of(head: bytes) -> Kind:
    """The kind of a file that begins with `head` (HEAD_BYTES are plenty)."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return "zip"
    if is_image(head):
        return "image"
    if demuxer_of(head) is not None:
        return "video"
    if head.startswith(OTHER_ARCHIVES):
        return "archive"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"#extm3u", b"<mpd", b"<?xml")):
        return "playlist"
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<!--")):
        return "page"
    return "other"


def kind_of_file(path: Path) -> Kind:
    """The kind of a file on disk."""
    with path.open("rb") as handle:
        return kind_of(handle.read(HEAD_BYTES))


def is_image(head: bytes) -> bool:
    """Whether these are the first bytes of a still picture."""
    if head.startswith(IMAGE_STARTS) or is_heif(head):
        return True
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return True
    return head.startswith(b"BM") and head[6:10] == b"\x00\x00\x00\x00"


def is_heif(head: bytes) -> bool:
    """Whether this is a HEIC or AVIF photo, which shares its outer form with MP4."""
    return head[4:8] == b"ftyp" and head[8:12] in IMAGE_BRANDS


def demuxer_of(head: bytes) -> str | None:
    """FFmpeg's name for the container, or None when it is no film.

    Naming the demuxer keeps FFmpeg from taking a playlist for a film: a playlist may name files of
    this machine and addresses in its network, and FFmpeg's own connections pass no guard.
    """
    for start, name in DEMUXER_STARTS:
        if head.startswith(start):
            return name
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "avi"
    if head[4:8] in MOV_BOXES and not is_heif(head):
        return "mov"
    if len(head) > 188 and head[0] == 0x47 and head[188] == 0x47:
        return "mpegts"
    if len(head) > 196 and head[4] == 0x47 and head[196] == 0x47:
        return "mpegts"
    return None
