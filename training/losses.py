"""What is asked of the answer: right order and shape up to scale and shift, true perspective up to scale, edges, normals, sky.

Truth is inverse depth at the answer's size: 0 is sky (infinity), below 0 is unknown.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

TINY = 1e-6
FAR = 1e-3  # in medians of the picture: added before the logarithm, so that what is very far counts as very far and no more
GUESSED_FOCAL = 0.9  # of the longer side: only normals use it, the same for truth and answer
FLAT = 0.01  # of the median: a picture whose depth varies by less is not blown up to full contrast
TRIM = 0.1  # the share of the worst pixels that the affine term leaves out
FEWEST = 64  # known pixels that a picture needs to be judged by shape


@dataclass(frozen=True, kw_only=True)
class Weights:
    """How much each term counts."""

    affine: float = 1.0  # up to scale and shift in inverse depth, by median and mean deviation
    scale: float = 1.0  # up to scale alone, in log depth: zero must mean infinity
    aligned: float = 1.0  # log depth after least squares of scale and shift: how the network is judged in the end
    gradient: float = 0.5  # edges and slopes of inverse depth, at four scales
    normal: float = 0.3
    order: float = 0.1  # which of two far-apart pixels is nearer
    sky: float = 0.3
    horizon: float = 0.1  # inverse depth in the sky goes to zero
    anchor: float = 0.05  # the scale that is forgiven everywhere else stays near one
    coarse: float = 0.5  # the layout at 1/16, by scale and by least squares


def losses(
    answer: Tensor, truth: Tensor, weights: Weights, coarse: Tensor | None = None
) -> tuple[Tensor, dict[str, Tensor]]:
    """The weighted sum, and each term on its own (detached).

    `answer` (N, 2, h, w) with the sky as a logit, `truth` (N, h, w), `coarse` (N, h/8, w/8).
    """
    near, sky = answer[:, 0].float(), answer[:, 1].float()
    known = truth > 0
    enough = known.flatten(1).sum(1) >= FEWEST
    known = known & enough[:, None, None]
    truth = truth / _middle(truth, known).clamp_min(TINY)
    anchor = _anchor(near, truth, known)
    near = near / _middle(near, known).detach().clamp_min(TINY)
    log_off = torch.log(near + TINY) - torch.log(truth.clamp_min(0) + FAR)
    log_off = log_off - _middle(log_off, known)
    shaped_truth, shaped = _shape(truth, known), _shape(near, known)
    off = shaped - shaped_truth
    terms = {
        "affine": _trimmed(off, known),
        "scale": _mean(log_off.abs().clamp_max(4.0), known),
        "aligned": _aligned(near, truth, known),
        "gradient": _gradients(off, known),
        "normal": _normals(near, truth, known),
        "order": _order(near, truth, known),
        "sky": _mean(F.binary_cross_entropy_with_logits(sky, (truth == 0).float(), reduction="none"), truth >= 0),
        "horizon": _mean(near, (truth == 0) & enough[:, None, None]),
        "anchor": anchor,
    }
    if coarse is not None:
        terms["coarse"] = _layout(coarse.float(), truth[:, 4::8, 4::8], known[:, 4::8, 4::8])
    total = sum(weight * terms[name] for name, weight in asdict(weights).items() if weight and name in terms)
    return total, {name: term.detach() for name, term in terms.items()}


def _layout(near: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """The coarse answer: log depth up to scale, and after least squares."""
    known = known & (known.flatten(1).sum(1) >= FEWEST // 8)[:, None, None]
    log_off = (torch.log(near + TINY) - torch.log(truth.clamp_min(0) + FAR)) * known
    mean = log_off.sum((1, 2), keepdim=True) / known.sum((1, 2), keepdim=True).clamp_min(1)
    scale = _mean((log_off - mean).abs().clamp_max(4.0), known)
    return scale + _aligned(near, truth, known) + 0.05 * mean.square().clamp_max(25.0).mean()


def _anchor(near: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """How far the answer's own scale is from the usual one: without this nothing keeps it from drifting to nothing."""
    off = (torch.log(near + TINY) - torch.log(truth.clamp_min(0) + FAR)) * known
    mean = off.sum((1, 2)) / known.sum((1, 2)).clamp_min(1)
    return mean.square().clamp_max(25.0).mean()


def _mean(values: Tensor, where: Tensor) -> Tensor:
    """The mean over the pixels asked for; pictures count by their pixels."""
    return (values * where).sum() / where.sum().clamp_min(1)


