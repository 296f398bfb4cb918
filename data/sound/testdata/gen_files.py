"""Writes files.json, which files_test.go reads: recordings that libsndfile wrote, as bytes, and what it reads back from them.

    bench/golden.sh        (installs the versions that the file names, and runs this)
"""

import base64
import io
import os
import sys

import numpy as np
import soundfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "bench", "golden"))
from store import store  # noqa: E402

rng = np.random.default_rng(7)
cases = []
for form, coding, channels, rate, n in [
    ("WAV", "PCM_U8", 1, 8000, 31),
    ("WAV", "PCM_16", 1, 8000, 40),
    ("WAV", "PCM_16", 2, 44100, 25),
    ("WAV", "PCM_24", 1, 16000, 33),
    ("WAV", "PCM_32", 2, 48000, 20),
    ("WAV", "FLOAT", 1, 16000, 30),
    ("WAV", "DOUBLE", 1, 192000, 20),
    ("WAVEX", "PCM_16", 8, 48000, 10),
    ("WAVEX", "PCM_24", 3, 48000, 15),
    ("WAVEX", "FLOAT", 3, 48000, 10),
    ("RF64", "PCM_16", 1, 8000, 20),
    ("FLAC", "PCM_16", 1, 16000, 400),
    ("FLAC", "PCM_16", 2, 44100, 300),
    ("FLAC", "PCM_24", 2, 96000, 200),
    ("FLAC", "PCM_S8", 1, 8000, 100),
    ("FLAC", "PCM_16", 1, 24000, 60),
]:
    t = np.arange(n)[:, None]
    x = 0.6 * np.sin(0.1 * (1 + np.arange(channels)) * t) + 0.1 * rng.standard_normal((n, channels))
    x[0] = 1  # the ends of full scale
    x[1] = -1
    file = io.BytesIO()
    soundfile.write(file, x, rate, format=form, subtype=coding)
    content = bytearray(file.getvalue())
    peak = content.find(b"PEAK")
    if peak > 0:  # it holds the time of writing
        content[peak + 12 : peak + 16] = bytes(4)
    back, rate2 = soundfile.read(io.BytesIO(content), always_2d=True)
    assert rate2 == rate
    cases.append({"form": form, "coding": coding, "rate": rate, "file": base64.b64encode(content).decode(), "x": back.T})

store(__file__, "files.json", {"cases": cases}, "soundfile", "numpy", digits=17)
