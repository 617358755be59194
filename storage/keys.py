"""Keys that members gave so that a source lets them in: each member's own, told to nobody."""

from sqlmodel import Session

from storage.models import Setting

NAMES = ("kaggle", "roboflow", "huggingface", "cookies")


def of_member(member_id: int, *, session: Session) -> dict[str, str]:
    """The member's keys by name; only what was given."""
    row = session.get(Setting, _row(member_id))
    return {name: value for name, value in row.value.items() if name in NAMES} if row else {}


def keep(member_id: int, name: str, value: str, *, session: Session) -> None:
    """Keep a key in place of an earlier one."""
    kept = of_member(member_id, session=session) | {name: value}
    session.merge(Setting(key=_row(member_id), value=kept))


def forget(member_id: int, name: str, *, session: Session) -> bool:
    """Remove a key; returns whether there was one."""
    row = session.get(Setting, _row(member_id))
    if row is None or name not in row.value:
        return False
    row.value = {known: value for known, value in row.value.items() if known != name}
    session.add(row)
    return True


def _row(member_id: int) -> str:
    return f"keys:{member_id}"
