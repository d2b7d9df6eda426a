"""What the rivals' scripts share: their arguments and what they print."""

import argparse
import json
import os

KEY = "txn_id"


def arguments(**more):
    """OLD NEW --work FOLDER, and what one rival takes besides (name=default)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--work", required=True)
    for name, default in more.items():
        parser.add_argument("--" + name, type=type(default), default=default)
    given = parser.parse_args()
    os.makedirs(given.work, exist_ok=True)
    return given


def differing(columns, distinct):
    """SQL: the record is on one side only, or one of its columns differs."""
    others = [column for column in columns if column != KEY]
    tests = [f"o.{KEY} IS NULL", f"n.{KEY} IS NULL"]
    tests += [distinct(f"o.{column}", f"n.{column}") for column in others]
    return " OR ".join(tests)


def joined_by_duckdb(database, work, old, new):
    """The keys of the records that differ between two tables, by a full outer join."""
    database.execute(f"SET temp_directory = '{work}'")
    database.execute("SET preserve_insertion_order = false")
    described = database.execute(f"DESCRIBE SELECT * FROM {old}").fetchall()
    columns = [row[0] for row in described]
    differs = differing(columns, lambda a, b: f"({a} IS DISTINCT FROM {b})")
    rows = database.execute(
        f"SELECT coalesce(o.{KEY}, n.{KEY}) FROM {old} o FULL OUTER JOIN {new} n "
        f"ON o.{KEY} = n.{KEY} WHERE {differs}"
    ).fetchall()
    return (row[0] for row in rows)


def report(version, keys):
    """Prints the keys of the records that differ."""
    print(json.dumps({"version": version, "txn_ids": sorted({str(key) for key in keys})}))
