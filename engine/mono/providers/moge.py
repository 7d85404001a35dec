"""MoGe-2 from its ONNX file: a point map up to a shift, a mask and the metric scale; focal length and shift are worked out here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ...datatypes import F32, F64, U8, Bool
from ...errors import EngineError
from ...pack.torch_side import fitted, inverse_of_depth, seen_something
from ...report import Report
from ...settings import DeviceChoice, MonoSettings
from ..cards import Card
from ..guess import Guess, Provider
from .onnx import Net
from .weights import checkpoint_of

TOKENS = 2500  # how finely it looks: its makers suggest 1200 to 2500
LONGEST = 1024  # pixels of the longer side that are asked of it: its own grid is coarser
SOLVED_AT = 64  # pixels: the shift is worked out on a map of this size
_OUTPUTS = ("points", "mask", "metric_scale")


def open_provider(card: Card, settings: MonoSettings) -> Provider:
    """Looks at the file at once, and opens it with the first picture."""
    checkpoint = checkpoint_of(card, settings.weights)
    if checkpoint.onnx is None:
        raise EngineError(
            "onnx_wanted",
            f"{card.title} is read from its ONNX file, and {checkpoint.files[0].name} is none.",
            file=checkpoint.files[0],
            advice=f"Get model.onnx of {card.repository}.",
        )
    return MoGe(card, checkpoint.onnx, settings.device)


class MoGe:
    """One file; the network is opened when the first picture comes."""

    def __init__(self, card: Card, file: Path, choice: DeviceChoice) -> None:
        self._card, self._file, self._choice = card, file, choice
        self._net: Net | None = None

    @property
    def card(self) -> Card:
        return self._card

    def read(self, picture: U8, focal_px: float | None, report: Report) -> Guess:
        """Depth in metres, the sky and the focal length. A focal length that is known is kept to."""
        net = self._net = self._net or Net(self._file, self._card.title, self._choice)
        report.check()
        seen = fitted(picture, LONGEST)
        found = net.run(self._input(net, seen), _OUTPUTS)
        report.check()
        if "points" not in found or found["points"].shape[-1] != 3:
            raise EngineError(
                "wrong_weights",
                f"{self._file.name} is not {self._card.title}: it gives no points.",
                file=self._file,
                advice=f"Get model.onnx of {self._card.repository}.",
            )
        points: F32 = found["points"].reshape(found["points"].shape[-3:])
        across = found["points"].shape[-2]
        mask = (
            found["mask"].reshape(found["mask"].shape[-2:])
            if "mask" in found
            else np.ones(points.shape[:2], np.float32)
        )
        scale = float(found["metric_scale"].ravel()[0]) if "metric_scale" in found else 1.0
        seen_something(self._card.title, points[..., 2], self._file)
        kept = (mask > 0.5) & np.isfinite(points).all(-1)
        known = None if focal_px is None else focal_px * across / picture.shape[1]
        focal, shift = focal_and_shift(points, kept, known)
        inverse = inverse_of_depth(np.asarray((points[..., 2] + shift) * scale, np.float32))
        inverse[~kept] = 0.0  # what the mask leaves out is infinitely far: the sky, nearly always
        return Guess(
            inverse_depth=inverse,
            metric=True,
            focal_px=focal * picture.shape[1] / across,
            sky=np.asarray(1.0 - np.clip(np.nan_to_num(mask), 0.0, 1.0), np.float32),
        )

    def _input(self, net: Net, seen: U8) -> dict[str, Any]:
        """The picture in 0..1, at a fixed size if the file was made for one, and how finely to look."""
        shape = net.inputs.get("image", ())
        if len(shape) == 4 and all(isinstance(n, int) and n > 0 for n in shape[-2:]):
            seen = np.asarray(cv2.resize(seen, (shape[-1], shape[-2]), interpolation=cv2.INTER_AREA))
        values = np.ascontiguousarray((seen.astype(np.float32) / 255).transpose(2, 0, 1)[None])
        given: dict[str, Any] = {"image": values}
        if "num_tokens" in net.inputs:
            given["num_tokens"] = np.asarray(TOKENS, np.int64)
        return given


def focal_and_shift(points: F32, kept: Bool, focal: float | None) -> tuple[float, float]:
    """What makes the points lie on their pixels' rays: (focal length in pixels of the map, what is to be added to z).

    With p = (x, y) and u the pixel's place from the picture's middle, focal · p / (z + shift) = u. For a given shift the best focal
    length is known; the shift is found by Gauss and Newton's method on what is left.
    """
    height, width = points.shape[:2]
    rows, columns = (np.unique(np.linspace(0, n - 1, min(SOLVED_AT, n)).astype(int)) for n in (height, width))
    y, x = np.meshgrid(rows, columns, indexing="ij")
    chosen = kept[y, x]
    if int(chosen.sum()) < 8:
        return focal or float(max(width, height)), 0.0
    xyz = points[y, x][chosen].astype(np.float64)
    diagonal = float(np.hypot(width, height)) / 2
    u = (np.stack([x + 0.5 - width / 2, y + 0.5 - height / 2], -1)[chosen]) / diagonal
    z = xyz[:, 2]
    lowest = 1e-3 * float(np.ptp(z) + abs(z).mean() + 1e-9) - float(z.min())  # everything stays before the camera
    fixed = None if focal is None else focal / diagonal
    shift = max(0.0, lowest)
    error = _left(xyz, u, shift, fixed)[1]
    damping = 1e-3
    for _ in range(60):
        step = 1e-4 * (float(np.ptp(z)) + 1e-6)
        left, squared = _left(xyz, u, shift, fixed)
        slope = (_left(xyz, u, shift + step, fixed)[0] - left) / step
        curve = float(slope @ slope)
        if curve < 1e-20:
            break
        moved = max(shift - float(slope @ left) / (curve * (1 + damping)), lowest)
        better = _left(xyz, u, moved, fixed)[1]
        if better < squared:
            shift, damping = moved, damping / 3
            if abs(error - better) <= 1e-12 + 1e-9 * better:
                break
            error = better
        else:
            damping *= 8
            if damping > 1e8:
                break
    found = fixed if fixed is not None else _best_focal(xyz, u, shift)
    return max(found, 1e-3) * diagonal, shift


def _left(xyz: F64, u: F64, shift: float, focal: float | None) -> tuple[F64, float]:
    """How far each point is from its ray, and the sum of squares."""
    rays = xyz[:, :2] / (xyz[:, 2:] + shift)
    best = focal if focal is not None else _best_focal(xyz, u, shift)
    left = (best * rays - u).ravel()
    return left, float(left @ left)


def _best_focal(xyz: F64, u: F64, shift: float) -> float:
    rays = xyz[:, :2] / (xyz[:, 2:] + shift)
    return float((rays * u).sum() / max(float((rays * rays).sum()), 1e-12))
