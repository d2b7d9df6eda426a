"""DuckDB: a full outer join on the key, every other field compared."""

import duckdb

import rival

given = rival.arguments()
database = duckdb.connect()
database.execute(f"SET temp_directory = '{given.work}'")
database.execute("SET preserve_insertion_order = false")


def table(path):
    if path.endswith(".csv"):
        return f"read_csv('{path}', all_varchar = true)"
    return f"read_parquet('{path}')"


described = database.execute(f"DESCRIBE SELECT * FROM {table(given.old)}").fetchall()
columns = [row[0] for row in described]
differs = rival.differing(columns, lambda a, b: f"({a} IS DISTINCT FROM {b})")
rows = database.execute(
    f"SELECT coalesce(o.{rival.KEY}, n.{rival.KEY}) "
    f"FROM {table(given.old)} o FULL OUTER JOIN {table(given.new)} n "
    f"ON o.{rival.KEY} = n.{rival.KEY} WHERE {differs}"
).fetchall()
rival.report(f"duckdb {duckdb.__version__}", (row[0] for row in rows))
