"""For what runs with each tap: statements made once, run on SQLite's own connection.

SQLite answers in some microseconds, and a class that taps at once pays for all that lies above it:
the session takes twenty times as long, and a plain connection of SQLAlchemy ten times. Here a
statement's text, and what makes its values into columns and back, are made once. Everything that
is not SQLite, and everything that goes wrong, takes the long way. Elsewhere plain queries read
better.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Executable, bindparam, inspect, select, update
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapper, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session

Process = Callable[[Any], Any] | None

MOST = 16
"""Longer lists are rare: the texts for them are not worth keeping."""


def rows(statement: Any, values: Mapping[str, Any], *, session: Session) -> Sequence[Any]:
    """What a statement of columns finds; `values` by the names of its parameters."""
    session.flush()
    connection = session.connection()
    done = _quickly(statement, values, connection)
    return done.found if done else connection.execute(statement, dict(values)).all()


def run(statement: Executable, values: Mapping[str, Any], *, session: Session) -> int:
    """Write; `values` are all that the statement names. Returns how many rows that concerned."""
    session.flush()
    return _write(statement, values, session.connection())


def entity(kind: Any, statement: Any, values: Mapping[str, Any], *, session: Session) -> Any:
    """The row that a statement of all columns of a table finds, as the session holds it, or None.

    Args:
        kind: the class of the table's rows.
    """
    found = rows(statement, values, session=session)
    if not found:
        return None
    mapper, names, keys = _mapped(kind)
    row = dict(zip(names, found[0], strict=True))
    held = session.identity_map.get(
        mapper.identity_key_from_primary_key(tuple(row[k] for k in keys))
    )
    if held is not None:
        return held
    made = mapper.class_manager.new_instance()
    made.__dict__.update(row)
    make_transient_to_detached(made)
    session.add(made)
    return made


def change(row: Any, values: Mapping[str, Any], *, session: Session) -> None:
    """Give columns of a row with the key `id` new values, in the database and in memory."""
    session.flush()
    table: Any = type(row).__table__
    statement = _changes.get((table, *values))
    if statement is None:
        named = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in values}
        statement = update(table).where(table.c.id == bindparam("which")).values(named)
        _changes[table, *values] = statement
    new = {f"new_{name}": value for name, value in values.items()}
    _write(statement, {"which": row.id} | new, session.connection())
    for name, value in values.items():
        set_committed_value(row, name, value)


def _write(statement: Executable, values: Mapping[str, Any], connection: Connection) -> int:
    done = _quickly(statement, values, connection)
    return done.concerned if done else connection.execute(statement, dict(values)).rowcount


@dataclass(frozen=True)
class _Value:
    """Where a parameter's value comes from: the name given, and the place if that is a list."""

    name: str
    place: int | None = None


class _Done(NamedTuple):
    found: list[tuple[Any, ...]]
    concerned: int


@dataclass(frozen=True)
class _Prepared:
    """A statement as SQLite takes it: its text, and how to make its values and read its rows."""

    text: str
    values: tuple[tuple[Any, Process], ...]
    columns: tuple[tuple[int, Callable[[Any], Any]], ...]

    def run(self, given: Mapping[str, Any], connection: Connection) -> _Done | None:
        """What the statement finds or does; None where it has to be run the long way."""
        into = []
        for value, process in self.values:
            if type(value) is _Value:
                value = given[value.name] if value.place is None else given[value.name][value.place]
            into.append(process(value) if process else value)
        driver: Any = connection.connection.dbapi_connection
        try:
            cursor = driver.execute(self.text, into)
            return _Done([self._made(row) for row in cursor.fetchall()], cursor.rowcount)
        except sqlite3.Error as error:
            if not driver.in_transaction:
                # A full disk, say: SQLite took all of it back, and nothing may be added now.
                raise OperationalError(self.text, None, error, hide_parameters=True) from error
            # Whoever asked expects the error as SQLAlchemy raises it; the long way does.
            return None

    def _made(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """A row with its columns as Python's values."""
        if not self.columns:
            return row
        made = list(row)
        for place, process in self.columns:
            made[place] = process(made[place])
        return tuple(made)


def _quickly(statement: Any, values: Mapping[str, Any], connection: Connection) -> _Done | None:
    """What the statement finds or does; None where it has to be run the long way."""
    dialect = connection.dialect
    if dialect.name != "sqlite":
        return None
    lengths = [len(value) for value in values.values() if _is_list(value, statement)]
    # An empty list is no list in SQL.
    if any(not 0 < length <= MOST for length in lengths):
        return None
    found = _statements.get((statement, *values, *lengths))
    if found is None:
        found = _statements[statement, *values, *lengths] = _prepare(statement, values, dialect)
    return found.run(values, connection)


def _is_list(value: object, statement: Any) -> bool:
    """Whether a value stands for several in SQL; what is written may be a list of JSON."""
    return isinstance(value, list) and bool(statement.is_select)


def _prepare(statement: Any, values: Mapping[str, Any], dialect: Dialect) -> _Prepared:
    compiled = statement.compile(dialect=dialect, column_keys=list(values))
    marked = {
        name: [_Value(name, place) for place in range(len(value))]
        if _is_list(value, statement)
        else _Value(name)
        for name, value in values.items()
    }
    state = compiled.construct_expanded_state(marked)
    values_in_order = []
    for name, value in zip(state.positiontup, state.positional_parameters, strict=True):
        bound = compiled.binds[value.name if type(value) is _Value else name]
        values_in_order.append((value, bound.type.dialect_impl(dialect).bind_processor(dialect)))
    found = getattr(statement, "selected_columns", ())
    read = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in found]
    return _Prepared(
        state.statement,
        tuple(values_in_order),
        tuple((place, process) for place, process in enumerate(read) if process),
    )


@cache
def _mapped(kind: Any) -> tuple[Mapper[Any], list[str], list[str]]:
    """A table's mapper, and the names of its columns in order and of its key."""
    mapper: Mapper[Any] = inspect(kind)
    names = [mapper.get_property_by_column(column).key for column in kind.__table__.columns]
    return mapper, names, [mapper.get_property_by_column(key).key for key in mapper.primary_key]


@cache
def by_key(kind: Any) -> Any:
    """The statement that finds a row of a table by its key: `key0`, and `key1` if it has two."""
    keys = enumerate(inspect(kind).primary_key)
    return select(kind.__table__).where(*(key == bindparam(f"key{n}") for n, key in keys))


_changes: dict[tuple[Any, ...], Any] = {}
_statements: dict[tuple[Any, ...], _Prepared] = {}
