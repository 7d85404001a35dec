"""All photos on one sheet, what their masks leave out in red: to be looked over at a glance."""

from __future__ import annotations

import cv2
import numpy as np

from ..datatypes import U8, Bool

CELL = 320  # pixels: the longer side of a photo on the sheet
MOST_ACROSS = 6
GAP = 6
RED, FRAME = np.array([200.0, 30.0, 30.0]), (70, 200, 90)
COVER = 0.6  # how much of the red lies over what is left out


class Sheet:
    """Grows by one photo at a time; only small pictures are kept."""

    def __init__(self) -> None:
        self.cells: list[U8] = []

    def add(self, picture: U8, mask: Bool, *, own: bool) -> None:
        """`own`: the artist's; it gets a green frame."""
        scale = CELL / max(picture.shape[:2])
        size = max(round(picture.shape[1] * scale), 1), max(round(picture.shape[0] * scale), 1)
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        keep = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)[..., None]
        tinted = small * (1 - COVER) + RED * COVER
        cell = np.round(keep * small + (1 - keep) * tinted).astype(np.uint8)
        if own:
            cv2.rectangle(cell, (2, 2), (size[0] - 3, size[1] - 3), FRAME, 3)
        self.cells.append(cell)

    def picture(self) -> U8:
        """(H, W, 3)."""
        across = min(MOST_ACROSS, max(int(np.ceil(np.sqrt(len(self.cells)))), 1))
        down = -(-len(self.cells) // across)
        height, width = (max((cell.shape[side] for cell in self.cells), default=1) + GAP for side in (0, 1))
        sheet = np.full((max(down, 1) * height, across * width, 3), 30, np.uint8)
        for index, cell in enumerate(self.cells):
            row, column = divmod(index, across)
            top, left = row * height + (height - cell.shape[0]) // 2, column * width + (width - cell.shape[1]) // 2
            sheet[top : top + cell.shape[0], left : left + cell.shape[1]] = cell
        return sheet
