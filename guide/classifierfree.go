package guide

import (
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// ClassifierFree returns d guided by itself (Ho & Salimans 2022, arXiv:2207.12598): the strong
// branch is d of the query's classes, the weak one d of class from in their place, NullClass or a
// negative class, to be kept away from. A sample of NullClass is left as it is.
//
// Both branches are asked in one batch of twice the samples where the Space is a Stacker. The
// result knows what d knows; the variance is the strong branch's.
func ClassifierFree[X any](sp reverie.Space[X], d reverie.Denoiser[X], from int, rule Rule[X]) reverie.Denoiser[X] {
	return branches[X]{space: sp, name: "classifier-free guidance", strong: d, weak: d, rule: rule, from: from, one: true}
}

// ClassifierFreeGuide is the row of ClassifierFree.
type ClassifierFreeGuide[X any] struct {
	Negative string `flag:"negative" help:"class to be kept away from, in place of the null class"`
	Strength
}

// Row describes the guide.
func (*ClassifierFreeGuide[X]) Row() table.Info {
	return table.Info{Name: "classifier-free", Text: "the model's estimate of the class against that of none, or of another, Ho & Salimans 2022"}
}

// ToClass is true.
func (*ClassifierFreeGuide[X]) ToClass() bool { return true }

// Chief is the setting that chooses the guide.
func (*ClassifierFreeGuide[X]) Chief() string { return "guidance" }

// Convention says what gamma means.
func (g *ClassifierFreeGuide[X]) Convention() string {
	if g.Negative == "" {
		return Convention
	}
	return fmt.Sprintf("gamma: x0hat = negative + gamma (class - negative); 0 is class %s, 1 the plain conditional model, above 1 further away from %[1]s", g.Negative)
}

// away says that the guide goes away from a weak branch, of which there is one.
func (*ClassifierFreeGuide[X]) away() {}

// Guide implements Guide.
func (g *ClassifierFreeGuide[X]) Guide(s Setup[X], d reverie.Denoiser[X]) (reverie.Denoiser[X], error) {
	from, err := s.classOf(g.Negative)
	if err != nil {
		return nil, err
	}
	return guided(s, g.Strength, d, func(r Rule[X]) reverie.Denoiser[X] { return ClassifierFree(s.Space, d, from, r) })
}
