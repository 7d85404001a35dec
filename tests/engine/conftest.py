"""What the engine's tests share: one made-up set of photos per session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.synthetic import Truth, make_truth


@pytest.fixture(scope="session")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    """Fourteen small photos around a sphere and a box on a floor, with exact truth."""
    return make_truth(tmp_path_factory.mktemp("photos"), count=14)


@pytest.fixture(scope="session")
def photos_folder(truth: Truth) -> Path:
    """The folder that holds those photos."""
    return truth.views[0].photo.path.parent
