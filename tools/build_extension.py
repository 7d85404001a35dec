"""Builds the extension's zips, one per platform with its wheels inside; the standard library and pip alone.

    python3 tools/build_extension.py [--platform linux-x64|windows-x64|macos-arm64|all] [-o dist]
    python3 tools/build_extension.py --lock      makes wheels/lock.json anew from requirements.txt

Version, platforms and what to leave out are the manifest's; which wheels to carry is the lock file's.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MANIFEST = ROOT / "blender_manifest.toml"
WHEELS = ROOT / "wheels"
LOCK = WHEELS / "lock.json"

PYTHONS = ("3.11", "3.13")  # of Blender 4.2 to 5.0, and of 5.1 on
PIP_PLATFORMS = {
    "linux-x64": [f"manylinux{tag}_x86_64" for tag in ("_2_28", "_2_27", "_2_17", "2014", "1")],
    "windows-x64": ["win_amd64"],
    "macos-arm64": [f"macosx_{version}_0_arm64" for version in (14, 13, 12, 11)],
}
INSIDE_BLENDER = ("numpy",)  # Blender brings its own, and a second one would break it

Lock = dict[str, dict[str, dict[str, str]]]  # package -> version -> wheel's file name -> sha256


class BuildError(Exception):
    """Said to whoever builds."""


def build(platforms: Sequence[str], out: Path) -> list[Path]:
    """The zips of these platforms."""
    lock = read_lock()
    check_coverage(lock)
    out.mkdir(parents=True, exist_ok=True)
    return [build_one(lock, platform, out) for platform in platforms]


def build_one(lock: Lock, platform: str, out: Path) -> Path:
    """One platform's zip; the same tree gives the same bytes."""
    wheels = fetch(lock, platform)
    manifest = tomllib.loads(MANIFEST.read_text(encoding="utf-8"))
    target = out / f"{manifest['id']}-{manifest['version']}-{platform.replace('-', '_')}.zip"
    part = target.with_suffix(".part")
    with zipfile.ZipFile(part, "w") as archive:
        _add(archive, MANIFEST.name, staged_manifest(platform, wheels).encode())
        for path in sources(manifest["build"]["paths_exclude_pattern"]):
            _add(archive, path.relative_to(ROOT).as_posix(), path.read_bytes())
        for wheel in wheels:
            _add(archive, f"wheels/{wheel.name}", wheel.read_bytes(), zipfile.ZIP_STORED)
    part.replace(target)
    return target


def _add(archive: zipfile.ZipFile, name: str, content: bytes, how: int = zipfile.ZIP_DEFLATED) -> None:
    entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
    entry.external_attr = 0o644 << 16
    entry.compress_type = how
    archive.writestr(entry, content)


def staged_manifest(platform: str, wheels: Sequence[Path]) -> str:
    """The manifest as it lies in the zip: this platform's wheels, and no `[build]`, which has done its work."""
    kept = MANIFEST.read_text(encoding="utf-8").split("[build]")[0].rstrip()
    head, permissions = kept.split("[permissions]")
    lines = [f'platforms = ["{platform}"]' if line.startswith("platforms") else line for line in head.splitlines()]
    listed = "".join(f'  "./wheels/{wheel.name}",\n' for wheel in wheels)
    body = "\n".join(lines).rstrip()
    return f"{body}\nwheels = [\n{listed}]\n\n[permissions]{permissions}\n"


def sources(excluded: Sequence[str]) -> list[Path]:
    """The files that are the extension, in order, but for the manifest."""
    return sorted(path for path in _walk(ROOT, excluded) if path != MANIFEST)


def _walk(folder: Path, excluded: Sequence[str]) -> Iterator[Path]:
    for path in folder.iterdir():
        if any(_matches(path, pattern) for pattern in excluded) or path.is_symlink():
            continue
        if path.is_dir():
            yield from _walk(path, excluded)
        else:
            yield path


def _matches(path: Path, pattern: str) -> bool:
    """The part of Blender's (gitignore's) patterns that the manifest uses; a test holds both together."""
    if pattern.endswith("/"):
        if not path.is_dir():
            return False
        pattern = pattern[:-1]
    if pattern.startswith("/"):
        return path.parent == ROOT and fnmatch(path.name, pattern[1:])
    return fnmatch(path.name, pattern)


# Wheels


def read_lock() -> Lock:
    return json.loads(LOCK.read_text(encoding="utf-8"))


def locked(lock: Lock) -> Iterator[tuple[str, str, str, str]]:
    """(package, version, file name, sha256) of each wheel."""
    for package, versions in lock.items():
        for version, files in versions.items():
            for file, sha256 in files.items():
                yield package, version, file, sha256


