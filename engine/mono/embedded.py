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
SIDES = (
    256,
    224,
    192,
)  # the longer side of what the network sees, in pixels, the finest first: with several, their mean
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
        """The mean over the picture and its mirror image (it evens out left and right), and over the sizes."""
        answers = []
        for side in SIDES:
            small = shrunk(picture, side)
            for turn in (1, -1):
                report.check()
                answers.append(self._forward(small[:, ::turn])[:, :, ::turn])
        height, width = answers[0].shape[1:]
        depths, skies = [], []
        for depth, sky in answers:
            usual = max(float(np.median(depth)), 1e-9)  # the sizes' scales may differ
            depths.append(cv2.resize(np.maximum(depth, 0) / usual, (width, height), interpolation=cv2.INTER_LINEAR))
            skies.append(cv2.resize(sky, (width, height), interpolation=cv2.INTER_LINEAR))
        inverse_depth, sky = (np.asarray(np.mean(planes, 0), np.float32) for planes in (depths, skies))
        return Guess(inverse_depth=inverse_depth, sky=np.clip(sky, 0, 1))

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


def work_size(width: int, height: int, side: int = SIDES[0]) -> tuple[int, int]:
    """(width, height) of what the network sees."""
    scale = side / max(width, height)
    across, down = (max(round(n * scale / MULTIPLE), 1) * MULTIPLE for n in (width, height))
    return across, down


def shrunk(picture: U8, side: int = SIDES[0]) -> U8:
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
