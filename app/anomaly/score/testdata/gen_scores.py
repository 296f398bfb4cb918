"""Writes scores.json, which golden_test.go reads: maps with masks, and their scores by scikit-learn and scipy.

    bench/golden.sh        (installs the versions that the file names, and runs this)

AUPRC and AUROC are scikit-learn's, labels of regions scipy's with its 3 x 3 structure (8 neighbours), quantiles numpy's. Neither package has AUPRO,
FROC, Dice over all thresholds, or Otsu's threshold of numbers without bins: those are transcriptions of the definitions in this package's
documentation, written here apart from the Go code, on scipy's labels and scikit-learn's curves.
"""

import os
import sys

import numpy as np
from scipy import ndimage
from sklearn.metrics import auc, average_precision_score, f1_score, precision_recall_curve, roc_auc_score

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "..", "bench", "golden"))
from store import store  # noqa: E402

EIGHT = np.ones((3, 3), int)
rng = np.random.default_rng(5)


def images(n, side, decimals, gain):
    """Maps of blurred noise, brighter in random blobs; a third of the images are normal. Rounding makes ties, of numbers that float32 holds."""
    maps, masks = [], []
    for i in range(n):
        blobs = ndimage.gaussian_filter(rng.standard_normal((side, side)), 1.5)
        mask = blobs > (np.inf if i % 3 == 0 else np.quantile(blobs, 0.9))
        m = ndimage.gaussian_filter(rng.standard_normal((side, side)), 0.8) + gain * ndimage.gaussian_filter(mask.astype(float), 1.0)
        maps.append((m * 2**decimals).round() / 2**decimals)
        masks.append(mask)
    return np.array(maps), np.array(masks)


def aupro(maps, masks, limit):
    """The mean overlap with a region over the false-positive rate, up to the limit and divided by it."""
    levels = np.unique(maps)[::-1]
    x, y = [0.0], [0.0]
    for t in levels:
        x.append((maps[~masks] >= t).mean())
        shares = []
        for m, mask in zip(maps, masks):
            label, k = ndimage.label(mask, EIGHT)
            shares += [(m[label == j] >= t).mean() for j in range(1, k + 1)]
        y.append(np.mean(shares))
    x, y = np.array(x), np.array(y)
    # Where the curve rises straight up interpolation means its upper end, which is what lies to the right.
    last = np.interp(limit, x[x <= limit].tolist() + x[x > limit][:1].tolist(), y[x <= limit].tolist() + y[x > limit][:1].tolist())
    return auc(np.append(x[x <= limit], limit), np.append(y[x <= limit], last)) / limit


def froc(maps, masks, rates):
    """The share of lesions hit at the lowest threshold that keeps the false positives an image within each rate."""
    labels = [ndimage.label(mask, EIGHT) for mask in masks]
    lesions = sum(k for _, k in labels)
    most = np.zeros(len(maps))
    hit, curve = set(), []
    for t in np.unique(maps)[::-1]:
        for i, (m, (label, _)) in enumerate(zip(maps, labels)):
            regions, k = ndimage.label(m >= t, EIGHT)
            wrong = 0
            for j in range(1, k + 1):
                inside = label[regions == j]
                if 10 * (inside > 0).sum() < len(inside):
                    wrong += 1
                else:
                    hit |= {(i, int(v)) for v in inside[inside > 0]}
            most[i] = max(most[i], wrong)
        curve.append((most.mean(), len(hit) / lesions))
    return [max([s for f, s in curve if f <= r], default=0.0) for r in rates]


def otsu(values):
    """The threshold with the least variance within the classes, by the variances themselves."""
    levels = np.unique(values)[:-1]
    within = [(values <= t).mean() * values[values <= t].var() + (values > t).mean() * values[values > t].var() for t in levels]
    return float(levels[int(np.argmin(within))])


def case(name, n, side, decimals, gain):
    maps, masks = images(n, side, decimals, gain)
    x, y = maps.ravel(), masks.ravel()
    precision, recall, _ = precision_recall_curve(y, x)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-300)
    scores, sick = maps.reshape(n, -1).max(1), masks.reshape(n, -1).any(1)
    threshold = otsu(x)
    rates = [0.25, 0.5, 1, 2, 4, 8]
    return {
        "name": name,
        "side": side,
        "maps": maps.reshape(n, -1),
        "masks": masks.reshape(n, -1).astype(int),
        "labels": [ndimage.label(mask, EIGHT)[0].ravel() for mask in masks],
        "prevalence": y.mean(),
        "auprc": average_precision_score(y, x),
        "auroc": roc_auc_score(y, x),
        "image_auroc": roc_auc_score(sick, scores),
        "oracle_dice": f1.max(),
        "aupro": [[limit, aupro(maps, masks, limit)] for limit in (0.05, 0.3, 1.0)],
        "rates": rates,
        "froc": froc(maps, masks, rates),
        "otsu": threshold,
        "dice": f1_score(y, x > threshold),
        "mean_dice": np.mean([f1_score(a.ravel(), b.ravel() > threshold) for a, b in zip(masks, maps) if a.any()]),
        "false_pixels": (maps[~sick] > threshold).mean(),
        "false_images": (scores[~sick] > threshold).mean(),
        # The lowest threshold that marks at most a share is numpy's quantile "higher", counted from above.
        "false_positive": [[share, np.quantile(maps[~sick], 1 - share, method="inverted_cdf")] for share in (0.015625, 0.25)],
    }


cases = [
    case("few numbers", 6, 16, 2, 1.0),
    case("many numbers", 6, 16, 18, 1.5),
    case("weak", 9, 12, 6, 0.3),
]
store(__file__, "scores.json", {"cases": cases}, "scikit-learn", "scipy", "numpy")
