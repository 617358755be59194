"""`python -m bot.sandbox --port 0`: serve the double and print its address as one line."""

from __future__ import annotations

import argparse

from bot.sandbox.server import SandboxServer
from bot.sandbox.world import World


def main() -> None:
    """Read the arguments and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="loopback port; 0 takes a free one")
    parser.add_argument("--token", help="the only token let in; any well-formed one by default")
    parser.add_argument("--app-url", default="", help="address behind the bot's Mini App links")
    arguments = parser.parse_args()
    server = SandboxServer(
        arguments.port, World(token=arguments.token, app_url=arguments.app_url)
    ).start()
    print(server.address, flush=True)
    try:
        server.wait()
    except KeyboardInterrupt:
        server.stop()


if __name__ == "__main__":
    main()
