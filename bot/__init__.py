"""The chat: words, taps, the outbox, the web pages. The only package that knows Telegram."""
