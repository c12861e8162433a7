"""TF-IDF against its definition, written out with dictionaries."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from handx_baselines.simple.tfidf import TfIdf, words
from hypothesis import given, settings
from hypothesis import strategies as st

texts = st.lists(st.lists(st.sampled_from("abcdefg"), max_size=8), min_size=1, max_size=8)


def cosine(query: list[str], document: list[str], documents: list[list[str]]) -> float:
    """Straight from the formula; terms that no document has do not exist."""
    known = {term for d in documents for term in d}

    def weights(text: list[str]) -> dict[str, float]:
        return {
            term: count * (1 + math.log((1 + len(documents)) / (1 + sum(term in d for d in documents))))
            for term, count in Counter(text).items()
            if term in known
        }

    q, d = weights(query), weights(document)
    norms = math.hypot(*q.values()) * math.hypot(*d.values())
    return sum(value * d.get(term, 0) for term, value in q.items()) / norms if norms else 0.0


@given(documents=texts, query=st.lists(st.sampled_from("abcdefgxyz"), max_size=8))
@settings(max_examples=100)
def test_cosine_is_that_of_the_definition(documents: list[list[str]], query: list[str]) -> None:
    if not any(documents):
        return
    found = TfIdf(documents).similarity([query])
    expected = [cosine(query, document, documents) for document in documents]
    assert found[0] == pytest.approx(expected, abs=1e-12)


def test_a_rare_word_outweighs_common_ones() -> None:
    index = TfIdf(
        [words(text) for text in ("left hand pinches", "left hand waves", "left hand rests", "left hand turns")]
    )
    assert index.similarity([words("the hand waves")])[0].argmax() == 1


def test_several_queries_at_once_are_the_same_as_one_by_one() -> None:
    index = TfIdf([["a", "b"], ["b", "c", "c"]])
    queries = [["a"], ["c", "b"], [], ["zzz"]]
    both = index.similarity(queries)
    assert np.array_equal(both, np.concatenate([index.similarity([query]) for query in queries]))
    assert not both[2:].any()
