"""Makes nodes.pb.gz, ONNX's own tests of single nodes, which nodes_test.go walks.

    pip install onnx==1.23.2
    python nodes.py [--check]

A release of onnx has tests for the operator sets of its time. Those of the newest are
made by its case generators, those of older ones are in their wheels, which pip
downloads. Of each operator and each version of it, from operator set 7 on, the tests of the
newest release that has some are taken; large ones are left out where small ones do. A version
that no release has tests for, since only its types differ from the next, gets those tests of
the next that onnx's checker and reference evaluator confirm for it.

versions.txt says which versions of each operator have tests. With --check the stored files are
compared with what is made. nodes.pb.gz is a message of cases (field 1): a name (1), a model (2), inputs (3) and outputs (4),
tensors all.
"""
import gzip
import os
import subprocess
import sys
import tempfile
import zipfile

import numpy as np
import onnx
from onnx import checker, defs, numpy_helper
from onnx.backend.test.case.node import collect_testcases
from onnx.reference import ReferenceEvaluator

OPERATORS = """
Abs Add And ArgMax ArgMin AveragePool BatchNormalization Cast CastLike Ceil Celu Clip Concat Constant ConstantOfShape Conv ConvTranspose Cos
CumSum DepthToSpace Div Dropout Einsum Elu Equal Erf Exp Expand Flatten Floor Gather Gelu Gemm GlobalAveragePool GlobalMaxPool
Greater GreaterOrEqual GroupNormalization HardSigmoid HardSwish Hardmax Identity InstanceNormalization IsNaN LRN LayerNormalization LeakyRelu
Less LessOrEqual Log LogSoftmax LpNormalization LpPool MatMul Max MaxPool Mean MeanVarianceNormalization Min Mish Mod Mul Neg Not Or PRelu Pad
Pow RMSNormalization Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
ReduceSumSquare Relu Reshape Resize Round Selu Shape Shrink Sigmoid Sign Sin Size Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze
Sub Sum Swish Tanh ThresholdedRelu Tile Transpose Trilu Unsqueeze Upsample Where Xor
""".split()

# Releases from the newest to the oldest that has tests, and the Python that their wheels are for.
RELEASES = [("1.18.0", "3.10", "manylinux2014"), ("1.17.0", "3.10", "manylinux2014"), ("1.16.2", "3.10", "manylinux2014"),
            ("1.15.0", "3.10", "manylinux2014"), ("1.14.1", "3.10", "manylinux2014"), ("1.13.1", "3.10", "manylinux2014"),
            ("1.12.0", "3.10", "manylinux2014"), ("1.10.2", "3.6", "manylinux2014"), ("1.9.0", "3.6", "manylinux2010"),
            ("1.8.1", "3.6", "manylinux2010"), ("1.7.0", "3.6", "manylinux1"), ("1.6.0", "3.6", "manylinux1"),
            ("1.5.0", "3.6", "manylinux1"), ("1.4.1", "3.6", "manylinux1"), ("1.3.0", "3.6", "manylinux1"), ("1.2.1", "3.6", "manylinux1")]
FIRST = 7
SMALL = 6000  # bytes of a test's tensors


def newest():
    """The tests of the installed release: name, model, inputs, outputs, all serialized."""
    for case in collect_testcases(None):
        if case.model is None or not case.data_sets:
            continue
        graph = case.model.graph
        try:
            arrays = [[numpy_helper.from_array(a, v.name) for a, v in zip(values, ports)]
                      for values, ports in zip(case.data_sets[0], (graph.input, graph.output))]
        except (AttributeError, TypeError, NotImplementedError, ValueError, RuntimeError):
            continue  # sequences, text
        yield case.name, case.model, [t.SerializeToString() for t in arrays[0]], [t.SerializeToString() for t in arrays[1]]


