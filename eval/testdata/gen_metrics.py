"""Writes metrics.json, which golden_metrics_test.go reads: distances between sets of features by torch-fidelity, pytorch-fid, clean-fid and POT.

    bench/golden.sh        (installs the versions that the file names, and runs this)

Where two packages compute the same distance both must agree to 1e-6 here, before the file is written.
"""

import os
import sys

import numpy as np
import ot
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "golden"))
from passover import missing  # noqa: E402
from store import store  # noqa: E402

missing("torchvision", "pytorch_fid.inception")
from pytorch_fid.fid_score import calculate_frechet_distance  # noqa: E402
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric  # noqa: E402
from torch_fidelity.metric_kid import kernel_mmd, kernel_rbf, kid_features_to_metric, mmd2  # noqa: E402
from torch_fidelity.metric_prc import prc_features_to_metric  # noqa: E402

torch.set_default_dtype(torch.float64)
rng = np.random.default_rng(8)


def features(n, d, shift=0.0, scale=1.0):
    mix = rng.standard_normal((d, d)) / np.sqrt(d)
    return (rng.standard_normal((n, d)) @ mix * scale + shift).round(4)


def frechet(x, y):
    a, b = (fid_features_to_statistics(torch.from_numpy(v)) for v in (x, y))
    eigen = fid_statistics_to_metric(a, b, False)["frechet_inception_distance"]
    root = calculate_frechet_distance(a["mu"], a["sigma"], b["mu"], b["sigma"])
    assert abs(eigen - root) < 1e-6 * max(1, abs(root)), (eigen, root)
    # With fewer rows than numbers the covariances are singular, and the last half of the digits depends on the processor.
    return eigen if len(x) > x.shape[1] else float(f"{eigen:.7g}")


def compare(name, x, y, ks=(3, 5), bandwidths=(0.5, 2.0)):
    n = len(x)
    assert len(y) == n
    a, b = torch.from_numpy(x), torch.from_numpy(y)
    kid = kid_features_to_metric(a, b, kid_subsets=1, kid_subset_size=n, verbose=False)["kernel_inception_distance_mean"]
    row = {"name": name, "x": x, "y": y, "frechet": frechet(x, y), "kid": kid, "mmd": [], "precision_recall": []}
    for s in bandwidths:  # the kernel is exp(-|x-y|^2/(2 s^2))
        k = [kernel_rbf(u, v, kid_kernel_rbf_sigma=s) for u, v in ((x, x), (x, y), (y, y))]
        row["mmd"].append([s, mmd2(k[0], k[1], k[2], mmd_est="unbiased")])
    for k in ks:  # x is generated, y real
        p = prc_features_to_metric(a, b, prc_neighborhood=k, prc_batch_size=1000, save_cpu_ram=False, verbose=False)
        row["precision_recall"].append([k, round(p["precision"], 6), round(p["recall"], 6)])  # float32
    directions = rng.standard_normal((x.shape[1], 4))
    directions = (directions / np.linalg.norm(directions, axis=0)).round(9)
    row["directions"] = directions.T
    row["w2_squared"] = [ot.wasserstein_1d(x @ d, y @ d, p=2) for d in directions.T]
    return row


def sliced(name, x, y):
    """Distances on the line between sets of different sizes."""
    return {"name": name, "x": x, "y": y, "w2_squared": ot.wasserstein_1d(x, y, p=2)}


sets = [
    compare("near", features(50, 4), features(50, 4)),
    compare("shifted", features(30, 6, 0.5), features(30, 6, -0.2, 1.5)),
    compare("more dimensions than samples", features(8, 12, 0.1), features(8, 12), ks=(3,)),
    compare("two numbers", features(25, 2), features(25, 2, 1.0)),
]
lines = [sliced("7 and 4", features(7, 1)[:, 0], features(4, 1, 1.0)[:, 0]), sliced("30 and 45", features(30, 1)[:, 0], features(45, 1, 0.3)[:, 0])]
store(__file__, "metrics.json", {"sets": sets, "lines": lines}, "torch-fidelity", "pytorch-fid", "POT", "scipy", "torch", "numpy")
