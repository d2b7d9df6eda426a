"""What `transfer.sql` writes, on SQLite: pgbench speaks to PostgreSQL only.

    python3 transfer_sqlite.py bench.db --seconds 8 --group 1

One connection, for SQLite has one writer; WAL and `synchronous = FULL` as the service has them.
`--group` puts so many transfers into one transaction, as a writer does with those that wait for it.
Says how many transfers a second were on the disk, and how long each took to get there.
"""

import argparse
import os
import random
import sqlite3
import time

TABLES = """
CREATE TABLE account (account INTEGER PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0), flow_count INTEGER NOT NULL);
CREATE TABLE orders (order_id INTEGER PRIMARY KEY, payer INTEGER REFERENCES account, payee INTEGER REFERENCES account,
  amount INTEGER NOT NULL, created_at TEXT NOT NULL, title TEXT);
CREATE TABLE flow (serial INTEGER PRIMARY KEY, account INTEGER NOT NULL REFERENCES account, amount INTEGER NOT NULL,
  order_id INTEGER REFERENCES orders, happened_at TEXT NOT NULL, memo TEXT);
CREATE INDEX flow_by_account ON flow (account, serial);
CREATE INDEX flow_by_order ON flow (order_id);
CREATE TABLE request (request INTEGER PRIMARY KEY, answer TEXT NOT NULL);
"""
ACCOUNTS = 1000
FEN = 1_000_000_000
NOW = "strftime('%Y-%m-%dT%H:%M:%f', 'now')"


def transfer(database, answer):
    """Moves a random amount from one random account to another."""
    one, two = random.randint(1, ACCOUNTS), random.randint(1, ACCOUNTS)
    fen = random.randint(1, 9999)
    database.execute("SELECT balance FROM account WHERE account IN (?, ?)", (one, two)).fetchall()
    order = database.execute(
        f"INSERT INTO orders (payer, payee, amount, created_at) VALUES (?, ?, ?, {NOW})", (one, two, fen)
    ).lastrowid
    for account, amount in ((one, -fen), (two, fen)):
        database.execute(
            f"INSERT INTO flow (account, amount, order_id, happened_at) VALUES (?, ?, ?, {NOW})",
            (account, amount, order),
        )
        database.execute(
            "UPDATE account SET balance = balance + ?, flow_count = flow_count + 1 WHERE account = ?",
            (amount, account),
        )
    database.execute("INSERT INTO request (answer) VALUES (?)", (answer,))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", help="a file that is not there yet")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--group", type=int, default=1)
    asked = parser.parse_args()
    if os.path.exists(asked.path):
        raise SystemExit(f"{asked.path} is there already: name a file that is not")
    if asked.group < 1:
        raise SystemExit("--group is one or more")
    database = sqlite3.connect(asked.path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA foreign_keys = ON")
    database.executescript(TABLES)
    database.execute("BEGIN")
    accounts = ((number, FEN) for number in range(1, ACCOUNTS + 1))
    database.executemany("INSERT INTO account VALUES (?, ?, 0)", accounts)
    database.execute("COMMIT")
    answer, taken = "x" * 600, []
    begun = time.perf_counter()
    while time.perf_counter() - begun < asked.seconds:
        from_here = time.perf_counter()
        database.execute("BEGIN IMMEDIATE")
        for _ in range(asked.group):
            transfer(database, answer)
        database.execute("COMMIT")
        taken.append(time.perf_counter() - from_here)
    seconds = time.perf_counter() - begun
    count = len(taken) * asked.group
    held = database.execute("SELECT SUM(balance), SUM(flow_count) FROM account").fetchone()
    booked = database.execute("SELECT SUM(amount), COUNT(*) FROM flow").fetchone()
    if held != (ACCOUNTS * FEN, 2 * count) or booked != (0, 2 * count):
        raise SystemExit(f"the books do not hold what was transferred: {held}, {booked}")
    taken.sort()
    p50, p99 = (1000 * taken[len(taken) * part // 100] for part in (50, 99))
    print(f"{count / seconds:.0f} transfers a second, {asked.group} to a transaction, p50 {p50:.2f} ms, p99 {p99:.2f} ms")


if __name__ == "__main__":
    main()
