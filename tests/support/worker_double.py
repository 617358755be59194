"""A worker that keeps the folder's contract and does what its spec says, without any training.

The spec is a real one (a PredictSpec) whose `picture` holds JSON: a script for each attempt, a list
of steps such as ["progress", 1], ["sleep", 60] or ["deaf"] (ignore SIGTERM); see `play`.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def append(folder: Path, line: str) -> None:
    """One event, in one write, as a worker does."""
    file = os.open(folder / "events.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, line.encode())
    os.close(file)


def play(folder: Path, step: list) -> None:
    """Do one step of the script."""
    match step:
        case ["progress", done]:
            append(folder, json.dumps({"type": "progress", "stage": "epoch", "done": done}) + "\n")
        case ["batch", size]:
            event = {"type": "progress", "stage": "epoch", "done": 0, "figures": {"batch": size}}
            append(folder, json.dumps(event) + "\n")
        case ["saved", epoch]:
            place = folder / "checkpoint" / str(epoch)
            place.mkdir(parents=True)
            event = {"type": "saved", "epoch": epoch, "folder": str(place)}
            append(folder, json.dumps(event) + "\n")
        case ["out-of-memory"]:
            event = {"type": "failed", "code": "OutOfMemory", "message": "Too little."}
            append(folder, json.dumps(event | {"retryable": True}) + "\n")
        case ["sleep", seconds]:
            time.sleep(seconds)
        case ["wait", path]:
            while not Path(path).exists():
                time.sleep(0.02)
        case ["done"]:
            result = {
                "kind": "predict",
                "picture": "x.jpg",
                "boxes": [],
                "confidence": 0.25,
                "milliseconds": 1,
            }
            append(folder, json.dumps({"type": "done", "result": result}) + "\n")
        case ["failed", message, retryable]:
            event = {"type": "failed", "code": "X", "message": message, "retryable": retryable}
            append(folder, json.dumps(event) + "\n")
        case ["garbage"]:
            append(folder, 'no json\n{"type": "progress"}\n\xff\n{"type": "unheard"}\n')
        case ["half"]:
            append(folder, '{"type": "done", "resul')
        case ["deaf"]:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        case ["children", count]:
            code = (
                "import signal, subprocess, sys, time\n"
                "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                "if sys.argv[1] == '1':\n"
                "    subprocess.Popen([sys.executable, '-c', open('child.py').read(), '0'])\n"
                "open(f'child-{__import__(\"os\").getpid()}', 'w').close()\n"
                "time.sleep(600)\n"
            )
            (folder / "child.py").write_text(code)
            for _ in range(count):
                subprocess.Popen([sys.executable, "-c", code, "1"], cwd=folder)
            while len(list(folder.glob("child-*"))) < 2 * count:
                time.sleep(0.02)
        case ["fork"]:
            if os.fork() == 0:
                (folder / f"child-{os.getpid()}").touch()
                time.sleep(600)
            while not list(folder.glob("child-*")):
                time.sleep(0.02)
        case ["kill", number]:
            os.kill(os.getpid(), number)
        case ["exit", code]:
            sys.exit(code)
        case ["raise", words]:
            raise RuntimeError(words)


def main(folder: Path) -> None:
    """Run the script of `folder`'s spec; an attempt beyond the scripts repeats the last."""
    append(folder, json.dumps({"type": "started", "pid": os.getpid()}) + "\n")
    scripts = json.loads(json.loads((folder / "spec.json").read_text())["picture"])
    attempt = int(folder.name)
    for step in scripts[min(attempt, len(scripts)) - 1]:
        play(folder, step)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
