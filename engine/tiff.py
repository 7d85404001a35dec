"""A capped reader of TIFF directories (TIFF files and EXIF blocks): a few wanted tags, never more than the file could hold."""

from __future__ import annotations

import math
import struct
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import BinaryIO

ORIENTATION = 0x0112
WIDTH, HEIGHT = 0x0100, 0x0101
EXIF_DIRECTORY = 0x8769

MAX_ENTRIES = 4096  # of one directory; cameras write a few dozen
MAX_VALUE_BYTES = 1024  # of a tag that we read

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_CODES = {1: "B", 3: "H", 4: "I", 5: "II", 6: "b", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d", 13: "I", 16: "Q"}


@dataclass(frozen=True)
class Directory:
    """The wanted tags' first values, and how many bytes all the tags together claim to need."""

    tags: dict[int, float | str] = field(default_factory=dict)
    claimed_bytes: int = 0

    def number(self, tag: int) -> float:
        """NaN where the tag is missing, a word, or no finite number."""
        value = self.tags.get(tag, math.nan)
        return value if isinstance(value, float) and math.isfinite(value) else math.nan

    def words(self, tag: int) -> str:
        value = self.tags.get(tag, "")
        return value if isinstance(value, str) else ""


class TiffReader:
    """Reads directories of `handle`. Raises ValueError on anything that is not right."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        head = self._read(0, 16, at_least=8)
        if head[:2] not in (b"II", b"MM"):
            raise ValueError("not a TIFF header")
        self._order = "<" if head[:2] == b"II" else ">"
        version = self._number("H", head[2:4])
        self._big = version == 43
        if version not in (42, 43) or (self._big and len(head) < 16):
            raise ValueError("not a TIFF header")
        self.first = self._number("Q", head[8:16]) if self._big else self._number("I", head[4:8])

    def directory(self, offset: int, wanted: Collection[int]) -> Directory:
        """The directory at `offset`."""
        count_size, entry_size = (8, 20) if self._big else (2, 12)
        count = self._number("Q" if self._big else "H", self._read(offset, count_size))
        if count > MAX_ENTRIES:
            raise ValueError(f"a directory of {count} entries")
        table = self._read(offset + count_size, count * entry_size)
        tags: dict[int, float | str] = {}
        claimed = 0
        for at in range(0, len(table), entry_size):
            entry = table[at : at + entry_size]
            tag, kind = struct.unpack(self._order + "HH", entry[:4])
            number = self._number("Q" if self._big else "I", entry[4:-8] if self._big else entry[4:8])
            size = number * _SIZES.get(kind, 1)
            claimed += size
            if tag in wanted and tag not in tags and 0 < size <= MAX_VALUE_BYTES:
                value = self._value(kind, entry[-8:] if self._big else entry[-4:], size)
                if value is not None:
                    tags[tag] = value
        return Directory(tags, claimed)

    def _value(self, kind: int, place: bytes, size: int) -> float | str | None:
        if size > len(place):
            try:
                place = self._read(self._number("Q" if self._big else "I", place), size)
            except ValueError:
                return None
        if kind == 2:
            return place[:size].split(b"\0")[0].decode("utf-8", "replace").strip()
        code = _CODES.get(kind)
        if code is None:
            return None
        numbers = struct.unpack_from(self._order + code, place)
        if len(numbers) == 2:
            return numbers[0] / numbers[1] if numbers[1] else math.nan
        return float(numbers[0])

    def _number(self, code: str, data: bytes) -> int:
        return int(struct.unpack(self._order + code, data)[0])

    def _read(self, offset: int, size: int, at_least: int | None = None) -> bytes:
        if offset < 0 or offset > 1 << 62:
            raise ValueError("an offset outside the file")
        self._handle.seek(offset)
        data = self._handle.read(size)
        if len(data) < (size if at_least is None else at_least):
            raise ValueError("an offset outside the file")
        return data


def read_exif(handle: BinaryIO, wanted: Collection[int]) -> Directory:
    """The wanted tags of a block's first directory and its EXIF directory; empty where the block is broken."""
    tags: dict[int, float | str] = {}
    try:
        reader = TiffReader(handle)
        first = reader.directory(reader.first, {*wanted, EXIF_DIRECTORY})
        tags = first.tags
        inner = tags.pop(EXIF_DIRECTORY, None)
        if isinstance(inner, float):
            tags = {**reader.directory(int(inner), wanted).tags, **tags}
    except (ValueError, OverflowError, struct.error, OSError):
        pass
    return Directory(tags)
