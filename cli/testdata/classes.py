"""Has diffusers run a network that reverie trained on classes, and compares.

python classes.py CHECKPOINT in.npz out.npz: in.npz is written, and with --check out.npz, what
`reverie predict` made of it, is compared. Prints ok, or fails.
"""
import sys

import numpy as np
import torch
from diffusers import UNet2DModel

model = UNet2DModel.from_pretrained(sys.argv[1], subfolder="unet_ema").eval()
rows = model.config.num_class_embeds
if "--check" not in sys.argv:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((rows + 1, 3, 8, 8)).astype("float32")
    t = rng.integers(0, 10, rows + 1)
    np.savez(sys.argv[2], x=x, t=t, **{"class": np.r_[np.arange(rows), rows - 1]})  # the null class twice
else:
    told, out = np.load(sys.argv[2]), np.load(sys.argv[3])["out"]
    with torch.inference_mode():
        want = model(torch.from_numpy(told["x"]), torch.from_numpy(told["t"]), class_labels=torch.from_numpy(told["class"])).sample.numpy()
    assert np.abs(out - want).max() <= 1e-5 * np.abs(want).max(), np.abs(out - want).max()
    assert np.abs(want[-1] - want[-2]).max() > 0
print("ok")
