// Package vec is the instruction set of the elementwise machine: loops over contiguous float32
// slices, each one pass of assembly (AVX-512 with masked tails, or AVX2 with FMA) or of portable
// Go, chosen at run time by package isa.
//
// Conventions, for every function of the package:
//
//   - dst comes first; all slices have the same length, else the call panics. A zero length is fine.
//   - dst may be exactly one of the operands (the same first element); partly overlapping slices are not supported.
//   - Slices of 512 to 2048 elements stay in the first-level cache and are what the loops are tuned for; any length works.
//   - A suffix Scalar means that the last operand is one number for all elements (a op s); a prefix Scalar that the first is (s op b).
//   - The value of an element depends on the operands of that element alone, never on its position or on the length.
//   - A call is not preempted by the scheduler: cut long slices into tiles.
//   - Arithmetic is IEEE 754 with denormal numbers. Add, Sub, Mul, Div, Sqrt, Neg, Abs, Floor, Ceil, Round and the comparisons are
//     exact or correctly rounded, so they have the same bits at every level.
//   - Exp, Expm1, Log, Log1p, Tanh, Logistic, Erf, Sin, Cos, Pow are within 4 units in the last place (math_test.go
//     prints what is measured), with the special values of package math.
//   - Max and Min propagate NaN from either operand, as XLA does; the sign of a zero that compares equal is not specified.
//
// The functions with suffix Of are the same loops in portable Go over any number type: they serve
// the other dtypes, they are the fall-back where there is no assembly, and they are the oracle of
// the tests.
//
// The assembly and the dispatch files are generated: see _asm.
package vec

//go:generate go -C _asm run . -out ../kernels_amd64.s
