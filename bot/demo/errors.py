"""How a demo ends before its time."""


class DemoFailed(Exception):
    """One sentence that says what happened and what to do."""
