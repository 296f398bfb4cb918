// Package edit changes given data by a denoiser: noise it and sample on ([SDEdit]), encode it as
// the noise it came from ([Inverter]) and go between two such noises ([Interpolate]), and draw data
// that agree with a measurement y = A x0 ([Method], of a [Problem]).
//
// It works over any Denoiser, Space, process and solver. What it asks of a Space beyond linear
// combinations, such as each sample's inner products, is an optional interface of it; a measurement
// brings its own [Operator]. A state carries its time, and each noise that is put on it is that of
// this time, so that no step can be a level off.
package edit
