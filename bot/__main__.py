"""The command line: run, add, demo, doctor."""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.settings import SettingsError, load

cli = typer.Typer(
    help="A group chat that trains an object detector.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _log_to_stderr(level: int = logging.INFO) -> None:
    logging.basicConfig(
        level=level,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # Request lines hold the token; APScheduler tells every tick.
    for noisy in ("httpx", "httpcore", "apscheduler", "telegram.ext", "asyncio", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


@cli.command()
def run() -> None:
    """Run the bot until it is stopped (Ctrl+C)."""
    _log_to_stderr()
    sys.exit(_guarded(_run))


async def _run() -> None:
    # The library's own switch to what its next version does; without it each 429 logs a warning.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    from bot.app import TaptrainApp

    app = TaptrainApp(load())
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        await app.start()
        # What is there by now stays: without this, going through it all makes taps wait.
        gc.collect()
        gc.freeze()
        print(f"ready: @{app.services.username}, pages at {app.web_url}", flush=True)
        await stop.wait()
    finally:
        await app.stop()


def _guarded(work: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Run a coroutine function; a wrong setting ends it with one sentence."""
    try:
        asyncio.run(work())
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except asyncio.CancelledError:
        # The demo was asked to end (SIGTERM), and has.
        return 143
    return 0


@cli.command()
def demo(
    once: Annotated[bool, typer.Option(help="End after the zip and print where it lies.")] = False,
    folder: Annotated[
        Path, typer.Option(help="Where the zip and the bot's log are kept.", file_okay=False)
    ] = Path("~/.taptrain/demo"),
    browser: Annotated[bool, typer.Option(help="Open the chat in a browser.")] = True,
    # For tests: less to learn from, for a shorter time, by members in a hurry.
    epochs: Annotated[int, typer.Option(hidden=True, min=1)] = 25,
    photos: Annotated[int, typer.Option(hidden=True, min=12)] = 112,
    pace: Annotated[float, typer.Option(hidden=True, min=0.0)] = 1.0,
) -> None:
    """Play the whole way in a web chat on this machine, with scripted members."""
    from bot.demo import play
    from bot.demo.errors import DemoFailed

    _log_to_stderr(logging.WARNING)
    folder = folder.expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    script = play.Script(photos=photos, epochs=epochs, pace=pace)
    try:
        code = _guarded(lambda: play.run(once=once, folder=folder, browser=browser, script=script))
    except DemoFailed as failure:
        print(failure, file=sys.stderr)
        code = 1
    sys.exit(code)


@cli.command()
def add(
    project: Annotated[str, typer.Argument(help="The project's name, or its number.")],
    path: Annotated[Path, typer.Argument(help="A folder, a video, a picture or a zip.")],
    every: Annotated[str, typer.Option(help="Of a video: a frame each so often, as 1s.")] = "",
    most: Annotated[
        int | None, typer.Option("--max", help="So many pictures at most.", min=1)
    ] = None,
    trust: Annotated[str, typer.Option(help="Whether its labels are right: yes|sample|no.")] = "",
) -> None:
    """Add files of this machine to a project of the bot, past the chat's limits."""
    from bot.local_add import NotAdded, add_path

    try:
        print(add_path(load(), project, path, every=every, most=most, trust=trust))
    except (NotAdded, SettingsError) as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(2)


@cli.command()
def doctor() -> None:
    """Check settings, versions and the machine."""
    from bot import doctor as checks

    sys.exit(checks.run())


def main() -> None:
    """The `taptrain` command."""
    cli()


if __name__ == "__main__":
    main()
