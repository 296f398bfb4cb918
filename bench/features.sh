#!/bin/sh
# Compares the features of networks in ONNX files with others' code, on what PyTorch's exporters make of well-known networks of random weights.
#   bench/features.sh            all of them, and ONNX's own tests of nodes made anew, about ten minutes
#   bench/features.sh --brief    the two smallest
# REVERIE_PYTHON names a Python that has all of it; else bench/.venv is made with the pinned versions.
set -eu
cd "$(dirname "$0")/.."
python=${REVERIE_PYTHON:-}
if [ -z "$python" ]; then
	bench/python.sh
	python=bench/.venv/bin/python
	if [ ! -e bench/.venv/features ]; then
		bench/.venv/bin/pip install --quiet -r bench/features/requirements.txt
		touch bench/.venv/features
	fi
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
[ "${1:-}" = --brief ] || "$python" -W ignore eval/onnx/testdata/nodes.py --check
"$python" -W ignore bench/features/networks.py "$dir" "$@"
REVERIE_ONNX_NETWORKS=$dir go test ./eval/onnx -run TestNetworks -count=1 -v
