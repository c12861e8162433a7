"""The torchmetrics classes: batches add up, collections work, processes reduce."""

import os
import socket

import pytest
import torch
import torch.multiprocessing as mp
from torchmetrics import MetricCollection

from handx_bench import metrics
from handx_bench.errors import InputError
from handx_bench.metrics import METRICS
from tests.hands import random_motion

PLAIN = [n for n, info in METRICS.items() if info.optional is None]


def make_data() -> tuple[torch.Tensor, torch.Tensor]:
    ref = random_motion(5, 30, seed=1)
    return torch.stack([random_motion(5, 30, seed=s) for s in (2, 3)], dim=1), ref


@pytest.mark.parametrize("name", PLAIN)
def test_batches_add_up_and_reset_forgets(name):
    pred, ref = make_data()
    whole, parts = METRICS[name].load()(), METRICS[name].load()()
    whole.update(pred, ref)
    parts.update(pred[:1], ref[:1])
    parts.reset()
    parts.update(pred[3:], ref[3:])
    parts.update(pred[:3], ref[:3])
    torch.testing.assert_close(whole.compute(), parts.compute(), equal_nan=True)
    assert all(s.dtype in (torch.float64, torch.int64) for s in whole.metric_state.values())


@pytest.mark.parametrize("name", PLAIN)
def test_every_variant_can_be_asked_for(name):
    pred, ref = make_data()
    for variant in METRICS[name].variants:
        metric = METRICS[name].load()(variant=variant)
        metric.update(pred, ref)
        assert metric.compute().ndim == 0
        expected = {"lower": False, "higher": True, "none": None}[METRICS[name].direction_of(variant)]
        assert metric.higher_is_better is expected


def test_a_collection_as_in_a_training_loop():
    pred, ref = make_data()
    collection = MetricCollection({"mpjpe": metrics.MPJPE(), "f1": metrics.ContactEventF1("tol3")}, prefix="val/")
    values = collection(pred[:, 0], ref)  # forward: the value of this batch
    collection.update(pred[:, 1], ref)
    assert set(values) == set(collection.compute()) == {"val/mpjpe", "val/f1"}
    clone = collection.clone()
    assert torch.equal(clone.compute()["val/mpjpe"], collection.compute()["val/mpjpe"])


def test_a_collection_does_not_merge_metrics_that_begin_alike():
    """torchmetrics merges metrics whose states are equal after the first batch; here a perfect one, with equal counts."""
    pred, ref = make_data()
    kinds = {f"tol{t}": metrics.ContactEventF1(f"tol{t}") for t in (1, 6)}
    kinds |= {"mpjpe": metrics.MPJPE(), "angles": metrics.JointAngleError(), "pip": metrics.JointAngleError("pip")}
    kinds |= {"frozen": metrics.FrozenShare(), "slow": metrics.FrozenShare(fps=1.0)}
    kinds |= {"seen": metrics.MemorisedShare(ref), "unseen": metrics.MemorisedShare(random_motion(4, 30, seed=77))}
    collection = MetricCollection({name: metric.clone() for name, metric in kinds.items()})
    for batch in ((ref, ref), (pred, ref)):
        collection.update(*batch)
        for metric in kinds.values():
            metric.update(*batch)
    together = collection.compute()
    for name, metric in kinds.items():
        torch.testing.assert_close(together[name], metric.compute(), msg=lambda m, n=name: f"{n}: {m}")


def test_unknown_variant_and_missing_reference_are_input_errors():
    with pytest.raises(InputError, match="Known variants: mcp, pip"):
        metrics.JointAngleError(variant="nonsense")
    with pytest.raises(InputError, match="needs references"):
        metrics.MPJPE().update(random_motion(1, 20))
    metrics.Penetration().update(random_motion(1, 20))  # needs none
    with pytest.raises(AttributeError, match="no attribute"):
        _ = metrics.NoSuchMetric


def test_constrained_metrics_stand_beside_others_in_a_collection():
    pred, ref = make_data()
    given = torch.zeros(5, 30, 2, 21, dtype=torch.bool)
    given[:, :10] = True
    collection = MetricCollection([metrics.MPJPE(), metrics.ConstraintError(), metrics.SeamJump()])
    collection.update(pred, ref, constraints=given)
    assert all(torch.isfinite(value) for value in collection.compute().values())


def test_too_few_generations_are_an_input_error():
    pred, ref = make_data()
    for metric in (metrics.MPJPE("energy"), metrics.MPJPE("best_of_k"), metrics.JointAngleEnergy()):
        with pytest.raises(InputError, match="needs 2 generations per clip, got 1"):
            metric.update(pred[:, 0], ref)


def test_motionless_references_leave_ratios_undefined():
    pred, ref = make_data()
    still = ref[:, :1].expand_as(ref)
    for metric in (metrics.JerkRatio(), metrics.SpeedRatio()):
        metric.update(pred, still)
        assert metric.compute().isnan()


def test_options_of_constrained_metrics_and_training_clips():
    pred, ref = make_data()
    given = torch.ones(5, 30, 2, 21, dtype=torch.bool)
    metric = metrics.ConstraintError()
    metric.update(pred, ref, constraints=given)
    assert metric.compute() > 0
    memorised = metrics.MemorisedShare(ref)
    memorised.update(ref)
    assert memorised.compute() == 100


def run_process(rank: int, port: int, out: str) -> None:
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", rank=rank, world_size=2)
    pred, ref = make_data()
    part = slice(0, 2) if rank == 0 else slice(2, 5)  # unequal shares
    values = {}
    for name in PLAIN:
        metric = METRICS[name].load()()
        metric.update(pred[part], ref[part])
        values[name] = metric.compute()
    if rank == 1:
        torch.save(values, out)
    torch.distributed.destroy_process_group()


def test_two_processes_give_the_value_of_one(tmp_path):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    mp.spawn(run_process, args=(port, str(tmp_path / "values.pt")), nprocs=2)
    pred, ref = make_data()
    for name, value in torch.load(tmp_path / "values.pt", weights_only=True).items():
        metric = METRICS[name].load()()
        metric.update(pred, ref)
        torch.testing.assert_close(value, metric.compute(), equal_nan=True, msg=lambda m, n=name: f"{n}: {m}")
