"""Speaks the engine's protocol and does no work. What it plays is in MAQUETTE_FAKE; it writes its words to MAQUETTE_WORDS."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from pathlib import Path


def say(kind: str, **values: object) -> None:
    print(json.dumps({"event": kind, **values}), flush=True)


def work(seconds: float) -> None:
    """Progress until it is done or our input closes."""
    closed = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), closed.set()), daemon=True).start()
    say("stage", name="depth", index=2, of=6, skipped=False)
    steps = max(int(seconds / 0.05), 1)
    for i in range(steps):
        say("progress", stage="depth", step="maps", done=i, total=steps, overall=0.2 + 0.6 * i / steps)
        if closed.wait(0.05):
            say("error", code="cancelled", sentence="Cancelled.", exit_code=130, file=None, advice="")
            os._exit(130)


STORY = ("prepare", "poses", "depth", "surface", "texture", "export")


def tell_story(folder: Path, seconds: float) -> None:
    """All stages of a run whose finished folder this is, with its previews: sparse, previews/*.npz as dense ones, mesh."""
    closed = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), closed.set()), daemon=True).start()
    dense = sorted((folder / "previews").glob("*.npz"))
    for index, name in enumerate(STORY):
        say("stage", name=name, index=index, of=6, skipped=False, until=(index + 1) / 6)
        steps = max(len(dense) if name == "depth" else 10, 1)
        for i in range(steps):
            say("progress", stage=name, step="part", done=i, total=steps, overall=(index + i / steps) / 6)
            if name == "depth" and dense:
                say("preview", what="dense", path=str(dense[i]))
            if closed.wait(seconds / 6 / steps):
                say("error", code="cancelled", sentence="Cancelled.", exit_code=130, file=None, advice="")
                os._exit(130)
        for what, after in (("sparse", "poses"), ("mesh", "surface")):
            if name == after:
                say("preview", what=what, path=str(folder / ".maquette" / f"{what}.npz"))


def main() -> int:
    role = os.environ["MAQUETTE_FAKE"]
    words = sys.argv[1:]
    said = Path(os.environ["MAQUETTE_WORDS"])
    said.with_suffix(".part").write_text(json.dumps(words), encoding="utf-8")
    said.with_suffix(".part").replace(said)  # who sees it can read it
    print("a library's greeting, which is no event", flush=True)
    if role == "deaf":
        time.sleep(60)
    if role == "crash":
        print("Segmentation fault, as it were", file=sys.stderr, flush=True)
        os._exit(11)
    if role == "crash-late":
        say("stage", name="prepare", index=0, of=6, skipped=False)
        os._exit(11)
    if role == "error":
        say("error", code="no_photos", sentence="There are no photos.", exit_code=2, file=None, advice="Add some.")
        return 2
    if "MAQUETTE_STORY" in os.environ:
        tell_story(Path(role), float(os.environ["MAQUETTE_STORY"]))
    else:
        work(60 if role == "slow" else 0.3)
    say("warning", code="blurred", sentence="One photo is blurred.", file="a.jpg", advice="")
    out = Path(words[words.index("-o") + 1])
    shutil.copytree(role, out, dirs_exist_ok=True)
    if words[0] == "stage":
        files = {"report": "report.json", "stage": ".maquette/stage.npz"}
        say("result", files={name: str(out / file) for name, file in files.items()}, summary={"seconds": 1})
        return 0
    files = {"report": "report.json", "textured": ".maquette/textured.npz", "sparse": ".maquette/sparse.npz"}
    say("result", files={name: str(out / file) for name, file in files.items()}, summary={"seconds": 1})
    return 0


if __name__ == "__main__":
    sys.exit(main())
