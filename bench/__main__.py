"""`python -m bench` lists the benches; `python -m bench NAME [--json]` runs one.

A bench with options of its own (`night`) tells them by `python -m bench NAME -- --help`.
With --json each row is one JSON object on a line of its own. Ends with 1 where a goal is missed.
"""

import argparse
import contextlib
import importlib
import json
import sys
from collections.abc import Iterator, Sequence

from bench import BENCHES, Row


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line names; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure one thing.")
    parser.add_argument("name", nargs="?", choices=[bench.name for bench in BENCHES])
    parser.add_argument("--json", action="store_true", help="one JSON object a row")
    chosen, more = parser.parse_known_args(arguments)
    if chosen.name is None:
        for bench in BENCHES:
            print(f"{bench.name:10} {bench.words}")
        return 0
    bench = next(bench for bench in BENCHES if bench.name == chosen.name)
    module = importlib.import_module(bench.module)
    options = argparse.ArgumentParser(prog=f"python -m bench {bench.name}")
    if hasattr(module, "arguments"):
        module.arguments(options)
    rows: Iterator[Row] = module.run(**vars(options.parse_args(more)))
    kept, out = True, sys.stdout
    # What libraries say while they work is no row.
    with contextlib.redirect_stdout(sys.stderr):
        for row in rows:
            kept = kept and row.holds
            print(json.dumps(row.as_dict()) if chosen.json else as_text(row), file=out, flush=True)
    return 0 if kept else 1


def as_text(row: Row) -> str:
    """The row for a person, such as `rss   91.2 MB (other 402.1, × 0.23)   ≤ 250 MB   holds`."""
    beside = "no other" if row.other is None else f"other {row.other:.4g}"
    ratio = "" if row.ratio is None else f", × {row.ratio:.3g}"
    verdict = "holds" if row.holds else "MISSED"
    figure = f"{row.ours:.4g} {row.unit} ({beside}{ratio})"
    return f"{row.name:28} {figure:44} {row.goal:18} {verdict}"


if __name__ == "__main__":
    sys.exit(main())
