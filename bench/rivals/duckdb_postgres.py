"""DuckDB's reader of PostgreSQL: a full outer join on the key, every other field compared.

The reader is an extension. The DuckDB of the other rivals downloads it; this is the last release for
which a package has it, in an environment of its own.
"""

import glob
import os

import duckdb
import duckdb_extension_postgres_scanner as packaged

import rival

given = rival.arguments(address="")
folder = os.path.dirname(packaged.__file__)
[extension] = glob.glob(f"{folder}/extensions/*/postgres_scanner.duckdb_extension")
database = duckdb.connect()
database.execute(f"LOAD '{extension}'")
address = given.address.replace("'", "''")
database.execute(f"ATTACH '{address}' AS books (TYPE postgres, READ_ONLY)")
keys = rival.joined_by_duckdb(database, given.work, f"books.{given.old}", f"books.{given.new}")
rival.report(f"duckdb {duckdb.__version__}", keys)
