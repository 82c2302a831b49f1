"""The scale of limits on time."""

import pytest

from verifiers.sandbox import calibration


@pytest.mark.parametrize(("seconds", "scale"), [(1.0, 1.0), (3.0, 3.0), (1e-9, 0.5), (1e9, 8.0)])
def test_a_slower_core_gets_more_within_bounds(seconds: float, scale: float, monkeypatch: pytest.MonkeyPatch) -> None:
    calibration.scale.cache_clear()
    monkeypatch.setattr(calibration, "_spin", lambda: seconds * calibration._REFERENCE_S)
    assert calibration.scale() == pytest.approx(scale)
    calibration.scale.cache_clear()


def test_it_is_measured_once() -> None:
    assert calibration.scale() == calibration.scale()
