package guide

import "github.com/reverie-go/reverie"

// ClassifierFree returns d guided by itself (Ho & Salimans 2022, arXiv:2207.12598): the strong
// branch is d of the query's classes, the weak one d of class from in their place, NullClass or a
// negative class, to be kept away from. A sample of NullClass is left as it is.
//
// Both branches are asked in one batch of twice the samples where the Space is a Stacker. The
// result knows what d knows; the variance is the strong branch's.
func ClassifierFree[X any](sp reverie.Space[X], d reverie.Denoiser[X], from int, rule Rule[X]) reverie.Denoiser[X] {
	return branches[X]{space: sp, name: "classifier-free guidance", strong: d, weak: d, rule: rule, from: from, one: true}
}
