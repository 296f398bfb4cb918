"""Writes streams.json, which golden_test.go reads: numbers of the random streams.

    bench/golden.sh        (runs this)

They follow Salmon et al. (2011) and Box & Muller with the functions of package math.
"""
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "golden"))
from store import store  # noqa: E402


def philox(counter, key):
    c, k, mask = list(counter), list(key), 0xFFFFFFFF
    for _ in range(10):
        p, q = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [q >> 32 ^ c[1] ^ k[0], q & mask, p >> 32 ^ c[3] ^ k[1], p & mask]
        k = [k[0] + 0x9E3779B9 & mask, k[1] + 0xBB67AE85 & mask]
    return c


def stream(seed, domain, sample, step, n):
    words = []
    for i in range(n // 4):
        words += philox([i, step, sample & 0xFFFFFFFF, domain << 24 | sample >> 32], [seed & 0xFFFFFFFF, seed >> 32])
    normal = []
    for u, v in zip(words[::2], words[1::2]):
        r, a = math.sqrt(-2 * math.log((u + 0.5) / 2**32)), 2 * math.pi * ((v + 0.5) / 2**32)
        normal += [r * math.cos(a), r * math.sin(a)]
    uniform = [((words[i + 1] << 32 | words[i]) >> 11) / 2**53 for i in range(0, n, 2)]
    return {"seed": str(seed), "domain": domain, "sample": str(sample), "step": step, "normal": normal, "uniform": uniform}


streams = {
    "streams": [
        stream(0, 0, 0, 0, 64),
        stream(2**64 - 1, 255, 2**56 - 1, 2**32 - 1, 64),
        stream(0x123456789ABCDEF0, 3, 2**40 + 17, 1000, 64),
    ],
}
store(__file__, "streams.json", streams, digits=17)
