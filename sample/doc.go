// Package sample walks a batch from noise to data: a grid of times, a Solver for the step from each to the next, and Sample, the walk.
//
//	ddpm          ancestral sampling (Ho et al. 2020, arXiv:2006.11239)
//	ddim          deterministic to ancestral by eta (Song et al. 2021, arXiv:2010.02502)
//	lecture-sde   the lecture's "iterative predictor", as printed
//
// A solver is one file. It asks for the Denoiser by Run.Denoise and for linear combinations and noise by the Run's Space.
package sample
