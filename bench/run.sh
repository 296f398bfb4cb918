#!/bin/sh
# Times reverie against PyTorch. Installs what it needs in bench/.venv.
set -eu
cd "$(dirname "$0")/.."
if [ ! -x bench/.venv/bin/python ]; then
	python3 -m venv bench/.venv
	bench/.venv/bin/pip install --quiet torch==2.15.0 numpy==2.4.6 diffusers==0.35.2
fi
go build -o bench/.venv/bench ./bench
exec bench/.venv/bench "$@"
