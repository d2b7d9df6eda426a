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
database.execute(f"SET temp_directory = '{given.work}'")
database.execute("SET preserve_insertion_order = false")
address = given.address.replace("'", "''")
database.execute(f"ATTACH '{address}' AS books (TYPE postgres, READ_ONLY)")
described = database.execute(f"DESCRIBE SELECT * FROM books.{given.old}").fetchall()
columns = [row[0] for row in described]
differs = rival.differing(columns, lambda a, b: f"({a} IS DISTINCT FROM {b})")
rows = database.execute(
    f"SELECT coalesce(o.{rival.KEY}, n.{rival.KEY}) "
    f"FROM books.{given.old} o FULL OUTER JOIN books.{given.new} n "
    f"ON o.{rival.KEY} = n.{rival.KEY} WHERE {differs}"
).fetchall()
rival.report(f"duckdb {duckdb.__version__}", (row[0] for row in rows))
