"""The least a bot can do with taps: `python -m bench.answering API_URL TOKEN [--concurrent]`.

A plain python-telegram-bot application whose one handler answers each tap and keeps nothing.
"""

import argparse
import logging
from typing import Any

from telegram import Update
from telegram.ext import Application, ApplicationBuilder, CallbackQueryHandler, ContextTypes


async def answer(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    """Answer a tap, and nothing else."""
    assert update.callback_query is not None
    await update.callback_query.answer()


async def _ready(_: Application[Any, Any, Any, Any, Any, Any]) -> None:
    print("ready", flush=True)


def main() -> None:
    """Poll until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("api_url")
    parser.add_argument("token")
    parser.add_argument("--concurrent", action="store_true", help="up to 256 updates at once")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    app = (
        ApplicationBuilder()
        .token(chosen.token)
        .base_url(f"{chosen.api_url}/bot")
        .concurrent_updates(chosen.concurrent)
        .post_init(_ready)
        .build()
    )
    app.add_handler(CallbackQueryHandler(answer))
    app.run_polling()


if __name__ == "__main__":
    main()
