"""Writes lecture.safetensors, in.npz and want.npz: a narrow SimpleUnet as a student saves it, and what PyTorch says.

    python make_golden.py        (made with torch 2.15.0, safetensors 0.8.0, numpy 2, on a CPU)

The weights and BatchNorm's statistics are random; the images are not square and not of the size of the run.
"""
import pathlib

import numpy as np
import torch
from safetensors.torch import save_file

here = pathlib.Path(__file__).resolve().parent
# The module of the network's own golden, without its last line, which would write that one anew.
source = (here.parents[2] / "net" / "golden" / "testdata" / "simpleunet.py").read_text()
module = {"__file__": __file__}
exec(source.rsplit("\nmain()", 1)[0], module)


def main():
    torch.manual_seed(7)
    model = module["SimpleUnet"]((4, 6, 8))
    for name, value in model.state_dict().items():
        if name.endswith("running_var"):
            value.copy_(0.5 + torch.rand_like(value))
        elif name.endswith("num_batches_tracked"):
            value.fill_(17)
        elif "bnorm" in name:
            value.copy_(0.5 + torch.rand_like(value))
    model.eval()
    x = torch.randn(3, 3, 8, 12)
    t = torch.tensor([0, 150, 299])
    with torch.inference_mode():
        out = model(x, t.float())
    save_file(model.state_dict(), here / "lecture.safetensors")
    np.savez(here / "in.npz", x=x.numpy(), t=t.numpy())
    np.savez(here / "want.npz", out=out.numpy())


if __name__ == "__main__":
    main()
