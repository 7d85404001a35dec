"""Names that are unique, safe as file names on every system and in COLMAP's text, and still recognisable."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

MAX_BYTES = 120  # of a stem: the stages add endings, and file systems stop at 255
_PLAIN = frozenset("._-()+@=~")
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{d}{i}" for d in ("com", "lpt") for i in range(10))})


def unique_names(files: Sequence[str]) -> list[str]:
    """One name per file, in order. Plain names stay as they are; whoever comes second under one stem gets a number.

    Stems are compared without case, since some systems do, and since results are named after the stem.
    """
    split = [safe_parts(name) for name in files]
    names = [""] * len(split)
    taken: set[str] = set()
    later: list[int] = []
    for index, (stem, ending) in enumerate(split):
        if stem.casefold() in taken:
            later.append(index)
            continue
        taken.add(stem.casefold())
        names[index] = stem + ending
    for index in later:
        stem, ending = split[index]
        number = 2
        while f"{stem}_{number}".casefold() in taken:
            number += 1
        taken.add(f"{stem}_{number}".casefold())
        names[index] = f"{stem}_{number}{ending}"
    return names


def safe_parts(name: str) -> tuple[str, str]:
    """(stem, ending with its dot). Letters and digits of every script stay, all else but a few marks becomes "_"."""
    text = unicodedata.normalize("NFC", name)
    text = "".join(c if c.isalnum() or c in _PLAIN else "" if unicodedata.category(c) == "Cf" else "_" for c in text)
    stem, dot, ending = text.rpartition(".")
    if not dot or not ending.isascii() or not 0 < len(ending) <= 8:
        stem, ending = text, ""
    stem = stem.encode("utf-8")[:MAX_BYTES].decode("utf-8", "ignore").rstrip(".")
    if not stem or stem[0] in ".-" or stem.casefold().split(".")[0] in _RESERVED:
        stem = "_" + stem
    return stem, "." + ending if ending else ""
