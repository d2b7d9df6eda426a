"""DataFusion: a full join on the key, sort-merge or hash, every other field compared."""

import datafusion

import rival

MEMORY_BYTES = 12 * 1024**3

given = rival.arguments(join="sort-merge")
prefers_hash = str(given.join == "hash").lower()
settings = datafusion.SessionConfig().set("datafusion.optimizer.prefer_hash_join", prefers_hash)
runtime = (
    datafusion.RuntimeEnvBuilder()
    .with_fair_spill_pool(MEMORY_BYTES)
    .with_disk_manager_specified(given.work)
)
session = datafusion.SessionContext(settings, runtime)
session.register_parquet("old", given.old)
session.register_parquet("new", given.new)
columns = session.table("old").schema().names
differs = rival.differing(columns, lambda a, b: f"({a} IS DISTINCT FROM {b})")
rows = session.sql(
    f"SELECT coalesce(o.{rival.KEY}, n.{rival.KEY}) AS key "
    f"FROM old o FULL OUTER JOIN new n ON o.{rival.KEY} = n.{rival.KEY} WHERE {differs}"
).collect()
keys = [key for batch in rows for key in batch.to_pydict()["key"]]
rival.report(f"datafusion {datafusion.__version__}", keys)
