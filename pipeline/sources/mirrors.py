"""Where the services of data sets are asked: their own addresses, or those that were set."""

from collections.abc import Mapping

SITES: Mapping[str, str] = {
    "kaggle": "https://api.kaggle.com",
    "roboflow": "https://api.roboflow.com",
    "huggingface": "https://huggingface.co",
}


def parse(text: str) -> dict[str, str]:
    """Addresses by service, from a setting such as `huggingface=https://mirror.example.org`."""
    pairs = (part.strip().partition("=") for part in text.split(","))
    return {**SITES, **{name: url.rstrip("/") for name, _, url in pairs if name in SITES and url}}
