"""How many of the pictures that judge look like one that was learned from."""

from PIL import Image

from pipeline.features import asked_words, features_of, words_of
from pipeline.images import measure, opened
from pipeline.near import Seen
from pipeline.worker.data import Materialised, PartName

JUDGES: tuple[PartName, ...] = ("val", "test")


def near_copies(data: Materialised) -> dict[str, int]:
    """Pictures of val and test with a near copy in train, by part; parts without any stay out.

    By the rule that screening goes by, but for films: of a film that was parted by time, frames on
    either side count like any others. A picture that does not decode is passed by: training tells
    what is wrong with it.
    """

    def view(image_id: str) -> Image.Image | None:
        picture = opened(data.paths[int(image_id)].read_bytes())
        return None if picture is None else picture.convert("RGB")

    seen = Seen((), view)
    for image in data.manifest.part("train"):
        if (picture := view(str(image.id))) is not None:
            words = words_of(features_of(picture))
            seen.add(str(image.id), measure(picture), words, image.group)

    def has_copy(image_id: str) -> bool:
        picture = view(image_id)
        return picture is not None and bool(
            seen.near(image_id, measure(picture), asked_words(picture).asked)
        )

    return {
        part: sum(has_copy(str(image.id)) for image in judged)
        for part in JUDGES
        if (judged := data.manifest.part(part))
    }
