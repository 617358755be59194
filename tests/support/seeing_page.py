"""A page that finds what is red: the form of a package, without a model in it."""

from pathlib import Path

from PIL import Image

DETECTOR = """
export class Detector {
  static async load(place, { runtime }) {
    %(load)s
    const detector = new Detector();
    detector.runtime = runtime;
    return detector;
  }

  async detect(source, { threshold, iou, maxDet, multiLabel }) {
    %(detect)s
    const canvas = document.createElement("canvas");
    canvas.width = source.naturalWidth;
    canvas.height = source.naturalHeight;
    const context = canvas.getContext("2d");
    context.drawImage(source, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let [x1, y1, x2, y2] = [Infinity, Infinity, 0, 0];
    for (let y = 0; y < canvas.height; y += 1) {
      for (let x = 0; x < canvas.width; x += 1) {
        const at = (y * canvas.width + x) * 4;
        if (data[at] !== 201 || data[at + 1] !== 7 || data[at + 2] !== 99) continue;
        [x1, y1] = [Math.min(x1, x), Math.min(y1, y)];
        [x2, y2] = [Math.max(x2, x + 1), Math.max(y2, y + 1)];
      }
    }
    const score = threshold === 0.001 && iou === 0.7 && maxDet === 300 && multiLabel ? 0.75 : 0;
    return [{ class: "red", index: 0, score, box: [x1, y1, x2, y2] }];
  }
}
"""
RED = (201, 7, 99)
OPTIONS = {"threshold": 0.001, "iou": 0.7, "maxDet": 300, "multiLabel": True}


def write(page: Path, *, passed: bool = True, load: str = "", detect: str = "") -> Path:
    """Write the page; `load` and `detect` are lines of JavaScript that go before its own."""
    page.mkdir(parents=True)
    (page / "index.html").write_text('<script type="module" src="app.js"></script>')
    result = f"{{ passed: {str(passed).lower()}, compared: 7, matched: 7 }}"
    (page / "app.js").write_text(f"window.selftest = Promise.resolve({result});")
    (page / "detector.js").write_text(DETECTOR % {"load": load, "detect": detect})
    return page


def pictures(folder: Path, count: int) -> list[Path]:
    """Pictures with a red box at (10 + n, 20, 30, 50), of a shade that only exact pixels keep."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(count):
        picture = Image.new("RGB", (64, 60), (200, 7, 99))
        picture.paste(RED, (10 + number, 20, 30, 50))
        paths.append(folder / f"{number}.png")
        picture.save(paths[-1])
    return paths
