#!/bin/sh
# Times this tree against an older commit, both in turn in one run, and the older one against itself, which shows how much of a
# difference is noise.
#
#	bench/older.sh COMMIT [-rounds 15] [-only lecture]
set -eu
cd "$(dirname "$0")/.."
commit=${1:?give the commit to compare with}
shift
. bench/tree.sh
(cd "$dir/tree" && go build -o "$dir/old" ./bench)
go build -o "$dir/new" ./bench
"$dir/new" -older "$dir/old" "$@"
