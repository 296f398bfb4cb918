package guide

import "github.com/reverie-go/reverie"

// PlusPlus is CFG++ (Chung et al. 2024, arXiv:2406.08070, algorithm 2): x0hat is guided with lambda
// in [0, 1] and x is noised anew by the unconditional estimate, so that a step of DDIM is
//
//	x_s = a_s D + s_s (x - a_t D_null)/s_t,   D = D_null + lambda (D_class - D_null)
//
// class from stands in null's place as in ClassifierFree. It goes with solvers whose steps heed
// reverie.WantRenoise, which are ddim and ddpm, and refuses others. In a clamp of x0hat, D alone is
// clamped.
func PlusPlus[X any](sp reverie.Space[X], d reverie.Denoiser[X], from int, lambda float64) reverie.Denoiser[X] {
	return branches[X]{space: sp, name: "CFG++", strong: d, weak: d, rule: Linear(sp, lambda), from: from, one: true, renoise: true}
}
