"""Numbers that can stand beside the tables of the HandX paper (arXiv 2603.28766).

Reproduces the released evaluation from the same inputs, so that old tables can be extended. New work should use the
registry's metrics: the released definitions have defects, kept here because the numbers are made of them.

===========================  ======================================================  ================================
released behaviour           consequence                                             use instead
===========================  ======================================================  ================================
palm points drawn at random  inter-hand counts differ from run to run; here a fixed  ``contact_event_f1.inter``
on every call                lattice of 25 points per triangle
contact = "ever within the   blind to time: a copy of the reference delayed by 20    ``contact_event_f1``,
threshold in the clip"       frames scores as a perfect one                          ``contact_onset_error``
per-frame removal of the     the global path of the hands is lost before encoding    encoders of ``encoder/``, which
right wrist                  and for MPJPE                                           remove the first frame's only
MPJPE per frame aligned at   path errors vanish, the right hand's errors enlarge     ``mpjpe``, ``relative_wrist_error``
the left wrist
R-precision in the given     depends on file order; clips of the last incomplete     ``retrieval_recall``
order, last batch dropped    batch never count
matching score divided by N  too small whenever N is no multiple of the batch        ``multimodal_distance``
though batches were dropped
FID by a matrix square root  imaginary parts dropped; NaN for N near the dimension   ``frechet_distance``,
of a product                                                                         ``kernel_distance``
diversity of at most 300     noisy at any N                                          ``diversity`` (all pairs)
pairs of one seed
multimodality drawn without  not reproducible; here the mean over all pairs of two   ``multimodality``
a seed, with equal pairs     independent draws, which is its expected value
===========================  ======================================================  ================================

Motions are ``(N, T, 2, 21, 3)`` metres, embeddings ``(N, D)``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
import torch
from scipy import linalg

from ..errors import InputError
from ..hand._arrays import numpy_or_torch
from ..hand.motion import check_motion
from ..hand.skeleton import CHAINS, LEFT, PALM_TRIANGLES, RIGHT, TIPS, WRIST

INTRA_M, INTER_M = 0.020, 0.025
R_PRECISION_BATCH = 32
TOP_K = 3
DIVERSITY_PAIRS, DIVERSITY_SEED = 300, 42
_EPSILON = 1e-8


class ContactCounts(NamedTuple):
    """True and false positives and false negatives of clip-level contact, per clip ``(N,)`` or summed."""

    intra_tp: np.ndarray
    intra_fp: np.ndarray
    intra_fn: np.ndarray
    inter_tp: np.ndarray
    inter_fp: np.ndarray
    inter_fn: np.ndarray

    def total(self) -> dict[str, tuple[int, int, int]]:
        """Counts summed over clips, as (tp, fp, fn)."""
        sums = [int(np.sum(x)) for x in self]
        return {"intra": (sums[0], sums[1], sums[2]), "inter": (sums[3], sums[4], sums[5])}


def contact_counts(pred: Any, ref: Any) -> ContactCounts:
    """Clip-level contact counts of the released evaluation.

    8 intra-hand channels (thumb tip to the other tips, 20 mm) and 10 inter-hand ones (tip to sampled palm points of the
    other hand, 25 mm); a channel is positive if it is ever under its threshold.

    Args:
        pred, ref: ``(N, T, 2, 21, 3)`` metres, or one clip ``(T, 2, 21, 3)``.

    Returns:
        Per-clip counts ``(N,)``.
    """
    ours, theirs = (_clips(x, name) for x, name in ((pred, "prediction"), (ref, "reference")))
    if ours.shape != theirs.shape:
        raise InputError(
            f"predictions have shape {tuple(ours.shape)}, references {tuple(theirs.shape)}",
            fix="Give one reference per prediction",
        )
    counts = []
    for a, b in zip(_ever_in_contact(ours), _ever_in_contact(theirs)):
        counts += [(a & b).sum(1), (a & ~b).sum(1), (~a & b).sum(1)]
    return ContactCounts(*(c.cpu().numpy() for c in counts))


def precision_recall_f1(tp: float, fp: float, fn: float) -> tuple[float, float, float]:
    """With the released code's ε = 1e-8 in each denominator."""
    precision = tp / (tp + fp + _EPSILON)
    recall = tp / (tp + fn + _EPSILON)
    return precision, recall, 2 * precision * recall / (precision + recall + _EPSILON)


