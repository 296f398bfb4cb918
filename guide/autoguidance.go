package guide

import "github.com/reverie-go/reverie"

// Autoguidance returns d guided away from a weaker model of the same process and data, smaller or
// less trained (Karras et al. 2024, arXiv:2406.02507). It is asked what d is asked, for the same
// classes or none, and must know it, but for a variance, which is d's.
func Autoguidance[X any](sp reverie.Space[X], d, weak reverie.Denoiser[X], rule Rule[X]) reverie.Denoiser[X] {
	return branches[X]{space: sp, name: "autoguidance", strong: d, weak: weak, rule: rule}
}
