package guide

import (
	"errors"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// Autoguidance returns d guided away from a weaker model of the same process and data, smaller or
// less trained (Karras et al. 2024, arXiv:2406.02507). It is asked what d is asked, for the same
// classes or none, and must know it, but for a variance, which is d's.
func Autoguidance[X any](sp reverie.Space[X], d, weak reverie.Denoiser[X], rule Rule[X]) reverie.Denoiser[X] {
	return branches[X]{space: sp, name: "autoguidance", strong: d, weak: weak, rule: rule}
}

// AutoGuide is the row of Autoguidance. The run of the weaker model chooses it, see Choose.
type AutoGuide[X any] struct {
	Weak string `flag:"weak" rare:"true" help:"run of the weaker model, RUN or RUN@step, as --guide takes it too"`
	Strength
}

// Row describes the guide.
func (*AutoGuide[X]) Row() table.Info {
	return table.Info{Name: "autoguidance", Text: "the model's estimate against a weaker model's, Karras et al. 2024"}
}

// Convention says what gamma means.
func (*AutoGuide[X]) Convention() string {
	return "gamma: x0hat = weak + gamma (model - weak); 0 is the weaker model, 1 the model itself, above 1 further away from the weaker one"
}

// away says that the guide goes away from a weak branch, of which there is one.
func (*AutoGuide[X]) away() {}

// Guide implements Guide.
func (g *AutoGuide[X]) Guide(s Setup[X], d reverie.Denoiser[X]) (reverie.Denoiser[X], error) {
	if s.Denoiser == nil || g.Weak == "" {
		return nil, errors.New("it needs a weaker model of the same process: give its run")
	}
	weak, err := s.Denoiser(g.Weak)
	if err != nil {
		return nil, err
	}
	return guided(s, g.Strength, d, func(r Rule[X]) reverie.Denoiser[X] { return Autoguidance(s.Space, d, weak, r) })
}
