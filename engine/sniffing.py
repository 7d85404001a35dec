"""What a file's first bytes say. Nothing heavy is imported: Blender asks too, and where the libraries are missing as well."""

from __future__ import annotations


def sniff(head: bytes) -> str | None:
    """The format of a file that we decode, by its first 16 bytes."""
    if head[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+") and head[8:10] != b"CR":
        return "TIFF"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return None
