"""DuckDB: a full outer join on the key, every other field compared."""

import duckdb

import rival

given = rival.arguments()


def table(path):
    if path.endswith(".csv"):
        return f"read_csv('{path}', all_varchar = true)"
    return f"read_parquet('{path}')"


keys = rival.joined_by_duckdb(duckdb.connect(), given.work, table(given.old), table(given.new))
rival.report(f"duckdb {duckdb.__version__}", keys)
