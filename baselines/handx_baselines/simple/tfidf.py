"""TF-IDF over short texts: which of many documents is most like a query."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from scipy import sparse

_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """Lower-case words and numbers.

    >>> words("Left thumb_tip touches the index-finger, twice.")
    ['left', 'thumb', 'tip', 'touches', 'the', 'index', 'finger', 'twice']
    """
    return _WORD.findall(text.lower())


class TfIdf:
    """Term frequency times smoothed inverse document frequency, ``1 + ln((1 + n)/(1 + df))``, on the unit
    sphere.

    The weighting of Salton & Buckley (*Term-weighting approaches in automatic text retrieval*, IP&M 1988) in
    the form that is usual today, so that a cosine is a dot product.

    Args:
        documents: the terms of each document.
    """

    def __init__(self, documents: Sequence[Iterable[str]]) -> None:
        counts = [Counter(document) for document in documents]
        frequency = Counter(term for count in counts for term in count)
        self._column = {term: column for column, term in enumerate(sorted(frequency))}
        df = np.array([frequency[term] for term in self._column])
        self._idf = 1 + np.log((1 + len(counts)) / (1 + df))
        self._matrix = self._rows(counts)

    def similarity(self, queries: Sequence[Iterable[str]]) -> np.ndarray:
        """Cosine ``(queries, documents)`` float64; 0 for a query without a known term."""
        similarity: np.ndarray = (self._rows([Counter(query) for query in queries]) @ self._matrix.T).toarray()
        return similarity

    def _rows(self, counts: Sequence[Counter[str]]) -> sparse.csr_array:
        values, columns, starts = [], [], [0]
        for count in counts:
            known = sorted((self._column[term], number) for term, number in count.items() if term in self._column)
            weights = np.array([number * self._idf[column] for column, number in known])
            values.append(weights / np.linalg.norm(weights) if known else weights)
            columns += [column for column, _ in known]
            starts.append(len(columns))
        data = np.concatenate(values) if values else np.zeros(0)
        return sparse.csr_array((data, columns, starts), shape=(len(counts), len(self._column)))
