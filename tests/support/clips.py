"""Videos, photos and zips made by code."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def picture(seed: int, size: tuple[int, int] = (160, 120)) -> Pixels:
    """Smooth random patches: pictures of different seeds are no near duplicates."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    return np.asarray(coarse.resize(size, Image.Resampling.BICUBIC))


def photo(
    seed: int, *, form: str = "JPEG", size: tuple[int, int] = (160, 120), **how: object
) -> bytes:
    """An encoded picture."""
    data = io.BytesIO()
    Image.fromarray(picture(seed, size)).save(data, form, **how)
    return data.getvalue()


def clip(
    path: Path,
    frames: Iterable[Pixels],
    *,
    rate: int = 10,
    codec: str = "libx264",
    gop: int = 10,
    options: Mapping[str, str] | None = None,
) -> Path:
    """Write a video of `frames`; the ending of `path` chooses the container."""
    with av.open(str(path), "w", options=dict(options or {})) as container:
        stream = None
        for pixels in frames:
            if stream is None:
                stream = container.add_stream(codec, rate=rate)
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.codec_context.gop_size = gop
                stream.codec_context.time_base = Fraction(1, rate)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        assert stream is not None
        container.mux(stream.encode())
    return path


def zipped(path: Path, files: Mapping[str, bytes | str], *, packed: bool = True) -> Path:
    """Write a zip of `files` by name."""
    how = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def zipped_folder(path: Path, folder: Path) -> Path:
    """Write a zip of everything in `folder`, under its name."""
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder.parent))
    return path
