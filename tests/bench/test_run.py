"""The runner: the same predictions whatever the batches, and no output that is not motion."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest
import torch

from handx_bench.bench.clips import ClipSet
from handx_bench.bench.generator import GeneratorError
from handx_bench.bench.protocol import Protocol
from handx_bench.bench.request import Request
from handx_bench.bench.run import batch_dependence, build_requests, generate
from handx_bench.data.clip import Clip
from handx_bench.errors import InputError
from handx_bench.hand.motion import MotionError

from .posed import SeededHands, as_dataset, make_protocol, posed_motion


class Spoilt(SeededHands):
    """Good hands, changed before they are returned."""

    name = "spoilt"

    def __init__(self, change: Callable[[np.ndarray], Any]) -> None:
        self.change = change

    def generate(self, requests: Sequence[Request], num_samples: int, seed: int) -> Any:
        return self.change(super().generate(requests, num_samples, seed))


def test_batch_size_and_order_do_not_matter(protocol: Protocol, clips: list[Clip]) -> None:
    whole = generate(protocol, SeededHands(), dataset=as_dataset(clips), batch_size=100)
    for size in (1, 3, 7):
        part = generate(protocol, SeededHands(), dataset=as_dataset(clips[::-1]), batch_size=size)
        assert part.clip_ids == whole.clip_ids
        assert np.array_equal(part.motion, whole.motion)


def test_a_clip_gets_the_same_motion_in_a_smaller_dataset(protocol: Protocol, clips: list[Clip]) -> None:
    whole = generate(protocol, SeededHands(), dataset=as_dataset(clips))
    few = generate(protocol, SeededHands(), dataset=as_dataset(clips[3:5]))
    frames = few.motion.shape[2]
    assert np.array_equal(few.motion, whole.motion[3:5, :, :frames])


def test_the_file_holds_what_memory_would(protocol: Protocol, dataset: datasets.Dataset, tmp_path: Path) -> None:
    kept = generate(protocol, SeededHands(), dataset=dataset, batch_size=4)
    written = generate(protocol, SeededHands(), dataset=dataset, batch_size=3, out=tmp_path / "p.safetensors")
    assert isinstance(written.motion, np.memmap)
    assert np.array_equal(written.motion, kept.motion)
    assert written.metadata() == kept.metadata()
    assert (written.protocol_hash, written.generator) == (protocol.hash, "seeded-hands")
    assert written.seeds == {"generation": 0}
    half = generate(protocol, SeededHands(), dataset=dataset, out=tmp_path / "h.safetensors", dtype="float16")
    assert half.motion.dtype == np.float16
    assert np.abs(half.motion.astype(np.float32) - kept.motion).max() < 0.00025  # all within 1 m


def test_motion_is_the_generators_and_zero_beyond_the_length(protocol: Protocol, dataset: datasets.Dataset) -> None:
    predictions = generate(protocol, SeededHands(), dataset=dataset)
    requests = build_requests(protocol, ClipSet.from_dataset(dataset))
    assert predictions.lengths.tolist() == [25 + i for i in range(10)]
    for row, request in zip(predictions.motion, requests):
        assert np.array_equal(row[1, : request.length], posed_motion(request.seed + 1, request.length))
        assert not row[:, request.length :].any()


def test_seed_and_samples_can_be_overridden(protocol: Protocol, dataset: datasets.Dataset) -> None:
    first = generate(protocol, SeededHands(), dataset=dataset)
    other = generate(protocol, SeededHands(), dataset=dataset, seed=1, num_samples=3)
    assert other.motion.shape[1] == 3
    assert other.seeds == {"generation": 1}
    assert not np.array_equal(other.motion[:, :2], first.motion)


def test_progress_counts_clips(protocol: Protocol, dataset: datasets.Dataset) -> None:
    seen: list[tuple[int, int]] = []
    generate(protocol, SeededHands(), dataset=dataset, batch_size=4, progress=lambda *now: seen.append(now))
    assert seen == [(4, 10), (8, 10), (10, 10)]


def test_a_torch_tensor_is_taken(protocol: Protocol, dataset: datasets.Dataset) -> None:
    tensors = generate(protocol, Spoilt(lambda m: torch.from_numpy(m).requires_grad_()), dataset=dataset)
    arrays = generate(protocol, Spoilt(lambda m: m), dataset=dataset)
    assert np.array_equal(tensors.motion, arrays.motion)


def set_nan(motion: np.ndarray) -> np.ndarray:
    motion[2, 1, 4, 0, 17] = np.nan
    return motion


def beyond_the_length(motion: np.ndarray) -> np.ndarray:
    motion[0, :, -1] = np.nan  # clip 0 is the shortest of its batch
    return motion


BAD: dict[str, tuple[Callable[[np.ndarray], Any], type[Exception], str]] = {
    "NaN": (set_nan, MotionError, r"'spoilt' holds NaN.*clip 'test-002', generation 1, frame 4, left index_tip"),
    "Inf": (lambda m: np.where(m == m.max(), np.inf, m), MotionError, "NaN or Inf"),
    "overflow": (lambda m: m * 1e300, MotionError, "NaN or Inf"),
    "millimetres": (lambda m: m * 1000, MotionError, r"'spoilt': a hand spans.*clip 'test-000'.*millimetres"),
    "zeros": (lambda m: m * 0, MotionError, "all zeros"),
    "one sample": (lambda m: m[:, :1], GeneratorError, r"returned shape \(4, 1, 28, 2, 21, 3\), expected \(4, 2, 28,"),
    "no samples axis": (lambda m: m[:, 0], GeneratorError, "returned shape"),
    "a frame short": (lambda m: m[:, :, :-1], GeneratorError, "T = longest request.length"),
    "one clip short": (lambda m: m[:-1], GeneratorError, r"clips 'test-000' … 'test-003'"),
    "axes swapped": (lambda m: m.swapaxes(3, 4), GeneratorError, "returned shape"),
    "list": (lambda m: m.tolist(), GeneratorError, "returned a list"),
    "None": (lambda m: None, GeneratorError, "returned a NoneType"),
    "integers": (lambda m: m.astype(int), GeneratorError, "returned dtype int64"),
    "objects": (lambda m: m.astype(object), GeneratorError, "returned dtype object"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_output_is_refused_and_nothing_is_written(
    name: str, protocol: Protocol, dataset: datasets.Dataset, tmp_path: Path
) -> None:
    change, kind, message = BAD[name]
    with pytest.raises(kind, match=message), np.errstate(all="ignore"):
        generate(protocol, Spoilt(change), dataset=dataset, batch_size=4, out=tmp_path / "p.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_what_lies_beyond_a_length_is_not_looked_at(protocol: Protocol, dataset: datasets.Dataset) -> None:
    good = generate(protocol, Spoilt(lambda m: m), dataset=dataset, batch_size=4)
    odd = generate(protocol, Spoilt(beyond_the_length), dataset=dataset, batch_size=4)
    assert np.array_equal(good.motion[0], odd.motion[0])


def test_an_error_of_the_generator_says_where(protocol: Protocol, dataset: datasets.Dataset) -> None:
    def fail(motion: np.ndarray) -> Any:
        raise ZeroDivisionError("model")

    with pytest.raises(ZeroDivisionError, match="model") as caught:
        generate(protocol, Spoilt(fail), dataset=dataset, batch_size=4)
    assert caught.value.__notes__ == ["raised by generator 'spoilt' on clips 'test-000' … 'test-003'"]


class OneStream(SeededHands):
    """Draws from one stream per run, the mistake that the check is there for."""

    def generate(self, requests: Sequence[Request], num_samples: int, seed: int) -> np.ndarray:
        random = np.random.default_rng(seed)
        out = super().generate(requests, num_samples, seed)
        return out + random.normal(0, 0.05, (len(requests), num_samples, 1, 1, 1, 3))


def test_dependence_on_the_batch_is_found(protocol: Protocol, dataset: datasets.Dataset) -> None:
    good, bad = (generate(protocol, generator, dataset=dataset) for generator in (SeededHands(), OneStream()))
    assert batch_dependence(protocol, SeededHands(), good, dataset=dataset) == 0
    assert batch_dependence(protocol, OneStream(), bad, dataset=dataset) > 0.01
    other_seed = generate(protocol, SeededHands(), dataset=dataset, seed=9, num_samples=3)
    assert batch_dependence(protocol, SeededHands(), other_seed, dataset=dataset) == 0


def test_wrong_calls(protocol: Protocol, dataset: datasets.Dataset) -> None:
    with pytest.raises(InputError, match="batch size is 0"):
        generate(protocol, SeededHands(), dataset=dataset, batch_size=0)
    with pytest.raises(GeneratorError, match="has no name"):
        generate(protocol, object(), dataset=dataset)  # type: ignore[arg-type]


def test_requests_never_hold_the_answer(dataset: datasets.Dataset) -> None:
    clips = ClipSet.from_dataset(dataset)
    for task in ("text-to-motion", "target-pose", "in-betweening", "wrist-trajectory", "hand-reaction"):
        for request, clip in zip(build_requests(make_protocol(task=task), clips), clips):
            assert request.fps == 30
            assert request.length == len(clip.motion)
            if request.constraint is not None:
                hidden = ~request.constraint.mask
                assert hidden.any()
                assert not request.constraint.values[hidden].any()


class Sorting(SeededHands):
    """Answers in the right order, then sorts the list it was given."""

    name = "sorting"

    def generate(self, requests: Sequence[Request], num_samples: int, seed: int) -> Any:
        answer = super().generate(requests, num_samples, seed)
        assert isinstance(requests, list)
        requests.sort(key=lambda request: request.seed)
        return answer


def test_what_a_generator_does_to_its_list_changes_nothing(protocol: Protocol, clips: list[Clip]) -> None:
    whole = generate(protocol, SeededHands(), dataset=as_dataset(clips))
    assert np.array_equal(generate(protocol, Sorting(), dataset=as_dataset(clips)).motion, whole.motion)


def test_motion_is_checked_as_it_is_stored(protocol: Protocol, dataset: datasets.Dataset) -> None:
    with pytest.raises(MotionError, match="NaN or Inf"):
        generate(protocol, Spoilt(lambda motion: motion + 66_000), dataset=dataset, dtype="float16")


def test_a_generator_that_exits_does_not_end_the_program_as_done(protocol: Protocol, dataset: datasets.Dataset) -> None:
    with pytest.raises(GeneratorError, match=r"tried to end the program \(exit code 0\)"):
        generate(protocol, Spoilt(lambda motion: sys.exit(0)), dataset=dataset)
