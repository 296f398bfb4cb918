"""Writes resample.json, which resample_test.go reads: noise, and what scipy.signal.resample_poly and pystoi's resample_oct make of it.

    bench/golden.sh        (installs the versions that the file names, and runs this)
"""

import os
import sys

import numpy as np
from pystoi.utils import resample_oct
from scipy.signal import resample_poly

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "..", "bench", "golden"))
from store import store  # noqa: E402

rng = np.random.default_rng(11)
cases = []
for start, to, n in [
    (8000, 10000, 60),
    (16000, 10000, 61),
    (16000, 8000, 50),
    (8000, 16000, 40),
    (44100, 16000, 120),
    (11025, 8000, 70),
    (48000, 44100, 50),
    (22050, 8000, 1),
    (8000, 48000, 3),
    (192000, 8000, 100),
    (7, 5, 33),
    (8000, 8000, 5),
]:
    x = rng.standard_normal(n).round(3)
    cases.append({"from": start, "to": to, "x": x, "y": resample_poly(x, to, start), "octave": x if start == to else resample_oct(x, to, start)})

store(__file__, "resample.json", {"cases": cases}, "scipy", "pystoi", "numpy")
