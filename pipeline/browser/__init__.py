"""The page that goes into a model's zip: plain files, and the scripts it loads (see __main__)."""

from pathlib import Path

HERE = Path(__file__).parent
VENDOR = HERE / "vendor"
"""Scripts of TensorFlow.js and LiteRT.js; git ignores them, a wheel ships them."""

PAGE_FILES = (
    "index.html",
    "words.js",
    "served.js",
    "app.js",
    "about.js",
    "camera.js",
    "check.js",
    "feedback.js",
    "files.js",
    "film.js",
    "live.js",
    "offline.js",
    "overlay.js",
    "pictures.js",
    "save.js",
    "say.js",
    "selftest.js",
    "stage.js",
    "sw.js",
    "manifest.webmanifest",
    "icon.svg",
    "icon.png",
    "feedback.json",
    "detector.js",
    "detector.d.ts",
    "choose.js",
    "contest.js",
    "host.js",
    "place.js",
    "pixels.js",
    "progress.js",
    "letterbox.js",
    "boxes.js",
    "README.md",
)
"""What a package holds beside the model itself and `vendor/`."""

STYLE = "style.css"
"""The page's style sheet: the parts in `style/`, joined."""
STYLE_PARTS = ("base", "stage", "found", "controls", "panels", "wide")
"""Their names; of rules that weigh the same the later one counts, so the widest comes last."""


def style() -> str:
    """All of the page's style sheet."""
    return "\n".join((HERE / f"style/{name}.css").read_text() for name in STYLE_PARTS)
