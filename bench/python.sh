#!/bin/sh
# Makes bench/.venv, a Python with PyTorch and diffusers at the versions that the golden files were made with.
set -eu
cd "$(dirname "$0")/.."
if [ ! -e bench/.venv/complete ]; then
	python3 -m venv bench/.venv
	bench/.venv/bin/pip install --quiet torch==2.15.0 numpy==2.4.6 diffusers==0.35.2 safetensors==0.8.0 pillow==13.0.0
	touch bench/.venv/complete
fi
