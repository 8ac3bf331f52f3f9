"""The other side of interop.rs: pyarrow and DuckDB.

    interop.py read FOLDER     compares the files that are there with the rows they should have
    interop.py write FOLDER    writes the same rows, for the other side to read
"""

import datetime
import json
import pathlib
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

TYPES = {
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float32": pa.float32(),
    "float64": pa.float64(),
    "string": pa.string(),
    "bool": pa.bool_(),
    "bytes": pa.binary(),
    "timestamp": pa.timestamp("ns", tz="UTC"),
}
DUCKDB = {
    "int32": ("INTEGER",),
    "int64": ("BIGINT",),
    "float32": ("FLOAT",),
    "float64": ("DOUBLE",),
    "string": ("VARCHAR",),
    "bool": ("BOOLEAN",),
    "bytes": ("BLOB",),
    "timestamp": ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS", "TIMESTAMPTZ_NS"),
}
SCHEMA = pa.schema(
    pa.field(name + suffix, kind, nullable=bool(suffix))
    for name, kind in TYPES.items()
    for suffix in ("", "_or_null")
)


def value(kind, i):
    match kind:
        case "int32":
            return i * 1000 - 50_000
        case "int64":
            return i * 10_000_000_000 - 7
        case "float32":
            return i / 4
        case "float64":
            return i / 3
        case "string":
            return f"näme {i}"
        case "bool":
            return i % 3 == 0
        case "bytes":
            return [b"", b"\x00", b"\x00\xff"][i % 3]
        case "timestamp":  # nanoseconds, as Python's own times end at microseconds
            start = datetime.datetime(2026, 1, 2, 3, i % 60, 5, tzinfo=datetime.UTC)
            return int(start.timestamp()) * 1_000_000_000 + i * 10 + 1


def column(name):
    kind = name.removesuffix("_or_null")
    return [None if name != kind and i % 4 == 0 else value(kind, i) for i in range(100)]


def table():
    arrays = []
    for field in SCHEMA:
        stamp = pa.types.is_timestamp(field.type)
        array = pa.array(column(field.name), pa.int64() if stamp else field.type)
        arrays.append(array.cast(field.type))
    return pa.table(arrays, schema=SCHEMA)


def text(nanoseconds):
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    start = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return start.strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:09}".rstrip("0") + "Z"


def check_statistics(path):
    """Those for the manifest and those in the file, against the values themselves."""
    stats = json.loads(path.with_suffix(".json").read_text())
    assert stats["row_count"] == 100
    metadata = pq.ParquetFile(path).metadata
    assert metadata.num_row_groups == 3
    for at, field in enumerate(SCHEMA):
        values = column(field.name)
        known = [v for v in values if v is not None]
        ours = stats["columns"][field.name]
        assert ours["null_count"] == len(values) - len(known), field.name
        if field.type in (pa.bool_(), pa.binary()):
            expected = (None, None)
        elif pa.types.is_timestamp(field.type):
            expected = (text(min(known)), text(max(known)))
        else:
            expected = (min(known), max(known))
        assert (ours["min"], ours["max"]) == expected, (field.name, ours, expected)
        groups = [metadata.row_group(g).column(at).statistics for g in range(3)]
        assert sum(group.null_count for group in groups) == ours["null_count"], field.name
        if not pa.types.is_timestamp(field.type):
            found = (min(g.min for g in groups), max(g.max for g in groups))
            assert found == (min(known), max(known)), (field.name, found)


def check_duckdb(path):
    relation = duckdb.sql(f"SELECT * FROM read_parquet('{path}')")
    for name, kind in zip(relation.columns, relation.types, strict=True):
        assert str(kind) in DUCKDB[name.removesuffix("_or_null")], (name, kind)
    for field in SCHEMA:
        name = field.name
        expected = column(name)
        select = f"epoch_ns({name})" if pa.types.is_timestamp(field.type) else name
        query = f"SELECT {select} FROM read_parquet('{path}', file_row_number = true)"
        found = [row[0] for row in duckdb.sql(f"{query} ORDER BY file_row_number").fetchall()]
        if found != expected and pa.types.is_timestamp(field.type):
            # Without a type for both a zone and nanoseconds, it keeps microseconds.
            assert str(relation.types[relation.columns.index(name)]) == "TIMESTAMP WITH TIME ZONE"
            expected = [None if v is None else v // 1000 * 1000 for v in expected]
        assert found == expected, (name, found[:5], expected[:5])


def read(folder):
    for name in ("none", "snappy", "gzip", "zstd", "lz4"):
        path = folder / f"lode-{name}.parquet"
        found = pq.read_table(path)
        assert found.schema.equals(SCHEMA), found.schema
        assert found.equals(table()), name
        used = pq.ParquetFile(path).metadata.row_group(0).column(0).compression
        assert used.lower() == {"none": "uncompressed"}.get(name, name), used
        check_statistics(path)
        check_duckdb(path)
        print(f"{path.name}: rows, types, nulls and statistics as expected")
    empty = pq.read_table(folder / "lode-empty.parquet")
    assert empty.num_rows == 0 and empty.schema.equals(SCHEMA)
    duckdb.sql(f"SELECT * FROM read_parquet('{folder}/lode-empty.parquet')").fetchall()
    print("lode-empty.parquet: no rows, and all columns")


def write(folder):
    rows = table()
    for compression in ("none", "snappy", "gzip", "zstd", "lz4"):
        path = folder / f"theirs-pyarrow-{compression}.parquet"
        pq.write_table(rows, path, compression=compression, row_group_size=30)
    path = folder / "theirs-pyarrow-v2.parquet"
    pq.write_table(rows, path, data_page_version="2.0", use_dictionary=False)
    encodings = {"string": "DELTA_BYTE_ARRAY", "bytes_or_null": "DELTA_LENGTH_BYTE_ARRAY"}
    encodings |= {"string_or_null": "DELTA_BYTE_ARRAY", "int64": "DELTA_BINARY_PACKED"}
    path = folder / "theirs-pyarrow-delta.parquet"
    pq.write_table(rows, path, use_dictionary=False, column_encoding=encodings)
    # DuckDB has no type for both a zone and nanoseconds: without the zone, they are all kept.
    naive = pa.timestamp("ns")
    for at, field in enumerate(SCHEMA):
        if pa.types.is_timestamp(field.type):
            rows = rows.set_column(at, field.name, rows.column(at).cast(naive))
    duckdb.from_arrow(rows).write_parquet(str(folder / "theirs-duckdb.parquet"))
    print("8 files written")


if __name__ == "__main__":
    {"read": read, "write": write}[sys.argv[1]](pathlib.Path(sys.argv[2]))
