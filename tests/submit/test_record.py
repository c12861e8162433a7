"""Records: strict, hashed, the same bytes for the same content."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import handx_submit_fakes as fakes
import pytest

from handx_bench.errors import InputError
from handx_bench.submit.manifest import Manifest
from handx_bench.submit.record import (
    Record,
    make_record,
    read_clip_scores,
    read_record,
    record_bytes,
    record_hash,
    record_schema,
)
from handx_bench.submit.store import StoredFile, Submission

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


@pytest.fixture
def record():
    files = {name: StoredFile(size=1, sha256="0" * 64) for name in ("predictions.safetensors", "submission.json")}
    submission = Submission(
        id="0123456789abcdef", user="ada", model_name="M", protocol_id="fake-v1", protocol_hash="f" * 64, files=files,
        state="leased", reason="x", attempts=1, submitted_at=NOW, updated_at=NOW,
    )  # fmt: skip
    return make_record(
        submission, Manifest(model_name="Möglich"), fakes.fake_report(0.1 + 0.2), worker="w", started_at=NOW,
        recorded_at=NOW,
    )  # fmt: skip


def test_bytes_come_back_as_the_same_record(record):
    found, table = record
    data = record_bytes(found)
    again = read_record(data, record_hash(found), "here")
    assert record_bytes(again) == data
    assert again.report.skills.overall.value == 0.1 + 0.2
    assert again.recorded_at == NOW
    assert read_clip_scores(table, again, "here").equals(fakes.fake_report().clip_table())


def test_every_bit_counts(record):
    found, table = record
    data = record_bytes(found)
    for position in range(0, len(data), 97):
        changed = bytearray(data)
        changed[position] ^= 1
        with pytest.raises(InputError, match="changed after it was written"):
            read_record(bytes(changed), record_hash(found), "here")
    with pytest.raises(InputError, match="clip scores were changed"):
        read_clip_scores(table + b"x", found, "here")


def test_a_record_of_another_shape_is_refused_even_if_its_hash_is_right(record):
    # As whoever can write to the store could make one.
    value = json.loads(record_bytes(record[0]))
    for change in (
        {"rank": 1}, {"verification": "trust me"}, {"submission_id": "../../x"}, {"user": ""},
        {"protocol": {"id": "fake-v1", "version": "1", "hash": "0" * 64}}, {"files": {}}, {"format_version": "9"},
    ):  # fmt: skip
        data = json.dumps(value | change).encode()
        with pytest.raises(InputError, match="not a record of format 1"):
            read_record(data, fakes.bytes_fact(data).sha256, "here")


def test_the_schema_is_strict_and_admits_a_record(record):
    schema = record_schema()

    def objects(part):
        if isinstance(part, dict):
            if "properties" in part:
                yield part
            for value in part.values():
                yield from objects(value)
        elif isinstance(part, list):
            for value in part:
                yield from objects(value)

    found = list(objects(schema))
    assert len(found) > 5
    assert all(each["additionalProperties"] is False for each in found)
    assert set(schema["properties"]) == set(json.loads(record_bytes(record[0])))
    assert set(schema["required"]) <= set(Record.model_fields)