@numpy_or_torch
def mpjpe_mm(pred: torch.Tensor, ref: torch.Tensor) -> torch.Tensor:
    """Mean joint error in mm, both hands moved so that the left wrist of *every frame* is at the origin; a scalar."""
    if pred.shape != ref.shape:
        raise InputError(
            f"predictions have shape {tuple(pred.shape)}, references {tuple(ref.shape)}", fix="Give one each per clip"
        )
    ours, theirs = (x - x[..., LEFT : LEFT + 1, WRIST : WRIST + 1, :] for x in (pred, ref))
    return 1000 * (ours - theirs).norm(dim=-1).mean()


def encoder_input(motion: torch.Tensor) -> torch.Tensor:
    """What the released evaluator encodes: ``(N, T, 126)`` with the right wrist of every frame at the origin."""
    return (motion - motion[..., RIGHT : RIGHT + 1, WRIST : WRIST + 1, :]).flatten(-3)


def fid(ref_embedding: np.ndarray, pred_embedding: np.ndarray) -> float:
    """Fréchet distance ``|μ₁−μ₂|² + Tr(C₁ + C₂ − 2 √(C₁C₂))`` (Heusel et al., NeurIPS 2017)."""
    (mu1, c1), (mu2, c2) = (_statistics(x) for x in (ref_embedding, pred_embedding))
    # Tr √(C₁C₂) from the eigenvalues of √C₁ C₂ √C₁, which is symmetric: nothing imaginary, nothing singular.
    values, vectors = linalg.eigh(c1)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    trace = np.sqrt(linalg.eigvalsh(root @ c2 @ root).clip(min=0)).sum()
    return float((mu1 - mu2) @ (mu1 - mu2) + np.trace(c1) + np.trace(c2) - 2 * trace)


def diversity(embedding: np.ndarray, seed: int = DIVERSITY_SEED) -> float:
    """Mean distance of up to 300 pairs drawn with the released code's legacy NumPy generator."""
    count = len(embedding)
    if count < 2:
        return 0.0
    pairs = min(count - 1, DIVERSITY_PAIRS)
    rng = np.random.RandomState(seed)
    first = rng.choice(count, pairs, replace=False)
    second = rng.choice(count, pairs, replace=False)
    return float(np.linalg.norm(embedding[first] - embedding[second], axis=1).mean())


def r_precision(
    text_embedding: np.ndarray, motion_embedding: np.ndarray, batch: int = R_PRECISION_BATCH
) -> tuple[np.ndarray, float]:
    """R-precision top 1–3 ``(3,)`` and matching score, batches in the given order, the last incomplete one dropped."""
    count = len(text_embedding)
    size = batch if count >= batch else count
    hits, matching = [], 0.0
    for start in range(0, count - size + 1, size):
        text, motion = (np.asarray(x[start : start + size], np.float64) for x in (text_embedding, motion_embedding))
        distance = np.linalg.norm(text[:, None] - motion[None], axis=-1)
        order = np.argsort(distance, axis=1, kind="stable")
        place = (order == np.arange(size)[:, None]).argmax(1)
        hits.append([(place < k).mean() for k in range(1, TOP_K + 1)])
        matching += float(np.trace(distance))
    return np.mean(hits, axis=0), matching / count


def multimodality(pred_embedding: np.ndarray) -> float:
    """Expected value of the released multimodality for ``(K, N, D)`` embeddings; 0 for K = 1.

    The released code draws min(K − 1, 20) generations twice, independently, and averages the distances of the drawn
    pairs, equal ones (distance 0) included; its expectation is the mean over all K² ordered pairs.
    """
    num = len(pred_embedding)
    x = np.asarray(pred_embedding, np.float64)
    distances = [np.linalg.norm(x[i] - x[j], axis=-1).mean() for i in range(num) for j in range(num)]
    return float(np.mean(distances)) if num > 1 else 0.0