def older(version, python, platform):
    """The tests of a wheel."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--python-version", python,
                        "--platform", platform + "_x86_64", "--dest", folder, "onnx==" + version], check=True)
        with zipfile.ZipFile(os.path.join(folder, os.listdir(folder)[0])) as wheel:
            names = wheel.namelist()
            for path in sorted(n for n in names if "/data/node/" in n and n.endswith("model.onnx")):
                root = path[:-len("model.onnx")]
                model = onnx.load_from_string(wheel.read(path))

                def tensors(kind):
                    found = [n for n in names if n.startswith(f"{root}test_data_set_0/{kind}_")]
                    return [wheel.read(n) for n in sorted(found, key=lambda n: int(n.rsplit("_", 1)[1][:-3]))]
                yield os.path.basename(root[:-1]), model, tensors("input"), tensors("output")


def key(model):
    """The operator of a model of one node, and the operator set that gave it its form."""
    if len(model.graph.node) != 1 or len(model.opset_import) != 1 or model.opset_import[0].domain not in ("", "ai.onnx"):
        return None
    node = model.graph.node[0]
    if node.op_type not in OPERATORS or model.opset_import[0].version < FIRST:
        return None
    if not all(v.type.HasField("tensor_type") for v in [*model.graph.input, *model.graph.output]):
        return None
    try:
        return node.op_type, defs.get_schema(node.op_type, model.opset_import[0].version, "").since_version
    except defs.SchemaError:  # a test of before the operator was published
        return None


taken = {}
for tests in [newest(), *(older(*r) for r in RELEASES)]:
    found = {}
    for name, model, inputs, outputs in tests:
        k = key(model)
        if k is not None and k not in taken:
            found.setdefault(k, []).append((sum(map(len, inputs + outputs)), name, model, inputs, outputs))
    for k, list_ in found.items():
        small = [t for t in list_ if t[0] <= SMALL]
        taken[k] = small or [min(list_, key=lambda t: t[0])]


def confirmed(test, version):
    """The test for another version, if onnx says that it holds there."""
    size, name, model, inputs, outputs = test
    model = onnx.load_from_string(model.SerializeToString())
    model.opset_import[0].version = version
    arrays = [numpy_helper.to_array(onnx.load_tensor_from_string(t)) for t in inputs]
    try:
        checker.check_model(model, full_check=True)
        got = ReferenceEvaluator(model).run(None, dict(zip([v.name for v in model.graph.input], arrays)))
    except Exception:  # noqa: BLE001: whatever it is, the test is not for this version
        return None
    for a, t in zip(got, outputs):
        b = numpy_helper.to_array(onnx.load_tensor_from_string(t))
        if a.dtype != b.dtype or a.shape != b.shape or not np.allclose(a, b, rtol=1e-5, atol=1e-6, equal_nan=True):
            return None
    return size, name, model, inputs, outputs


missing = []
for op in OPERATORS:
    versions = sorted(s.since_version for s in defs.get_all_schemas_with_history() if s.name == op and s.domain == "" and not s.deprecated)
    for i, version in reversed(list(enumerate(versions))):
        effective = max(version, FIRST)
        if (op, version) in taken or i + 1 < len(versions) and versions[i + 1] <= FIRST:
            continue
        near = sorted((v for v in versions if (op, v) in taken), key=lambda v: (abs(v - version), v))
        tests = [t for t in (confirmed(t, effective) for v in near for t in taken[op, v]) if t][:3]
        if tests:
            taken[op, version] = tests
        else:
            missing.append((op, version))


def field(number, text):
    """A field of a message."""
    head, n = [], len(text)
    while n > 127:
        head.append(n & 127 | 128)
        n >>= 7
    return bytes([number << 3 | 2, *head, n]) + text


def unread(test):
    """Whether a test is of a type that is rarely asked for."""
    return any(word in test[1] for word in ("FLOAT8", "INT4", "UINT4", "FLOAT4", "INT2", "FLOAT6", "STRING", "E8M0"))


file = b""
for (op, version), tests in sorted(taken.items()):
    odd = [t for t in tests if unread(t)]
    newest_version = version == max(v for o, v in taken if o == op)
    tests = [t for t in tests if not unread(t)] + odd[:1]
    if version >= 19 and not newest_version:  # only types differ
        tests = tests[:4]
    for _, name, model, inputs, outputs in sorted(tests, key=lambda t: t[1]):
        case = field(1, f"{op}-{version}/{name}".encode()) + field(2, model.SerializeToString())
        file += field(1, case + b"".join(field(3, t) for t in inputs) + b"".join(field(4, t) for t in outputs))
if missing:
    sys.exit(f"no tests for {missing}")
versions = "".join(" ".join([op, *(str(v) for o, v in sorted(taken) if o == op)]) + "\n" for op in OPERATORS)
folder = os.path.dirname(os.path.abspath(__file__))
cases_path, versions_path = os.path.join(folder, "nodes.pb.gz"), os.path.join(folder, "versions.txt")
if sys.argv[1:] == ["--check"]:
    with open(cases_path, "rb") as stored, open(versions_path) as stored_versions:
        if gzip.decompress(stored.read()) != file or stored_versions.read() != versions:
            sys.exit("nodes.pb.gz or versions.txt is not what onnx makes now")
else:
    with open(cases_path, "wb") as out:
        out.write(gzip.compress(file, 9, mtime=0))
    with open(versions_path, "w") as out:
        out.write(versions)
