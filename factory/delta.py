"""Delta Lake over a dataset's own files: a log at its root whose current table holds the files of the current version.

The version stays the truth: the log follows it, and bringing it up to date twice is bringing it up to date once.
Needs the `delta` extra. Older Delta versions name files that `factory gc` may delete.
"""

from __future__ import annotations

import os
from typing import Any

from factory import publish, schemas, storage
from factory.errors import FactoryError


def follow(root: str) -> int | None:
    """Bring the log to the current version. The Delta version that it wrote, None when there was nothing to write."""
    try:
        import deltalake
        from deltalake import transaction
    except ImportError:
        raise FactoryError("`deltalake` is not installed; `pip install acc-factory[delta]` brings it") from None
    version = publish.current(root)
    if version is None:
        raise FactoryError(f"`{root}` holds no published version; build it first")
    options, schema = store_options(root), deltalake.Schema.from_arrow(schemas.ROW)
    wanted = {file.path: file for file in version.files}
    actions = [transaction.AddAction(path, file.bytes, {}, 0, True, f'{{"numRecords": {file.rows}}}') for path, file in sorted(wanted.items())]
    if not deltalake.DeltaTable.is_deltatable(root, options):
        transaction.create_table_with_add_actions(root, schema, actions, storage_options=options)
        return 0
    table = deltalake.DeltaTable(root, storage_options=options)
    prefix = root.rstrip("/") + "/"
    if {uri.removeprefix("file://").removeprefix(prefix) for uri in table.file_uris()} == wanted.keys():
        return None
    table.create_write_transaction(actions, "overwrite", schema)
    return table.version() + 1


def store_options(root: str) -> dict[str, Any]:
    """What Delta's own client must be told to reach the store that ours reaches; credentials it finds as boto3 does."""
    if not storage.scheme(root):
        return {}
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    options = {"aws_conditional_put": "etag"}
    if endpoint:
        options |= {"aws_endpoint": endpoint, "aws_allow_http": str(endpoint.startswith("http://")).lower()}
    return options
