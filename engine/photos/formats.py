"""What a file is, by its content: a photo that we read, a picture to be converted first, or something else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..sniffing import sniff

HEAD_BYTES = 1024
PHOTO_ENDINGS = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".webp"})
RAW_ENDINGS = frozenset(
    {".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc", ".mef", ".mos", ".mrw"}
    | {".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"}
)
CONVERT = "Export it as JPEG, PNG or 16-bit TIFF and run again."


@dataclass(frozen=True)
class Kind:
    """`what` reads on from "NAME is". `is_picture`: reported where a folder holds it; else it is passed over in silence."""

    what: str
    is_picture: bool
    advice: str = CONVERT
    usable: bool = False


PHOTO = Kind("a photo", True, usable=True)
RAW = Kind(
    "a camera's raw file", True, "Develop it in your raw converter to JPEG or TIFF, all photos with the same settings."
)
HEIC = Kind("a HEIC photo", True, "Convert it to JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible).")
AVIF = Kind("an AVIF picture", True, "Convert it to JPEG or PNG and run again.")
VIDEO = Kind("a video", False, "Export single frames from it as JPEG, about two a second, and use those.")
UNKNOWN = Kind("not a picture that can be read", False, "Use JPEG, PNG, TIFF or WebP files.")

_PREFIXES: tuple[tuple[bytes, Kind], ...] = (
    (b"GIF8", Kind("a GIF picture", True)),
    (b"BM", Kind("a BMP picture", True)),
    (b"8BPS", Kind("a Photoshop file", True)),
    (b"v/1\x01", Kind("an OpenEXR picture", True)),
    (b"#?RADIANCE", Kind("a Radiance HDR picture", True)),
    (b"#?RGBE", Kind("a Radiance HDR picture", True)),
    (b"\xff\x0a", Kind("a JPEG XL picture", True)),
    (b"\0\0\0\x0cJXL ", Kind("a JPEG XL picture", True)),
    (b"\0\0\0\x0cjP  ", Kind("a JPEG 2000 picture", True)),
    (b"%PDF", Kind("a PDF document", False)),
    (b"%!PS", Kind("a PostScript file", False)),
    (b"\xc5\xd0\xd3\xc6", Kind("a PostScript file", False)),
    (b"SIMPLE  =", Kind("a FITS file", False)),
    (b"FUJIFILMCCD-RAW", RAW),
    (b"IIRO", RAW),
    (b"IIRS", RAW),
    (b"MMOR", RAW),
    (b"IIU\0", RAW),
    (b"FOVb", RAW),
    (b"II\x1a\0\0\0HEAPCCDR", RAW),
)
_BRANDS = {b"heic": HEIC, b"heix": HEIC, b"heim": HEIC, b"heis": HEIC, b"hevc": HEIC, b"hevx": HEIC, b"mif1": HEIC,
           b"msf1": HEIC, b"avif": AVIF, b"avis": AVIF, b"crx ": RAW}  # fmt: skip


def kind_of(head: bytes, path: Path) -> Kind:
    """By the first kilobyte. The name only tells raw files from TIFF, whose content they share."""
    if head[:4] in (b"II*\0", b"MM\0*") and (head[8:10] == b"CR" or path.suffix.lower() in RAW_ENDINGS):
        return RAW
    if sniff(head) is not None:
        return PHOTO
    if head[4:8] == b"ftyp":
        kind = _BRANDS.get(head[8:12], VIDEO)
        return AVIF if kind is HEIC and b"avif" in head[16:64] else kind
    for prefix, kind in _PREFIXES:
        if head.startswith(prefix):
            return kind
    if b"<svg" in head.lower():
        return Kind("an SVG drawing", False)
    return UNKNOWN


def claims_photo(path: Path) -> bool:
    """Whether the name says that it is a photo."""
    return path.suffix.lower() in PHOTO_ENDINGS
