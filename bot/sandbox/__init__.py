"""A stand-in for Telegram: the Bot API over HTTP, and a web page where a visitor plays the group.

python-telegram-bot talks to it exactly as to the real server (`base_url` and `base_file_url`
point here), so the acceptance tests and the offline demo run the whole bot, network code
included. Everything is kept in memory and lives in one event loop; nothing of the bot's own
handlers is imported, because a double that shares code with what it checks proves nothing.

Three doors:

* ``/bot<token>/<method>`` and ``/file/bot<token>/<path>``: the Bot API (`api`, `methods`). The
  limits that shape the product are enforced (`limits`, `keyboards`, `photos`, `privacy`), what
  is not implemented is refused loudly and remembered, and faults can be ordered (`faults`).
* ``/sandbox/api/...``: what people do (`members`, `control`), for tests, scripted members and
  the page; `client` is its typed Python client.
* ``/``: the web chat (`static`).

Start it with `python -m bot.sandbox --port 0` or with `server.SandboxServer`.
"""
