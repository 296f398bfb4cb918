"""What the scripts that make golden files share: where the numbers go, and the comparison of --check.

A script calls store(name, data, packages...) for each file beside it. Without an argument the file is written; with --check the stored file is
read and compared with the fresh numbers instead, and the script ends with 1 where they differ by over 1e-9 of the largest in their list. The
versions that made the file are inside it, and may differ in a check.
"""

import json
import os
import sys
from importlib.metadata import version

CHECK = "--check" in sys.argv[1:]
TOLERANCE = 1e-9


def numbers(x, digits):
    """Arrays and tensors to lists, floats cut to so many digits."""
    if hasattr(x, "tolist"):
        x = x.tolist()
    if isinstance(x, dict):
        return {k: numbers(v, digits) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [numbers(v, digits) for v in x]
    if isinstance(x, float):
        return float(f"{x:.{digits}g}")
    return x


def flat(x):
    """All numbers within nested lists."""
    if isinstance(x, list):
        return [v for y in x for v in flat(y)]
    return [abs(x)] if isinstance(x, (int, float)) else []


def differences(want, got, path="", scale=0.0):
    """Yields the places where got is not want."""
    if isinstance(want, dict) and isinstance(got, dict) and want.keys() == got.keys():
        for k in want:
            yield from differences(want[k], got[k], f"{path}.{k}")
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        scale = scale or max(flat(want), default=0.0)
        for i, (a, b) in enumerate(zip(want, got)):
            yield from differences(a, b, f"{path}[{i}]", scale)
    elif isinstance(want, (int, float)) and isinstance(got, (int, float)):
        if not abs(want - got) <= TOLERANCE * max(scale, abs(want)):
            yield f"{path}: stored {want!r}, now {got!r}"
    elif want != got:
        yield f"{path}: stored {str(want)[:60]}, now {str(got)[:60]}"


def lines(data):
    """JSON whose first two levels stand on lines of their own, so that a change shows where it is."""

    def one(v):
        return json.dumps(v, separators=(",", ":"))

    out = []
    for k, v in data.items():
        if isinstance(v, list) and v and isinstance(v[0], dict):
            v = "[\n" + ",\n".join("  " + one(x) for x in v) + "\n ]"
        else:
            v = one(v)
        out.append(f' "{k}": {v}')
    return "{\n" + ",\n".join(out) + "\n}\n"


def store(script, name, data, *packages, digits=13):
    """Writes data as the JSON file name beside the script, or checks the one that is there. 17 digits are all of a float's."""
    path = os.path.join(os.path.dirname(os.path.abspath(script)), name)
    made = {"python": ".".join(map(str, sys.version_info[:3])), **{p: version(p) for p in packages}}
    data = numbers({"made_with": made, **data}, digits)
    if not CHECK:
        with open(path, "w") as f:
            f.write(lines(data))
        return
    with open(path) as f:
        stored = json.load(f)
    if stored["made_with"] != made:
        print(f"{path}: made with {stored['made_with']}, checked with {made}")
    data["made_with"] = stored["made_with"]
    wrong = list(differences(stored, data))
    for w in wrong[:10]:
        print(f"{path}: {w}")
    if wrong:
        sys.exit(f"{path}: {len(wrong)} of its numbers are no longer what the others' code says")
