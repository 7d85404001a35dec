"""The network that comes with Maquette, run by OpenCV: no download, no other library, about a third of a second."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ..datatypes import F32, U8
from ..errors import EngineError, Exit
from ..report import Report
from .cards import EMBEDDED, Card, card_of
from .guess import Guess

FILE = Path(__file__).with_name("embedded.onnx")
WORK_SIDE = 384  # the longer side of what the network sees, in pixels
MULTIPLE = 32  # both sides are multiples of it


class Embedded:
    """`weights` is another file of the same kind, e.g. one that is still in training."""

    def __init__(self, weights: Path | None = None) -> None:
        self.file = FILE if weights is None else weights
        if not self.file.is_file():
            raise EngineError(
                "no_weights",
                "The embedded network's file is missing." if weights is None else "There is no such file of weights.",
                exit_code=Exit.ENVIRONMENT if weights is None else Exit.INPUT,
                file=self.file,
                advice="Install Maquette again." if weights is None else "Check the path.",
            )
        try:
            self._net = cv2.dnn.readNetFromONNX(np.frombuffer(self.file.read_bytes(), np.uint8))
        except (cv2.error, OSError) as error:
            raise EngineError(
                "bad_weights",
                f"{self.file.name} is not a network that can be read.",
                exit_code=Exit.ENVIRONMENT if weights is None else Exit.INPUT,
                file=self.file,
                advice="Install Maquette again." if weights is None else "An ONNX file of the embedded kind is needed.",
            ) from error

    @property
    def card(self) -> Card:
        return card_of(EMBEDDED)

    def read(self, picture: U8, focal_px: float | None, report: Report) -> Guess:
        """The mean over the picture and its mirror image: it costs twice the time and evens out left and right."""
        small = shrunk(picture)
        ahead = self._forward(small)
        report.check()
        mirrored = self._forward(small[:, ::-1])[:, :, ::-1]
        inverse_depth, sky = (ahead + mirrored) / 2
        return Guess(inverse_depth=np.maximum(inverse_depth, 0), sky=np.clip(sky, 0, 1))

    def _forward(self, picture: U8) -> F32:
        """(2, h, w): inverse depth and the sky's probability."""
        self._net.setInput(as_input(picture), "picture")
        answer: F32 = np.asarray(self._net.forward("answer"), np.float32)[0]
        if answer.ndim != 3 or answer.shape[0] != 2 or not np.isfinite(answer).all():
            raise EngineError(
                "bad_weights",
                f"{self.file.name} gives no depth.",
                exit_code=Exit.ENVIRONMENT,
                file=self.file,
                advice="An ONNX file of the embedded kind is needed.",
            )
        return answer


def work_size(width: int, height: int, side: int = WORK_SIDE) -> tuple[int, int]:
    """(width, height) of what the network sees."""
    scale = side / max(width, height)
    across, down = (max(round(n * scale / MULTIPLE), 1) * MULTIPLE for n in (width, height))
    return across, down


def shrunk(picture: U8, side: int = WORK_SIDE) -> U8:
    """The picture at the network's size, each pixel the mean of what it covers."""
    height, width = picture.shape[:2]
    size = work_size(width, height, side)
    shrinks = size[0] <= width and size[1] <= height
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR))


def as_input(picture: U8) -> F32:
    """(1, 5, h, w): red, green, blue in 0..1, then where each pixel lies, -1..1 over the longer side."""
    height, width = picture.shape[:2]
    half = max(width, height) / 2
    y, x = np.mgrid[0:height, 0:width] + 0.5
    planes = [*np.moveaxis(picture / np.float32(255), 2, 0), (x - width / 2) / half, (y - height / 2) / half]
    return np.stack(planes)[None].astype(np.float32)
