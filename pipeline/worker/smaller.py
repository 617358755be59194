"""Would 8 bits a weight do? Measured beside the usual package, so that it can be offered."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.jobs.spec_package import PackageSpec, Proof
from pipeline.worker.convert import Portable, read_back
from pipeline.worker.proof import Judged, in_tensorflow, proof
from pipeline.worker.site import zip_folder

SECONDS = 8.0
"""So long its pictures may take: it is an offer, nobody waits for it."""


@dataclass(frozen=True)
class Smaller:
    """How the smaller model does, and what its zip would weigh."""

    proof: Proof
    size_bytes: int


def measure(
    spec: PackageSpec, judged: Judged, network: Portable, page: Path, package: Path, folder: Path
) -> Smaller | None:
    """The uint8 twin of a float16 TensorFlow.js package; None for others, or without pictures."""
    if (spec.form, spec.precision) != ("tfjs", "fp16") or not len(judged):
        return None
    model = network.tfjs(folder / "smaller", "uint8")
    made = proof(judged, in_tensorflow(judged, read_back(model), seconds=SECONDS), "uint8")
    if made is None:
        return None
    print(f"8 bits: {made}")
    shards = {path.name for path in page.glob("*.bin")}
    rest = {path.relative_to(page).as_posix() for path in page.rglob("*") if path.is_file()}
    zip_folder(page, folder / "weights.zip", rest - shards)
    zip_folder(model, folder / "smaller.zip", {"model.json"})
    saved = sum(
        sign * (folder / name).stat().st_size
        for sign, name in ((1, "weights.zip"), (-1, "smaller.zip"))
    )
    return Smaller(made, package.stat().st_size - saved)
