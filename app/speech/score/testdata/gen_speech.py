"""Writes speech.json, which golden_test.go reads: ESTOI by pystoi and SI-SDR by least squares, of signals that both sides make by one rule.

    bench/golden.sh        (installs the versions that the file names, and runs this)

The signals are syllables of harmonics with pauses between, and the same with noise from a congruential generator: numbers of a rule, so that the file
need not hold them. No package of Python's own has SI-SDR without a network library; here the share of the clean signal comes from numpy's lstsq, with a
column of ones for the mean.
"""

import math
import os
import sys

import numpy as np
from pystoi import stoi

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "..", "bench", "golden"))
from store import store  # noqa: E402


def clean(rate, n):
    t = np.arange(n) / rate
    x = sum(np.sin(2 * math.pi * 130 * h * t + h * h + 3 * np.sin(2 * math.pi * 1.3 * t) * h / 8) * (1 + np.sin(2 * math.pi * (0.7 + h / 5) * t)) / (h + 2) for h in range(1, 25))
    return 0.2 * x * np.maximum(0, np.sin(2 * math.pi * 2.3 * t)) ** 2


def noise(n, state):
    out = np.empty(n)
    for i in range(n):
        state = (1664525 * state + 1013904223) % 2**32
        out[i] = state / 2**31 - 1
    return out


cases = []
for rate, n, gain, offset, seed in [
    (10000, 12000, 0.02, 0.0, 1),
    (10000, 12000, 0.2, 0.01, 2),
    (10000, 13000, 1.0, 0.0, 3),
    (10000, 9473, 0.1, -0.1, 4),
    (10000, 12032, 0.1, 0.0, 5),
    (8000, 12000, 0.1, 0.0, 6),
    (16000, 20000, 0.1, 0.0, 7),
    (44100, 60000, 0.3, 0.0, 8),
]:
    s = clean(rate, n)
    y = 0.7 * s + gain * noise(n, seed) + offset
    a = np.stack([s, np.ones(n)], 1)
    k = np.linalg.lstsq(a, y, rcond=None)[0]
    target = k[0] * (s - s.mean())
    rest = y - a @ k
    np.random.seed(0)
    cases.append(
        {
            "rate": rate, "n": n, "gain": gain, "offset": offset, "seed": seed,
            "sum": float(np.abs(y).sum()),
            "estoi": float(stoi(s, y, rate, extended=True)),
            "sisdr": float(10 * np.log10((target**2).sum() / (rest**2).sum())),
        }
    )

store(__file__, "speech.json", {"cases": cases}, "pystoi", "numpy", "scipy")
