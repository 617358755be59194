"""The methods that bring updates to the bot, and its answers to taps."""

from __future__ import annotations

from typing import Any

from bot.sandbox.chats import Json
from bot.sandbox.errors import Refused, bad_request
from bot.sandbox.limits import CALLBACK_ANSWER_CHARACTERS, CALLBACK_SECONDS
from bot.sandbox.methods.base import Context, method


async def get_updates(context: Context) -> list[Json]:
    """Wait for updates and confirm those before the offset."""
    params = context.params
    return await context.world.updates.take(
        params.integer("offset", 0),
        params.integer("limit", 100),
        max(0, min(params.integer("timeout", 0), 50)),
        params.structure("allowed_updates"),
    )


async def delete_webhook(context: Context) -> bool:
    """There is no webhook; what waits may be dropped."""
    if context.params.boolean("drop_pending_updates"):
        context.world.updates.clear()
    return True


async def set_webhook(context: Context) -> bool:
    """Take an empty address, which means polling; the double calls nobody."""
    if context.params.text("url"):
        raise Refused("a webhook: poll with getUpdates")
    return await delete_webhook(context)


async def get_webhook_info(context: Context) -> Json:
    """That no webhook is set, and how many updates wait."""
    return {
        "url": "",
        "has_custom_certificate": False,
        "pending_update_count": context.world.updates.pending,
    }


async def answer_callback(context: Context) -> bool:
    """Answer a tap, once and within 150 seconds."""
    world, params = context.world, context.params
    tap = world.taps.get(params.text("callback_query_id"))
    if tap is None or tap.answer is not None or world.now() - tap.at > CALLBACK_SECONDS:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    text = params.text("text")
    if len(text) > CALLBACK_ANSWER_CHARACTERS:
        raise bad_request("MESSAGE_TOO_LONG")
    answer: dict[str, Any] = {"text": text, "show_alert": params.boolean("show_alert")}
    tap.answer = answer | {"url": params.text("url")}
    tap.answered_at = world.now()
    world.touch()
    return True


METHODS = (
    method("getUpdates", get_updates, "offset limit timeout allowed_updates"),
    method("deleteWebhook", delete_webhook, "drop_pending_updates"),
    method(
        "setWebhook",
        set_webhook,
        "url certificate ip_address max_connections allowed_updates drop_pending_updates "
        "secret_token",
    ),
    method("getWebhookInfo", get_webhook_info, ""),
    method(
        "answerCallbackQuery",
        answer_callback,
        "callback_query_id text show_alert url cache_time",
    ),
)
