"""Web pages beside the chat: the models' pages and the health of the bot."""
