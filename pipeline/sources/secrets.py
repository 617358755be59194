"""What a project's people gave so that a source lets them in; never logged, never stored twice."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Secrets:
    """Keys by what asks for them; empty where nobody gave one.

    `kaggle`: an API token, or `user:key`. `roboflow`, `huggingface`: API keys. `cookies`: those of
    a browser in Netscape's form, for yt-dlp.
    """

    kaggle: str = field(default="", repr=False)
    roboflow: str = field(default="", repr=False)
    huggingface: str = field(default="", repr=False)
    cookies: str = field(default="", repr=False)
