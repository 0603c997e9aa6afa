"""The schema of imports: a row for each file that was sent, and its rows that could not be taken.

The file itself is kept until all of it is in, so that any node can go on with it, and no longer.
"""

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from cti_server.db import metadata

import_job = Table(
    "import_job",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, comment="of the file, as it was sent"),
    Column("at", Double, nullable=False),
    Column("by", String, nullable=False),
    Column(
        "state", String, nullable=False, comment="mapping, waiting, running, done, cancelled, interrupted or failed"
    ),
    Column("dry", Boolean, nullable=False, comment="only tried: nothing is written"),
    Column("node", String, nullable=False, comment="that works on it"),
    Column("beat", Double, nullable=False, comment="when it last wrote something"),
    Column("cancel", Boolean, nullable=False),
    Column("kind", String, nullable=False, comment="csv or xlsx"),
    Column("encoding", String, nullable=False),
    Column("delimiter", String, nullable=False),
    Column("first_row", Boolean, nullable=False, comment="names the columns"),
    Column("sample", Text, nullable=False, comment="JSON: the first rows"),
    Column("mapping", Text, nullable=False, comment="JSON: a field for each column"),
    Column("duplicates", String, nullable=False, comment="skip, update or create"),
    Column("keep_unknown", Boolean, nullable=False, comment="numbers that no plan knows are taken as they are"),
    *(
        Column(name, Integer, nullable=False)
        for name in ("total", "done", "created", "updated", "skipped", "organisations", "bad", "size")
    ),
    Column("error", Text, nullable=False, comment="JSON: a word of import_failed, and its values"),
    Column("finished", Double),
    Column("content", LargeBinary, comment="the file, compressed; null when it is not needed any more"),
    Index("ix_import_job_at", "at", "id"),
    Index("ix_import_job_state", "state", "beat"),
)

import_bad = Table(
    "import_bad",
    metadata,
    Column("job", Integer, ForeignKey("import_job.id"), primary_key=True),
    Column("line", Integer, primary_key=True, comment="in the file, the first one being 1"),
    Column("cells", Text, nullable=False, comment="JSON list: the row as it was"),
    Column("reasons", Text, nullable=False, comment="JSON list of [word, field, value]"),
)
