"""How much longer a run takes, from its events: the stages' measured weights, and the pace that this run has shown so far.

What an earlier run had done already says nothing about the pace and is not counted. The figure that is shown follows the raw
one slowly and is rounded more coarsely the larger it is, so that it counts down instead of jumping about.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from .protocol import Event, ProgressEvent, StageEvent

SILENT_SECONDS = 4.0  # and until this share of the work is done nothing is said: it would be a guess
SILENT_SHARE = 0.02
SLOWNESS = 0.12  # of what remains: how long the shown figure takes to follow the raw one
HYSTERESIS = 1.25  # a shown figure grows only where the new one is this much larger


@dataclass
class _Stage:
    """`first` and `share` are of the whole run: when it first told, and when it last did."""

    began: float
    until: float | None
    first: float | None = None
    share: float = 0.0
    seconds: float = 0.0

    @property
    def done(self) -> float:
        return 0.0 if self.first is None else self.share - self.first

    def ended(self, now: float) -> _Stage:
        return replace(self, seconds=now - self.began)


class Remaining:
    """One run's clock. `now` is any clock in seconds that only goes forward."""

    def __init__(self, now: float) -> None:
        self._stage: _Stage | None = None  # that is being worked on
        self._past: list[_Stage] = []
        self._end: float | None = None  # when it will be done, smoothed
        self._asked = now
        self._shown: float | None = None

    def hear(self, event: Event, now: float) -> None:
        """Stage and progress events; others are of no use here."""
        if isinstance(event, StageEvent):
            if self._stage is not None:
                self._past.append(self._stage.ended(now))
            self._stage = None if event.skipped else _Stage(began=now, until=event.until)
        elif isinstance(event, ProgressEvent) and self._stage is not None:
            if self._stage.first is None:
                self._stage.first = event.overall
            self._stage.share = event.overall

    def seconds(self, now: float) -> float | None:
        """What is left, smoothed; None while nothing honest can be said. Ask a few times a second."""
        raw = self._raw(now)
        passed, self._asked = now - self._asked, now
        if raw is None:
            return None if self._end is None else max(self._end - now, 0.0)
        if self._end is None:
            self._end = now + raw
        follow = 1 - math.exp(-passed / max(SLOWNESS * raw, 2.0))
        self._end += follow * (now + raw - self._end)
        return max(self._end - now, 0.0)

    def _raw(self, now: float) -> float | None:
        """This stage at the pace that it has shown, those to come at what is typical of all so far."""
        stage = self._stage
        if stage is None or stage.first is None:
            return None
        seen = [one for one in (*self._past, stage.ended(now)) if one.done > 0]
        if sum(one.seconds for one in seen) < SILENT_SECONDS or sum(one.done for one in seen) < SILENT_SHARE:
            return None
        typical = _typical_pace(seen)
        until = 1.0 if stage.until is None else max(stage.until, stage.share)
        # A stage's own pace counts fully once a quarter of it is done.
        trust = min(stage.done / max(0.25 * (until - stage.first), 1e-6), 1.0)
        own = (now - stage.began) / stage.done if stage.done > 0 else typical
        return (until - stage.share) * (typical + trust * (own - typical)) + (1 - until) * typical

    def words(self, now: float) -> str:
        """“about 4 min left”, or nothing."""
        left = self.seconds(now)
        if left is None:
            return ""
        step = rounded(left)
        if self._shown is None or step < self._shown or left > self._shown * HYSTERESIS:
            self._shown = step
        return in_words(self._shown)


def _typical_pace(stages: list[_Stage]) -> float:
    """Seconds per share of the whole: a geometric mean, so that one stage on a quick card or a slow disk doesn't rule the rest."""
    weights = [math.sqrt(stage.done) for stage in stages]
    logs = [math.log(max(stage.seconds, 1e-3) / stage.done) for stage in stages]
    return math.exp(sum(w * value for w, value in zip(weights, logs, strict=True)) / sum(weights))


def rounded(seconds: float) -> float:
    """Up: to ten seconds below a minute, then to minutes, then to five of them."""
    for below, step in ((55, 10), (15 * 60, 60), (90 * 60, 300), (math.inf, 1800)):
        if seconds <= below:
            return max(math.ceil(seconds / step), 1) * float(step)
    raise AssertionError


def in_words(seconds: float) -> str:
    """A rounded figure."""
    if seconds <= 10:
        return "a few seconds left"
    if seconds < 60:
        return f"about {seconds:.0f} s left"
    if seconds < 2 * 3600:
        return f"about {seconds / 60:.0f} min left"
    return f"about {seconds / 3600:.1f} h left".replace(".0 h", " h")
