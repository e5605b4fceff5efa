"""The page of the store's tables."""

from docs.generate.markdown import head, table, text_of
from sqlalchemy import Column, Index, Table

from ropewalk.store.tables import metadata


def page() -> str:
    """Markdown."""
    lines = head(
        "The store",
        "One SQLite file, `hub/hub.db` below the state directory. Only the hub opens it; ask the hub, not the file:"
        " the tables may change with any release, and are then migrated.",
    )
    for one in metadata.sorted_tables:
        lines += ["", f"## `{one.name}`", "", one.comment or "", ""]
        lines += table(("column", "type", "meaning"), [_column(column) for column in one.columns])
        lines += _indexes(one)
    return text_of(lines)


def _column(column: "Column[object]") -> tuple[str, str, str]:
    if not column.comment:
        raise LookupError(f"{column} has no comment")
    key = " (key)" if column.primary_key else ""
    return f"`{column.name}`{key}", str(column.type), column.comment


def _indexes(one: Table) -> list[str]:
    found = sorted(one.indexes, key=lambda index: str(index.name))
    return ["", "Indexes: " + "; ".join(_index(index) for index in found) + "."] if found else []


def _index(index: Index) -> str:
    columns = ", ".join(column.name for column in index.columns)
    where = index.dialect_options["sqlite"]["where"]
    only = f" where {where}" if where is not None else ""
    return f"`{index.name}` ({columns}){', unique' if index.unique else ''}{only}"
