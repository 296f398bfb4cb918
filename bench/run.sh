#!/bin/sh
# Times reverie against PyTorch. Installs what it needs in bench/.venv.
set -eu
cd "$(dirname "$0")/.."
bench/python.sh
go build -o bench/.venv/bench ./bench
exec bench/.venv/bench "$@"
