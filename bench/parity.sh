#!/bin/sh
# Has PyTorch, diffusers and numpy read the files that we write, and diffusers run a network trained on classes here. Installs what it needs in bench/.venv.
set -eu
cd "$(dirname "$0")/.."
bench/python.sh
REVERIE_PYTHON=$PWD/bench/.venv/bin/python go test -count=1 ./checkpoint ./cli -run 'TestPython|TestDiffusersRunsClasses'
