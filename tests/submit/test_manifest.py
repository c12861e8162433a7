"""``submission.json`` from strangers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handx_bench.submit.manifest import (
    MAX_MANIFEST_BYTES,
    InvalidManifest,
    Manifest,
    manifest_bytes,
    parse_manifest,
)


def parse(**values):
    return parse_manifest(json.dumps({"model_name": "M", **values}).encode())


def test_a_full_manifest():
    values = {
        "model_name": "Two Hands", "organisation": "University of Ünïcode", "url": "https://example.org/a?b=c#d",
        "licence": "Apache-2.0", "parameters": 44_000_000, "training_data": "HandX train", "open_weights": True,
        "code_url": "http://localhost:8000/x", "generator": "pkg.mod:Factory", "description": "…", "category": "simple",
    }  # fmt: skip
    manifest = parse(**values)
    assert {key: getattr(manifest, key) for key in values} == values


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"user": "admin"}, "user: unknown key"),
        ({"rank": 1}, "rank: unknown key"),
        ({"verification": "reproduced-from-code"}, "verification: unknown key"),
        ({"model_name": ""}, "model_name: is empty"),
        ({"model_name": "   "}, "model_name: is empty"),
        ({"model_name": "x" * 81}, "model_name: String should have at most 80"),
        ({"model_name": "a\x1b[31mb"}, "U+001B"),
        ({"model_name": "a\nb"}, "U+000A"),
        ({"model_name": "a\u202eb"}, "U+202E"),
        ({"model_name": "a\u200bb"}, "U+200B"),
        ({"model_name": "a\u2028b"}, "U+2028"),
        ({"model_name": "\x00"}, "U+0000"),
        ({"model_name": 5}, "model_name: Input should be a valid string"),
        ({"model_name": None}, "model_name: Input should be a valid string"),
        ({"model_name": ["a"]}, "model_name: Input should be a valid string"),
        ({"training_data": "x" * 2001}, "training_data: String should have at most 2000"),
        ({"parameters": -1}, "parameters: Input should be greater than or equal to 0"),
        ({"parameters": True}, "parameters: Input should be a valid integer"),
        ({"parameters": "12"}, "parameters: Input should be a valid integer"),
        ({"parameters": 1.5}, "parameters"),
        ({"parameters": 10**16}, "parameters"),
        ({"open_weights": "yes"}, "open_weights"),
        ({"category": "winner"}, "category"),
        ({"format_version": "2"}, "format_version"),
        ({"url": "javascript:alert(1)"}, "url: is not an http:// or https:// address"),
        ({"url": "file:///etc/passwd"}, "url: is not"),
        ({"url": "//example.org"}, "url: is not"),
        ({"url": "https://"}, "url: is not"),
        ({"url": "https://user:secret@example.org"}, "url: carries credentials"),
        ({"url": "https://exa mple.org"}, "url: holds a blank"),
        ({"url": "https://[::1"}, "url: is not a valid address"),
        ({"url": "https://example.org:99999"}, "url: is not a valid address"),
        ({"url": "https://example.org/" + "x" * 500}, "url: String should have at most 500"),
        ({"code_url": "data:text/html,x"}, "code_url: is not"),
        ({"a\x1b[2J" + "b" * 1000: 1}, "a\\x1b[2J"),
    ],
)
def test_what_is_refused(values, told):
    with pytest.raises(InvalidManifest) as caught:
        parse(**values)
    assert told in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


def test_all_problems_are_told_at_once():
    with pytest.raises(InvalidManifest) as caught:
        parse(user="x", url="ftp://x", parameters=-1)
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b'"text"', b"null", b"{", b'{"model_name": "a", "model_name": "b"}', b'{"model_name": NaN}',
        b"\xff\xfe", b"\x80\x04\x95pickle", b"[" * 30_000, b'{"a":' * 10_000, b'{"parameters": ' + b"9" * 5000 + b"}",
        b'{"model_name": "\\ud800"}', b" " * (MAX_MANIFEST_BYTES + 1),
    ],
)  # fmt: skip
def test_what_is_no_manifest(data):
    with pytest.raises(InvalidManifest):
        parse_manifest(data)


def test_html_and_markup_are_kept_for_the_display_to_escape():
    assert parse(model_name="<script>[red]x").model_name == "<script>[red]x"


@given(st.binary(max_size=200) | st.dictionaries(st.text(), st.integers() | st.text() | st.none()).map(
    lambda value: json.dumps(value).encode()
))  # fmt: skip
def test_anything_is_refused_in_order_or_read(data):
    try:
        manifest = parse_manifest(data)
    except InvalidManifest:
        return
    assert parse_manifest(manifest_bytes(manifest)) == manifest


@given(st.text(min_size=1, max_size=80))
def test_names_that_pass_are_visible_and_stable(name):
    try:
        manifest = parse(model_name=name)
    except InvalidManifest:
        return
    assert manifest.model_name.strip()
    assert all(c.isprintable() or c.isspace() for c in manifest.model_name)
    assert parse_manifest(manifest_bytes(manifest)) == manifest
    assert manifest_bytes(manifest) == manifest_bytes(Manifest(model_name=manifest.model_name))