def _middle(values: Tensor, known: Tensor) -> Tensor:
    """Each picture's median over known pixels of every second row and column, (N, 1, 1)."""
    some = torch.where(known, values, torch.nan)[:, ::2, ::2].flatten(1)
    return torch.nan_to_num(some.nanmedian(1).values)[:, None, None]


def _shape(values: Tensor, known: Tensor) -> Tensor:
    """Without its shift and scale: minus the median, over the mean deviation from it."""
    middle = _middle(values, known)
    off = values - middle
    spread = (off.abs() * known).sum((1, 2), keepdim=True) / known.sum((1, 2), keepdim=True).clamp_min(1)
    return off / (spread + FLAT * middle.detach() + TINY)


def _trimmed(off: Tensor, known: Tensor) -> Tensor:
    """Mean absolute difference without each picture's worst pixels."""
    size = torch.where(known, off.detach().abs(), torch.nan)[:, ::2, ::2].flatten(1)
    limit = torch.nan_to_num(torch.nanquantile(size, 1 - TRIM, 1))[:, None, None]
    return _mean(off.abs(), known & (off.abs() <= limit))


def _aligned(near: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """|log depth / true depth| after least squares of scale and shift in inverse depth, as the public benchmarks align."""
    weight = known.float()
    count = weight.sum((1, 2), keepdim=True).clamp_min(1)
    mean_near, mean_truth = ((v * weight).sum((1, 2), keepdim=True) / count for v in (near, truth))
    both = ((near - mean_near) * (truth - mean_truth) * weight).sum((1, 2), keepdim=True) / count
    own = ((near - mean_near).square() * weight).sum((1, 2), keepdim=True) / count
    factor = both / (own + 1e-4 * mean_near.detach().square() + TINY)
    placed = factor * (near - mean_near) + mean_truth
    least = torch.where(known, truth, torch.inf).amin((1, 2), keepdim=True) / 2
    least = torch.where(torch.isfinite(least), least, 1.0)
    log_off = torch.log(torch.maximum(placed, least)) - torch.log(torch.maximum(truth, least))
    return _mean(log_off.abs().clamp_max(1.5), known)


def _gradients(off: Tensor, known: Tensor) -> Tensor:
    """Differences between neighbours, one to eight pixels apart."""
    total = off.new_zeros(())
    for step in (1, 2, 4, 8):
        part, seen = off[:, ::step, ::step], known[:, ::step, ::step]
        across = (part[:, :, 1:] - part[:, :, :-1]).abs().clamp_max(4.0)
        down = (part[:, 1:] - part[:, :-1]).abs().clamp_max(4.0)
        total = total + _mean(across, seen[:, :, 1:] & seen[:, :, :-1]) + _mean(down, seen[:, 1:] & seen[:, :-1])
    return total / 4


def _normals(near: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """One minus the cosine between the surfaces' directions; a plane is linear in inverse depth, so these are plain differences."""
    near, truth, known = near[:, ::2, ::2], truth[:, ::2, ::2], known[:, ::2, ::2]
    height, width = near.shape[1:]
    focal = GUESSED_FOCAL * max(height, width)
    x = torch.arange(width - 1, device=near.device) + 0.5 - width / 2
    y = (torch.arange(height - 1, device=near.device) + 0.5 - height / 2)[:, None]

    def direction(values: Tensor) -> Tensor:
        here = values[:, :-1, :-1]
        across, down = values[:, :-1, 1:] - here, values[:, 1:, :-1] - here
        return F.normalize(
            torch.stack([focal * across, focal * down, here - x * across - y * down], 1), dim=1, eps=1e-4
        )

    seen = known[:, :-1, :-1] & known[:, :-1, 1:] & known[:, 1:, :-1]
    return _mean(1 - (direction(near) * direction(truth)).sum(1), seen)


def _order(near: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """Pairs of pixels a random way apart: the nearer one must be said to be nearer."""
    near, truth, known = (v[:, ::4, ::4] for v in (near, truth, known))
    height, width = near.shape[1:]
    log_near, log_truth = torch.log(near + TINY), torch.log(truth.clamp_min(TINY))
    total = near.new_zeros(())
    for _ in range(2):
        way = (int(torch.randint(1, height, ())), int(torch.randint(1, width, ())))
        apart = log_truth - log_truth.roll(way, (1, 2))
        told = log_near - log_near.roll(way, (1, 2))
        clear = known & known.roll(way, (1, 2)) & (apart.abs() > 0.1)
        total = total + _mean(F.softplus(-4 * torch.sign(apart) * told), clear)
    return total / 2
