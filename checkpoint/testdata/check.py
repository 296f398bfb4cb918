"""Checks files that reverie wrote with the libraries that others read them with.

python check.py FOLDER, where the test has written types.safetensors, out.npz and the
checkpoint ckpt/ (an UNet2DModel). Prints ok, or fails.
"""
import json
import pathlib
import sys

import numpy as np
import torch
from diffusers import DDPMPipeline, UNet2DModel
from safetensors import safe_open
from safetensors.torch import load_file

here, out = pathlib.Path(__file__).parent, pathlib.Path(sys.argv[1])

want, got = load_file(here / "types.safetensors"), load_file(out / "types.safetensors")
assert want.keys() == got.keys(), (want.keys(), got.keys())
for name in want:
    assert want[name].dtype == got[name].dtype and torch.equal(want[name], got[name]), name
with safe_open(out / "types.safetensors", "pt") as f:
    assert f.metadata() == {"format": "pt", "more": "\u00e9\"<&>"}, f.metadata()

z = np.load(out / "out.npz", allow_pickle=False)
assert z.files == ["out", "arr_0", "t"], z.files
assert z["out"].dtype == np.float32 and z["out"].shape == (2, 3, 2, 4) and (z["out"].ravel() == np.arange(48)).all()
assert z["arr_0"].dtype == np.uint8 and z["arr_0"].shape == (1, 2, 2, 3) and (z["arr_0"].ravel() == np.arange(12)).all()
assert z["t"].dtype == np.int64 and z["t"].tolist() == [5, -1]

pipe = DDPMPipeline.from_pretrained(out / "ckpt")
assert isinstance(pipe.unet, UNet2DModel) and pipe.scheduler.config.num_train_timesteps == 300
original = UNet2DModel.from_pretrained(here / "diffusers", subfolder="unet").state_dict()
for name, w in pipe.unet.state_dict().items():
    assert torch.equal(w, original[name]), name
ema = UNet2DModel.from_pretrained(out / "ckpt", subfolder="unet_ema").state_dict()
for name, w in ema.items():
    assert torch.equal(w, 2 * original[name]), name
moments = load_file(out / "ckpt" / "trainer.safetensors")
assert moments["step"].item() == 7 and moments["step"].shape == (), moments["step"]
assert set(moments) == {"step"} | {p + n for n in original for p in ("exp_avg.", "exp_avg_sq.")}
assert json.load(open(out / "ckpt" / "trainer.json"))["step"] == 7
print("ok")
