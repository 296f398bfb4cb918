"""Writes the golden files of package checkpoint into the folder of this script.

Made with Python 3.11, numpy 2.4.6, safetensors 0.8.0, torch 2.15.0, diffusers 0.35.2.
check.py reads what the package writes with the same libraries.
Every array is numpy.arange over its elements, reduced to the range of its type.
"""
import pathlib
import struct
import zipfile

import numpy as np
import torch
from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel
from safetensors.torch import save_file

here = pathlib.Path(__file__).parent


def ramp(dtype, *shape):
    n = int(np.prod(shape, dtype=np.int64))
    return torch.arange(n).reshape(shape).to(dtype)


# One tensor of each type, odd sizes, names that need quoting.
tensors = {
    "f64": ramp(torch.float64, 2, 3),
    "f32": ramp(torch.float32, 3, 2, 1),
    "f32.b": ramp(torch.float32, 5),
    "f16": ramp(torch.float16, 7),
    "bf16": ramp(torch.bfloat16, 3),
    "i64": ramp(torch.int64, 4),
    "i32": ramp(torch.int32, 3),
    "i16": ramp(torch.int16, 3),
    "i8": ramp(torch.int8, 5),
    "u64": ramp(torch.uint64, 2),
    "u32": ramp(torch.uint32, 3),
    "u16": ramp(torch.uint16, 1),
    "u8": ramp(torch.uint8, 3),
    "bool": torch.tensor([False, True, True]),
    "scalar": torch.tensor(7, dtype=torch.int64),
    "empty": torch.zeros(0, 4),
    'odd "name" <&> \u00e9\n\\': ramp(torch.float32, 1),
}
save_file(tensors, here / "types.safetensors", metadata={"format": "pt"})

# A pipeline as diffusers saves it.
torch.manual_seed(0)
unet = UNet2DModel(
    sample_size=8, in_channels=3, out_channels=3, block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2,
    down_block_types=("DownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "UpBlock2D"), add_attention=False,
)
scheduler = DDPMScheduler(num_train_timesteps=300, prediction_type="v_prediction", variance_type="fixed_large")
DDPMPipeline(unet, scheduler).save_pretrained(here / "diffusers")

# npz: what predict reads, plain and compressed, and what it must refuse.
x = np.arange(2 * 3 * 2 * 4, dtype=np.float32).reshape(2, 3, 2, 4)
t = np.array([0, 299], dtype=np.int64)
np.savez(here / "plain.npz", x=x, t=t, s=np.float32(1.5), e=np.zeros((0, 3), np.float32), b=np.array([True, False]))
np.savez_compressed(here / "compressed.npz", x=x, t=t)
np.savez(here / "wrong.npz", float64=x.astype(np.float64), fortran=np.asfortranarray(x), big=x.astype(">f4"),
         int32=t.astype(np.int32), struct=np.zeros(2, dtype=[("a", "<f4")]), text=np.array(["a"]), c64=x.astype(np.complex64),
         object=np.array([{}], dtype=object), flat=x.reshape(-1))
np.savez(here / "images.npz", arr_0=np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3))


def npy(version, text):
    text += b" " * (-(len(text) + 13) % 64) + b"\n"
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version[0] == 1 else "<I", len(text)) + text


# Headers of other versions and of other shapes than numpy writes by itself.
with zipfile.ZipFile(here / "versions.npz", "w") as z:
    body = np.arange(2, dtype=np.float32).tobytes()
    v = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
    for name, version in (("v2", (2, 0)), ("v3", (3, 0))):
        z.writestr(zipfile.ZipInfo(name + ".npy"), npy(version, v) + body)
    z.writestr(zipfile.ZipInfo("spaced.npy"), npy((1, 0), b'{"shape":(2 ,) , "descr" : "<f4","fortran_order":True}') + body)