def evaluate(
    pred: Any,
    ref: Any,
    text_embedding: np.ndarray | None = None,
    pred_embedding: np.ndarray | None = None,
    ref_embedding: np.ndarray | None = None,
    batch: int = R_PRECISION_BATCH,
) -> dict[str, float]:
    """All numbers of the released script under its names, averaged over the K generations as it does.

    Args:
        pred: ``(N, T, 2, 21, 3)`` or ``(N, K, T, 2, 21, 3)`` metres.
        ref: ``(N, T, 2, 21, 3)`` metres.
        text_embedding: ``(N, D)``; with ``pred_embedding (N, K, D)`` gives R-precision and matching score.
        ref_embedding: ``(N, D)``; with ``pred_embedding`` gives FID.
    """
    prediction = check_motion(pred, name="prediction")
    prediction = prediction[:, None] if prediction.ndim == 5 else prediction
    reference = check_motion(ref, name="reference")
    count, num = prediction.shape[:2]
    if pred_embedding is not None:
        pred_embedding = np.asarray(pred_embedding)
        pred_embedding = pred_embedding[:, None] if pred_embedding.ndim == 2 else pred_embedding
        pred_embedding = _embedding("motion_embedding of the predictions", pred_embedding, (count, num))
    elif text_embedding is not None or ref_embedding is not None:
        raise InputError("motion_embedding of the predictions is missing", fix="Give it, or no embedding at all")
    if text_embedding is not None:
        text_embedding = _embedding("text_embedding", text_embedding, (count,))
    if ref_embedding is not None:
        ref_embedding = _embedding("motion_embedding of the references", ref_embedding, (count,))
    runs = [_one_generation(prediction[:, k], reference) for k in range(num)]
    if pred_embedding is not None:
        for k, run in enumerate(runs):
            embedding = pred_embedding[:, k]
            run["diversity"] = diversity(embedding)
            if ref_embedding is not None:
                run["fid"] = fid(ref_embedding, embedding)
            if text_embedding is not None:
                top, matching = r_precision(text_embedding, embedding, batch)
                run |= {f"r_precision_top{i + 1}": float(x) for i, x in enumerate(top)} | {"matching_score": matching}
    result = {name: float(np.mean([run[name] for run in runs])) for name in runs[0]}
    if pred_embedding is not None:
        result["multimodality"] = multimodality(pred_embedding.swapaxes(0, 1))
    return result


def _embedding(name: str, embedding: Any, lead: tuple[int, ...]) -> np.ndarray:
    """``embedding`` as a finite array ``(*lead, D)``.

    Raises:
        InputError: it is not.
    """
    x = np.asarray(embedding)
    if x.ndim != len(lead) + 1 or x.shape[:-1] != lead or x.shape[-1] == 0 or x.dtype.kind not in "fiu":
        expected = ", ".join([*map(str, lead), "D"])
        raise InputError(
            f"{name} is {x.dtype} of shape {x.shape}, expected numbers ({expected})",
            fix="Give one embedding per clip" + (" and generation" if len(lead) > 1 else ""),
        )
    if not np.isfinite(x).all():
        clip = int(np.argwhere(~np.isfinite(x))[0][0])
        raise InputError(f"{name} holds NaN or Inf", where=f"clip {clip}", fix="Check the encoder's output")
    return x