def serves(file: str, platform: str, python: str) -> bool:
    """Whether a wheel's tags fit a Blender platform and a Python version."""
    pythons, abi, systems = (part.split(".") for part in file.removesuffix(".whl").split("-")[-3:])
    major, minor = python.split(".")
    exact = f"cp{major}{minor}" in pythons or f"py{major}" in pythons
    stable = f"abi{major}" in abi and any(int(tag[3:]) <= int(minor) for tag in pythons if tag.startswith("cp" + major))
    wanted = PIP_PLATFORMS[platform]
    return (exact or stable) and any(system == "any" or system in wanted for system in systems)


def check_coverage(lock: Lock) -> None:
    """Each package has exactly one wheel for each platform and Python: Blender would skip a missing one in silence."""
    for platform in PIP_PLATFORMS:
        for python in PYTHONS:
            for package, versions in lock.items():
                fitting = [f for files in versions.values() for f in files if serves(f, platform, python)]
                if len(versions) != 1 or len(fitting) != 1:
                    raise BuildError(f"{package} has {len(fitting)} wheels for {platform}, Python {python}: {fitting}")


def fetch(lock: Lock, platform: str) -> list[Path]:
    """The platform's wheels in wheels/, downloaded where missing, each with the locked hash."""
    wanted = {}
    for python in PYTHONS:
        rows = [row for row in locked(lock) if serves(row[2], platform, python)]
        wanted.update({row[2]: row[3] for row in rows})
        missing = [row for row in rows if not (WHEELS / row[2]).exists()]
        if missing:
            _download([f"{name}=={version} --hash=sha256:{sha}" for name, version, _, sha in missing], platform, python)
    for file, sha256 in wanted.items():
        if not (WHEELS / file).exists():
            raise BuildError(f"pip did not fetch {file}; make the lock file anew with --lock")
        if sha256_of(WHEELS / file) != sha256:
            raise BuildError(f"{WHEELS / file} is not the file that wheels/lock.json names; delete it and build again")
    return [WHEELS / file for file in sorted(wanted)]


def sha256_of(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _download(
    requirements: Sequence[str], platform: str, python: str, *, folder: Path = WHEELS, deps: bool = False
) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        listing = Path(temporary) / "requirements.txt"
        listing.write_text("\n".join(requirements) + "\n", encoding="utf-8")
        words = [_python_with_pip(), "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        words += ["--only-binary=:all:", "--implementation=cp", f"--python-version={python}", f"--dest={folder}"]
        words += [f"--platform={tag}" for tag in PIP_PLATFORMS[platform]]
        words += ["-r", str(listing)] + ([] if deps else ["--no-deps"])
        if subprocess.run(words, stdout=sys.stderr).returncode != 0:
            raise BuildError(f"pip could not download the wheels for {platform}, Python {python}; see above")


def _python_with_pip() -> str:
    """This Python, or the project's environment where this one has no pip."""
    if importlib.util.find_spec("pip"):
        return sys.executable
    for inside in ("bin/python", "Scripts/python.exe"):
        if (ROOT / ".venv" / inside).exists():
            return str(ROOT / ".venv" / inside)
    raise BuildError("This Python has no pip to download wheels with; run `python3 dev.py build` instead")


def make_lock() -> Lock:
    """Resolves requirements.txt with all it needs, and takes each package's wheels for all platforms and Pythons."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line.strip() and not line.startswith("#")]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        _download(pins, "linux-x64", PYTHONS[0], folder=folder, deps=True)
        resolved = sorted({tuple(path.name.split("-")[:2]) for path in folder.glob("*.whl")})
        packages = [f"{name}=={version}" for name, version in resolved if name not in INSIDE_BLENDER]
        for platform in PIP_PLATFORMS:
            for python in PYTHONS:
                _download(packages, platform, python, folder=folder)
        lock: Lock = {}
        for path in sorted(folder.glob("*.whl")):
            name, version = path.name.split("-")[:2]
            if name not in INSIDE_BLENDER:
                lock.setdefault(name.lower(), {}).setdefault(version, {})[path.name] = sha256_of(path)
    check_coverage(lock)
    return lock


def main(words: Sequence[str]) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Builds Maquette's zips, one per platform.")
    parser.add_argument("--platform", choices=[*PIP_PLATFORMS, "all"], default="all")
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "dist", help="the folder for the zips")
    parser.add_argument("--lock", action="store_true", help="make wheels/lock.json anew from requirements.txt")
    arguments = parser.parse_args(words)
    try:
        if arguments.lock:
            LOCK.parent.mkdir(exist_ok=True)
            LOCK.write_text(json.dumps(make_lock(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
            print(LOCK)
            return 0
        platforms = list(PIP_PLATFORMS) if arguments.platform == "all" else [arguments.platform]
        for path in build(platforms, arguments.out):
            print(f"{path}  {path.stat().st_size / 2**20:.0f} MB")
    except BuildError as error:
        print(f"Build failed: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
