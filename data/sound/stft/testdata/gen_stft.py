"""Writes stft.json, which stft_test.go reads: noise and its spectra by scipy.signal.stft, set up to mean torch.stft(center=True).

    bench/golden.sh        (installs the versions that the file names, and runs this)

The signal is padded by half a frame by numpy's reflection, as torch does where it can (it refuses signals of up to half a frame, which numpy reflects over
and over); scipy divides by the sum of the window, which is taken out again.
"""

import os
import sys

import numpy as np
from scipy import signal

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "..", "bench", "golden"))
from store import store  # noqa: E402

rng = np.random.default_rng(13)
cases = []
for frame, hop, name, n in [
    (510, 128, "hann", 301),
    (510, 128, "hann", 100),
    (254, 64, "hann", 129),
    (254, 64, "sqrt-hann", 128),
    (16, 4, "hann", 41),
    (16, 4, "sqrt-hann", 40),
    (16, 8, "hann", 33),
    (16, 5, "hann", 3),
    (16, 4, "hann", 2),
    (16, 4, "hann", 1),
]:
    x = rng.standard_normal(n).round(3)
    w = signal.get_window("hann", frame, fftbins=True)
    w = np.sqrt(w) if name == "sqrt-hann" else w
    padded = np.pad(x, frame // 2, mode="reflect")
    _, _, z = signal.stft(padded, window=w, nperseg=frame, noverlap=frame - hop, boundary=None, padded=False)
    z = z.T * w.sum()
    assert z.shape == (1 + n // hop, frame // 2 + 1)
    cases.append({"frame": frame, "hop": hop, "window": name, "x": x, "re": z.real.reshape(-1), "im": z.imag.reshape(-1)})

store(__file__, "stft.json", {"cases": cases}, "scipy", "numpy", digits=11)