def contact_quality(motion: Any, fps: float = 30.0) -> dict[str, float]:
    """The released contact statistics of one clip ``(T, 2, 21, 3)``, without a reference.

    In contact: a tip within 20 mm of an opposite tip or 25 mm of any other joint of the opposite hand. The overall score
    weighs ratio, duration (of 5 s) and frequency (of 5/s) with 0.4, 0.3, 0.3.
    """
    clip = _clips(motion, "motion")
    if len(clip) != 1:
        raise InputError(f"contact_quality takes one clip, got {len(clip)}", fix="Call it clip by clip")
    x = clip[0].double()
    body = [j for j in range(x.shape[-2]) if j not in TIPS]
    tips = x[..., list(TIPS), :]
    tip_tip = torch.cdist(tips[:, LEFT], tips[:, RIGHT]).flatten(1).amin(1)
    tip_body = torch.stack([torch.cdist(tips[:, h], x[:, 1 - h, body]).flatten(1).amin(1) for h in (LEFT, RIGHT)])
    mask = ((tip_tip < INTRA_M) | (tip_body.amin(0) < INTER_M)).numpy()
    starts = int(mask[0]) + int((mask[1:] & ~mask[:-1]).sum())
    ratio, frequency = float(mask.mean()), starts / (len(mask) / fps)
    duration = float(mask.sum()) / starts / fps if starts else 0.0
    return {
        "contact_ratio": ratio,
        "avg_contact_duration": duration,
        "contact_frequency": frequency,
        "num_contact_segments": starts,
        "overall_contact_score": 0.4 * ratio + 0.3 * min(duration / 5, 1.0) + 0.3 * min(frequency / 5, 1.0),
    }


def motion_intensity(motion: Any, fps: float = 30.0) -> dict[str, np.ndarray]:
    """Motion intensity of each hand ``(..., 2)``, which HandX filters windows by.

    ``joint_angular_velocity_deg_s``: mean absolute change of the unsigned bend at the three joints of each chain,
    weighted 9 : 3 : 1 outwards; ``joint_velocity_m_s``: mean joint speed without the wrist; ``std_m``: mean over joints of
    the norm of the positions' standard deviation over time.
    """
    x = check_motion(motion, name="motion").double()
    bends, weights = [], []
    for chain in CHAINS:
        points = x[..., list(chain), :]
        bone = torch.nn.functional.normalize(points[..., 1:, :] - points[..., :-1, :], dim=-1)
        cosine = (bone[..., :-1, :] * bone[..., 1:, :]).sum(-1).clamp(-1, 1)
        bends.append(torch.rad2deg(torch.arccos(cosine)))
        weights += [9.0, 3.0, 1.0]
    bend = torch.cat(bends, dim=-1)  # (..., T, 2, 15)
    rate = bend.diff(dim=-3).abs().mean(-3) * fps
    weight = torch.tensor(weights, dtype=x.dtype)
    speed = x[..., 1:, :].diff(dim=-4).norm(dim=-1).mean((-3, -1)) * fps
    spread = x.std(dim=-4, correction=0).norm(dim=-1).mean(-1)
    return {
        "joint_angular_velocity_deg_s": ((rate * weight).sum(-1) / weight.sum()).numpy(),
        "joint_velocity_m_s": speed.numpy(),
        "std_m": spread.numpy(),
    }


def _clips(motion: Any, name: str) -> torch.Tensor:
    x = check_motion(motion, name=name)
    return x.reshape(-1, *x.shape[-4:])


def _lattice() -> torch.Tensor:
    """``(25, 3)`` fixed barycentric weights in place of 25 uniform random points.

    The centroids of the 25 congruent parts of a triangle cut 5 × 5, spread about the middle until the outermost ones lie
    where the outermost of 25 random points lie on average: at a barycentric coordinate of ∫(1−x)⁵⁰dx = 1/51.
    """
    steps = 5
    points = []
    for i in range(steps):
        for j in range(steps - i):
            points.append(((i + 1 / 3) / steps, (j + 1 / 3) / steps))
            if i + j < steps - 1:
                points.append(((i + 2 / 3) / steps, (j + 2 / 3) / steps))
    u, v = torch.tensor(points, dtype=torch.float64).T
    weights = torch.stack([1 - u - v, u, v], dim=1)
    spread = (1 / 3 - 1 / 51) / (1 / 3 - 1 / (3 * steps))
    return 1 / 3 + spread * (weights - 1 / 3)


