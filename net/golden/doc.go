// Package golden holds the tests that compare the networks, number by number, with PyTorch's and
// diffusers'. The scripts that made the numbers are in testdata.
package golden
