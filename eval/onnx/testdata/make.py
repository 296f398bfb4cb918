"""Makes the networks and numbers that the tests of package onnx read.

    pip install torch onnx onnxruntime numpy pillow
    python make.py

Made with torch 2.15.0, onnx 1.23.2, onnxruntime 1.32.0, numpy 2.4.6, Pillow 13.0.0.
small.onnx is a residual network of every layer that a network of features has;
bytes.onnx takes bytes, channels last. The features in golden.npz are
onnxruntime's, the resized images Pillow's.
"""
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

warnings.filterwarnings("ignore")
torch.manual_seed(1)


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(8)
        self.conv2 = torch.nn.Conv2d(8, 8, (1, 7), padding=(0, 3))
        self.down = torch.nn.Conv2d(8, 12, 3, stride=2)
        self.pool = torch.nn.MaxPool2d(3, 2)
        self.mean = torch.nn.AvgPool2d(3, 1, 1)
        self.last = torch.nn.Linear(12, 5)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.cat([x + torch.tanh(self.conv2(x)), x[:, :4] * 0.5], 1)[:, :8]
        x = self.mean(self.pool(torch.nn.functional.gelu(self.down(x))))
        x = torch.nn.functional.adaptive_avg_pool2d(x, 1)
        return self.last(torch.flatten(x, 1))


net = Small().eval()
net.bn1.running_mean.uniform_(-1, 1)
net.bn1.running_var.uniform_(0.5, 2)
dynamic = {"images": {0: "n"}, "features": {0: "n"}}
torch.onnx.export(net, torch.zeros(2, 3, 16, 20), "small.onnx", input_names=["images"], output_names=["features"],
                  dynamic_axes=dynamic, opset_version=17, dynamo=False)

rng = np.random.default_rng(1)
weight = rng.standard_normal((6, 4, 4, 3)).transpose(0, 3, 1, 2).astype(np.float32)
nodes = [
    helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
    helper.make_node("Transpose", ["floats"], ["nchw"], perm=[0, 3, 1, 2]),
    helper.make_node("Conv", ["nchw", "w"], ["conv"], strides=[4, 4], kernel_shape=[4, 4]),
    helper.make_node("GlobalAveragePool", ["conv"], ["features"]),
]
graph = helper.make_graph(nodes, "bytes",
                          [helper.make_tensor_value_info("images", TensorProto.UINT8, [3, 12, 8, 3])],
                          [helper.make_tensor_value_info("features", TensorProto.FLOAT, [3, 6, 1, 1])],
                          [numpy_helper.from_array(weight, "w")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
model.ir_version = 8
onnx.checker.check_model(model)
onnx.save(model, "bytes.onnx")


def run(path, x):
    return onnxruntime.InferenceSession(path).run(None, {"images": x})[0]


x = rng.integers(0, 256, (4, 12, 8, 3), dtype=np.uint8)
y = rng.uniform(-1, 1, (4, 16, 20, 3)).astype(np.float32)
padded = np.concatenate([x, x[3:], x[3:]])
bytes_features = np.concatenate([run("bytes.onnx", padded[:3]), run("bytes.onnx", padded[3:])])[:4].reshape(4, 6)


def resized(h, w):
    return np.array(Image.fromarray(y[0, :, :, 1]).resize((w, h), Image.BILINEAR))


np.savez("golden.npz", x=x, y=y, bytes=bytes_features, small=run("small.onnx", y.transpose(0, 3, 1, 2)),
         up=resized(23, 31), down=resized(7, 5))