def _ever_in_contact(motion: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Channels ``(N, 8)`` and ``(N, 10)`` that are ever under their threshold."""
    joints = np.ascontiguousarray(motion.cpu().numpy())
    intra, inter = _contact_flags(joints, np.array(TIPS), np.array(PALM_TRIANGLES), _lattice().numpy())
    return torch.from_numpy(intra), torch.from_numpy(inter)


@numba.njit(cache=True, parallel=True)
def _contact_flags(
    motion: np.ndarray, tips: np.ndarray, triangles: np.ndarray, lattice: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:  # pragma: no cover - compiled
    """Compiled because one contact settles a channel: most frames need not be looked at, which no array code can skip."""
    num, frames = motion.shape[:2]
    intra, inter = np.zeros((num, 8), np.bool_), np.zeros((num, 10), np.bool_)
    for clip in numba.prange(num):
        for hand in range(2):
            for t in range(frames):
                own, other = motion[clip, t, hand], motion[clip, t, 1 - hand]
                for tip in range(1, 5):
                    if _squared(own[tips[tip]], own[tips[0]]) < INTRA_M**2:
                        intra[clip, 4 * hand + tip - 1] = True
                for i in range(len(triangles)):
                    a, b, c = other[triangles[i, 0]], other[triangles[i, 1]], other[triangles[i, 2]]
                    _mark_tips_at_triangle(own, tips, a, b, c, lattice, inter[clip, 5 * hand : 5 * hand + 5])
    return intra, inter


@numba.njit(cache=True)
def _mark_tips_at_triangle(
    hand: np.ndarray,
    tips: np.ndarray,
    a: np.ndarray,
    b: np.ndarray,
    c: np.ndarray,
    lattice: np.ndarray,
    out: np.ndarray,
) -> None:  # pragma: no cover - compiled
    """Set ``out (5,)`` where a tip is within 25 mm of a lattice point of the triangle."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    area = nx * nx + ny * ny + nz * nz
    mx, my, mz = (a[0] + b[0] + c[0]) / 3, (a[1] + b[1] + c[1]) / 3, (a[2] + b[2] + c[2]) / 3
    radius = 0.0
    for k in range(3):
        corner = a if k == 0 else (b if k == 1 else c)
        radius = max(radius, (corner[0] - mx) ** 2 + (corner[1] - my) ** 2 + (corner[2] - mz) ** 2)
    reach = (np.sqrt(radius) + INTER_M) ** 2
    for tip in range(5):
        if out[tip]:
            continue
        p = hand[tips[tip]]
        # All lattice points lie within the triangle's circle and in its plane: most tips are far from one of both.
        if (p[0] - mx) ** 2 + (p[1] - my) ** 2 + (p[2] - mz) ** 2 > reach:
            continue
        height = nx * (p[0] - a[0]) + ny * (p[1] - a[1]) + nz * (p[2] - a[2])
        if height * height > 1.0001 * INTER_M**2 * area:
            continue
        for k in range(len(lattice)):
            u, v, w = lattice[k]
            dx = u * a[0] + v * b[0] + w * c[0] - p[0]
            dy = u * a[1] + v * b[1] + w * c[1] - p[1]
            dz = u * a[2] + v * b[2] + w * c[2] - p[2]
            if dx * dx + dy * dy + dz * dz < INTER_M**2:
                out[tip] = True
                break


@numba.njit(cache=True)
def _squared(a: np.ndarray, b: np.ndarray) -> float:  # pragma: no cover - compiled
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2


def _one_generation(pred: torch.Tensor, ref: torch.Tensor) -> dict[str, float]:
    total = contact_counts(pred, ref).total()
    out = {"mpjpe_mm": float(mpjpe_mm(pred, ref))}
    for kind, counts in total.items():
        values = precision_recall_f1(*counts)
        out |= {f"{kind}_{name}": value for name, value in zip(("precision", "recall", "f1"), values)}
    return out


def _statistics(embedding: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x = np.asarray(embedding, np.float64)
    return x.mean(0), np.atleast_2d(np.cov(x, rowvar=False))
