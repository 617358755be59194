"""Where services of data sets are asked."""

from pipeline.sources import mirrors


def test_services_are_asked_at_their_own_addresses() -> None:
    """Without a word about it, and where the words make no sense."""
    assert mirrors.parse("") == mirrors.SITES
    assert mirrors.parse("github=https://example.org, kaggle=, hf") == mirrors.SITES


def test_a_mirror_takes_the_place_of_a_service() -> None:
    """Several may be named; a slash at the end is of no use."""
    sites = mirrors.parse("huggingface=https://a.example/hub/, kaggle=http://b.example:8000")
    assert sites == {
        "huggingface": "https://a.example/hub",
        "kaggle": "http://b.example:8000",
        "roboflow": "https://api.roboflow.com",
    }
