"""Retrieval: the motions of the training clips whose texts are most like the request's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import zip_longest
from typing import Any

import numpy as np

from handx_bench.bench.request import Request, derive_seed
from handx_bench.errors import InputError

from .assemble import assemble
from .clip_store import ClipStore
from .tfidf import TfIdf, words

#: Similarities that differ by less are a tie.
_DECIMALS = 9


class NearestText:
    """The K training clips with the nearest texts, nearest first; never the requested clip itself.

    A word counts apart for left hand, right hand and interaction. Every level of detail of a clip's texts is
    a document; a clip is as near as its nearest document. Where the task hides the texts, action labels are
    compared instead. Ties are broken at random from the request's seed. Fewer than K clips are repeated in
    turn.

    Args:
        dataset, split: training clips; see :class:`~handx_baselines.simple.clip_store.ClipStore`.
    """

    name = "nearest-text"

    def __init__(self, dataset: Any = "handx-mini", split: str = "train") -> None:
        self._clips = ClipStore(dataset, split)

    def generate(self, requests: Sequence[Request], num_samples: int, seed: int) -> np.ndarray:
        """``(N, K, T, 2, 21, 3)``.

        Raises:
            InputError: a request without text and action, or no training clip that has one.
        """
        nearest = {request.clip_id: self.nearest(request, num_samples) for request in requests}
        return assemble(
            requests, num_samples, lambda request, k: self._clips.motion(nearest[request.clip_id][k], request)
        )

    def nearest(self, request: Request, count: int) -> list[int]:
        """Row numbers of the nearest training clips."""
        where = f"clip {request.clip_id!r}"
        if request.texts:
            texts = request.texts
            similarity = self._by_text(_terms(texts.left, texts.right, texts.interaction))
        elif request.action:
            similarity = self._by_action(words(request.action))
        else:
            raise InputError("nearest-text needs a text or an action", where=where, fix="Choose another generator")
        own = self._clips.row_of.get(request.clip_id)
        rows = np.array([row for row in range(len(self._clips)) if row != own])
        if not len(rows):
            raise InputError("the training clips hold only the requested one", where=where)
        values = similarity.round(_DECIMALS)
        # Only rows that can be among the first `count` are worth a random key.
        bound = np.sort(values[rows])[-min(count, len(rows))]
        likely = rows[values[rows] >= bound]
        ids = self._clips.clip_ids
        order = sorted(likely, key=lambda row: (-values[row], derive_seed(request.seed, ids[row]), ids[row]))
        return [int(order[k % len(order)]) for k in range(count)]

    def _by_text(self, terms: list[str]) -> np.ndarray:
        index, owners = self._text_index
        best = np.zeros(len(self._clips))
        np.maximum.at(best, owners, index.similarity([terms])[0])
        return best

    def _by_action(self, terms: list[str]) -> np.ndarray:
        return self._action_index.similarity([terms])[0]

    @cached_property
    def _text_index(self) -> tuple[TfIdf, np.ndarray]:
        """Index of all documents, and the row that each belongs to."""
        parts = [self._clips.column(f"{part}_texts") for part in ("left", "right", "interaction")]
        documents, owners = [], []
        for row, levels in enumerate(zip(*parts)):
            for left, right, interaction in zip_longest(*levels, fillvalue=""):
                documents.append(_terms(left, right, interaction))
                owners.append(row)
        if not documents:
            raise InputError("no training clip has a text", fix="Annotate the dataset, or choose another generator")
        return TfIdf(documents), np.array(owners)

    @cached_property
    def _action_index(self) -> TfIdf:
        return TfIdf([words(action) for action in self._clips.column("action")])


def _terms(left: str, right: str, interaction: str) -> list[str]:
    tagged = {"left": left, "right": right, "both": interaction}
    return [f"{part}:{word}" for part, text in tagged.items() for word in words(text)]
