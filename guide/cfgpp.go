package guide

import (
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

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

// PlusPlusGuide is the row of PlusPlus.
type PlusPlusGuide[X any] struct {
	Lambda   float64 `flag:"cfgpp" range:"[0,1]" help:"lambda of CFG++, in place of gamma"`
	Negative string  `flag:"negative" help:"class to be kept away from, in place of the null class"`
}

// Row describes the guide.
func (*PlusPlusGuide[X]) Row() table.Info {
	return table.Info{Name: "cfg++", Text: "guided x0hat, noised anew by the unconditional one, Chung et al. 2024; with solvers ddim and ddpm"}
}

// ToClass is true.
func (*PlusPlusGuide[X]) ToClass() bool { return true }

// Chief is the setting that chooses the guide.
func (*PlusPlusGuide[X]) Chief() string { return "cfgpp" }

// away says that the guide goes away from a weak branch, of which there is one.
func (*PlusPlusGuide[X]) away() {}

// Convention says what lambda means.
func (*PlusPlusGuide[X]) Convention() string {
	return "cfgpp: x0hat = null + lambda (class - null), and x is noised anew by null; 0 ignores the class, 1 takes the conditional model's x0hat, noised by null all the same"
}

// Guide implements Guide.
func (g *PlusPlusGuide[X]) Guide(s Setup[X], d reverie.Denoiser[X]) (reverie.Denoiser[X], error) {
	from, err := s.classOf(g.Negative)
	if err != nil {
		return nil, err
	}
	return PlusPlus(s.Space, d, from, g.Lambda), nil
}
