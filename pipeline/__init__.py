"""From sources to a packaged detector. Never imports telegram; never reads the environment."""
