"""The remaining time on made-up runs: it ends near the truth, counts down, and does not jump."""

from __future__ import annotations

from itertools import pairwise

import pytest

from engine.protocol import ProgressEvent, StageEvent
from engine.remaining import Remaining, in_words
from engine.report import STAGE_WEIGHTS as ALL_WEIGHTS

TICK = 0.25
STAGES = ("prepare", "poses", "depth", "surface", "texture", "export")
STAGE_WEIGHTS = {name: ALL_WEIGHTS[name] for name in STAGES}


def run(seconds: dict[str, float], skipped: tuple[str, ...] = ()) -> list[tuple[float, float | None, str]]:
    """Plays a run whose stages take `seconds`; gives (true rest, told rest, words) at every tick."""
    total_weight, done_weight, now = sum(STAGE_WEIGHTS.values()), 0.0, 100.0
    remaining, heard = Remaining(now), []
    end = now + sum(seconds[name] for name in seconds if name not in skipped)
    for index, (name, length) in enumerate(seconds.items()):
        until = (done_weight + STAGE_WEIGHTS[name]) / total_weight
        remaining.hear(StageEvent(name=name, index=index, of=6, skipped=name in skipped, until=until), now)
        if name not in skipped:
            steps = max(int(length / TICK), 1)
            for step in range(steps):
                overall = (done_weight + STAGE_WEIGHTS[name] * step / steps) / total_weight
                remaining.hear(ProgressEvent(stage=name, step="x", done=step, total=steps, overall=overall), now)
                words = remaining.words(now)
                heard.append((end - now, remaining.seconds(now), words))
                now += TICK
        done_weight += STAGE_WEIGHTS[name]
    return heard


EVEN = {name: 3.0 * weight for name, weight in STAGE_WEIGHTS.items()}
SLOW_DEPTH = {**EVEN, "depth": 3 * EVEN["depth"]}
GRAPHICS_CARD = {**EVEN, "depth": 0.15 * EVEN["depth"]}
SHORT = {name: 0.3 * seconds for name, seconds in EVEN.items()}


@pytest.mark.parametrize("seconds", [EVEN, SLOW_DEPTH, GRAPHICS_CARD, SHORT])
def test_it_never_jumps_and_ends_near_the_truth(seconds):
    heard = run(seconds)
    told = [rest for _, rest, _ in heard if rest is not None]
    for before, after in pairwise(told):
        assert after - before < 0.05 * before + 2.0, "it jumped up"
        assert before - after < 0.2 * before + 2.0, "it jumped down"
    late = [(true, rest) for true, rest, _ in heard if true < 0.15 * heard[0][0] and rest is not None]
    assert late and all(abs(rest - true) < 0.12 * heard[0][0] + 3 for true, rest in late)


def test_an_even_run_is_told_within_a_quarter_from_early_on():
    heard = run(EVEN)
    for true, rest, _ in heard[len(heard) // 10 :]:
        assert rest is not None and abs(rest - true) < 0.25 * true + 5


def test_words_do_not_flicker():
    """Minutes are counted down: a larger figure comes only where it really takes longer, and then few times."""
    words = [text for _, _, text in run(SLOW_DEPTH) if text]
    changes = [(a, b) for a, b in pairwise(words) if a != b]
    grown = [(a, b) for a, b in changes if _minutes(b) > _minutes(a)]
    assert len(grown) <= 6 and len(changes) < 45
    steady = [text for _, _, text in run(EVEN) if text]
    assert not [1 for a, b in pairwise(steady) if _minutes(b) > _minutes(a)]


def _minutes(words: str) -> float:
    if words == "a few seconds left":
        return 0.1
    number = float(words.split()[1])
    return number / 60 if " s " in words else number * (60 if " h " in words else 1)


def test_what_an_earlier_run_had_done_is_no_sign_of_speed():
    heard = run(EVEN, skipped=("prepare", "poses", "depth"))
    first = next((true, rest) for true, rest, _ in heard if rest is not None)
    assert first[1] == pytest.approx(first[0], rel=0.3)


def test_at_first_it_says_nothing():
    remaining = Remaining(0.0)
    remaining.hear(StageEvent(name="prepare", index=0, of=6), 0.0)
    assert remaining.words(1.0) == ""
    remaining.hear(ProgressEvent(stage="prepare", step="read", done=9, total=10, overall=0.019), 2.0)
    assert remaining.words(30.0) == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(10, "a few seconds left"), (40, "about 40 s left"), (240, "about 4 min left"), (7200 + 1800, "about 2.5 h left")],
)
def test_words(seconds, words):
    assert in_words(seconds) == words
