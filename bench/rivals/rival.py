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


def report(version, keys):
    """Prints the keys of the records that differ."""
    print(json.dumps({"version": version, "txn_ids": sorted({str(key) for key in keys})}))
