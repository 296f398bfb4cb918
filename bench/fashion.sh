#!/bin/sh
# Fetches Fashion-MNIST (Xiao et al. 2017, arXiv:1708.07747) from Debian's package dataset-fashion-mnist and puts its four files into a folder, as
# reverie reads them:
#
#	bench/fashion.sh ~/fashion
#	reverie data ~/fashion
#
# It needs apt-get and dpkg-deb, on Debian or a system made of it with the package's section enabled, 31 MB to fetch and as much in the folder.
set -eu
[ "$#" -eq 1 ] || { echo "usage: bench/fashion.sh DIR" >&2; exit 2; }
mkdir -p "$1"
to=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download dataset-fashion-mnist
dpkg-deb -x dataset-fashion-mnist_*.deb files
count=0
for part in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
	found=$(find files -type f -name "$part-ubyte.gz" -o -type f -name "$part-ubyte" | head -n 1)
	[ -n "$found" ] || { echo "the package holds no $part-ubyte" >&2; exit 1; }
	cp "$found" "$to/"
	count=$((count + 1))
done
echo "$count files in $to"
