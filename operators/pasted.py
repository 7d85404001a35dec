"""Text from the clipboard ─► paths: lines, quotes and file:// addresses, as file managers and terminals write them. No bpy."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

MOST = 20_000  # letters of one line: longer ones are no path
_NOT_PATHS = frozenset({"copy", "cut"})  # what a desktop puts before the addresses
_ESCAPED = re.compile(r"\\([ '\"()&\[\]])")  # as terminals write a space


def paths_in(text: str) -> list[Path]:
    """Absolute paths, each once, in order. What can't be one is passed over."""
    found = []
    for line in text.replace("\0", "\n").splitlines():
        path = _path_of(line.strip())
        if path is not None and path not in found:
            found.append(path)
    return found


def _path_of(line: str) -> Path | None:
    if len(line) >= 2 and line[0] == line[-1] and line[0] in "\"'":
        line = line[1:-1].strip()
    if not line or len(line) > MOST or line in _NOT_PATHS or line.startswith("#"):
        return None
    if line.lower().startswith("file:"):
        parts = urlsplit(line)
        host = f"//{parts.netloc}" if parts.netloc not in ("", "localhost") else ""
        line = host + (url2pathname(parts.path) if not host else unquote(parts.path))
    try:
        path = Path(line).expanduser()
        if not path.is_absolute() or not path.exists():
            plain = Path(_ESCAPED.sub(r"\1", line)).expanduser()
            path = plain if plain.is_absolute() and plain.exists() else path
    except (OSError, RuntimeError, ValueError):  # nobody's home, or no path at all
        return None
    return path if path.is_absolute() else None
