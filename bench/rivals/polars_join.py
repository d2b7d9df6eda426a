"""Polars: a full join on the key in the streaming engine, every other field compared."""

import os

import rival

given = rival.arguments()
os.environ["POLARS_TEMP_DIR"] = given.work

import polars  # noqa: E402  (it reads the environment when it is imported)

old, new = polars.scan_parquet(given.old), polars.scan_parquet(given.new)
others = [name for name in old.collect_schema().names() if name != rival.KEY]
new = new.with_columns(polars.col(rival.KEY).alias("there"))
old = old.with_columns(polars.col(rival.KEY).alias("here"))
joined = old.join(new, on=rival.KEY, how="full", coalesce=True, suffix="_new")
differs = polars.col("here").is_null() | polars.col("there").is_null()
for name in others:
    differs |= polars.col(name).ne_missing(polars.col(name + "_new"))
keys = joined.filter(differs).select(rival.KEY).collect(engine="streaming")
rival.report(f"polars {polars.__version__}", keys[rival.KEY].to_list())
