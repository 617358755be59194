"""For what runs with each tap: statements made once, run without the session's detours.

Making a statement takes longer than running it, and the session's own way to run one takes twice
as long as its connection's. Everywhere else plain queries read better.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Executable, bindparam, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session


def rows(statement: Executable, values: Mapping[str, Any], *, session: Session) -> Sequence[Any]:
    """What a statement of columns finds; `values` by the names of its parameters."""
    session.flush()
    return session.connection().execute(statement, dict(values)).all()


def change(row: Any, values: Mapping[str, Any], *, session: Session) -> None:
    """Give columns of a row with the key `id` new values, in the database and in memory."""
    table: Any = type(row).__table__
    statement = _changes.get((table, *values))
    if statement is None:
        named = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in values}
        statement = update(table).where(table.c.id == bindparam("which")).values(named)
        _changes[table, *values] = statement
    session.flush()
    session.connection().execute(
        statement, {"which": row.id} | {f"new_{name}": value for name, value in values.items()}
    )
    for name, value in values.items():
        set_committed_value(row, name, value)


_changes: dict[tuple[Any, ...], Any] = {}
