"""Whose pictures they are: facts of sources, and notes inside archives."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pipeline import provenance

README = """# apple > 2024-12-12 3:58pm
https://universe.roboflow.com/somelab/apple-n5nza

Provided by a Roboflow user
License: CC BY 4.0
"""
YAML = """train: ./train/images
names: ['a']

roboflow:
  workspace: some-lab
  project: apple
  version: 2
  license: 'MIT'
  url: https://universe.roboflow.com/some-lab/apple/dataset/2
"""


def files(folder: Path, texts: dict[str, str]) -> dict[str, Path]:
    """The texts as files, by the names that they have in an archive."""
    found = {}
    for number, (name, text) in enumerate(texts.items()):
        found[name] = folder / str(number)
        found[name].write_text(text)
    return found


def test_facts_get_one_name_each() -> None:
    """What sources call uploader and license are author and licence; other facts stay."""
    facts = {"uploader": "Tom\n", "license": "CC BY", "id": "x1", "none": None, "link": "https://a"}
    assert provenance.normalised(facts) == {
        "author": "Tom",
        "licence": "CC BY",
        "id": "x1",
        "link": "https://a",
    }
    assert provenance.attribution(facts).keys() == {"author", "licence", "link"}


def test_a_film_of_youtube_is_under_its_own_licence() -> None:
    """YouTube names a licence only where it is another than its own."""
    assert provenance.normalised({"extractor_key": "Youtube"})["licence"] == provenance.YOUTUBE
    other = {"extractor_key": "Youtube", "license": "Creative Commons Attribution"}
    assert provenance.normalised(other)["licence"] == "Creative Commons Attribution"
    assert "licence" not in provenance.normalised({"extractor_key": "Generic"})


def test_a_note_beside_the_pictures_is_read(tmp_path: Path) -> None:
    """Roboflow's note names title, link, licence, and the workspace where it hides the author."""
    assert provenance.of_files(files(tmp_path, {"set/README.dataset.txt": README})) == {
        "link": "https://universe.roboflow.com/somelab/apple-n5nza",
        "title": "apple",
        "author": "somelab",
        "licence": "CC BY 4.0",
    }


def test_a_yaml_names_its_licence() -> None:
    """The block that Roboflow writes into data.yaml is read as plain lines."""
    assert provenance.notes_in("data.yaml", YAML) == {
        "link": "https://universe.roboflow.com/some-lab/apple/dataset/2",
        "author": "some-lab",
        "licence": "MIT",
    }
    assert provenance.notes_in("data.yaml", "roboflow: &a [*a, *a]\nnames: [x]") == {}


def test_several_sets_name_all_their_licences(tmp_path: Path) -> None:
    """Notes of one folder are about one set; those of two are both told."""
    texts = {"0/README.dataset.txt": README, "0/data.yaml": YAML, "1/data.yaml": YAML}
    said = provenance.of_files(files(tmp_path, texts))
    assert said["licence"] == "CC BY 4.0; MIT"
    assert said["author"] == "somelab; some-lab"


def test_an_archive_of_ours_brings_its_sources_along() -> None:
    """What taptrain.json says of its sources comes back with the pictures."""
    own = {"sources": [{"title": "a", "licence": "MIT"}, {"title": "b", "licence": "MIT"}, 3]}
    said = provenance.notes_in("taptrain.json", json.dumps(own))
    assert said == {"title": "a; b", "licence": "MIT"}


@given(st.sampled_from(sorted(provenance.READERS)), st.text(max_size=300))
def test_any_text_is_read_or_passed_by(name: str, text: str) -> None:
    """Notes come from strangers: each fact is one printable line, whatever they hold."""
    for value in provenance.notes_in(name, text).values():
        assert value.isprintable()
        assert 0 < len(value) <= provenance.MAX_FACT


def test_real_notes(shared_data: Path) -> None:
    """Two real exports name their licence and where they are from."""
    for folder in ("apple_coco", "garbage_yolo"):
        there = {p.name: p for p in (shared_data / folder).iterdir() if p.is_file()}
        said = provenance.of_files(there)
        assert said["licence"] == "CC BY 4.0"
        assert said["link"].startswith("https://universe.roboflow.com/")
        assert ";" not in said["link"]
