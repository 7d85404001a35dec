"""Says why nothing here was tested, where that is so."""

from __future__ import annotations

import pytest

from tests.pack.conftest import MISSING


@pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}. Run: python3 dev.py pack-test")
def test_the_pack_is_here() -> None:
    assert not MISSING
