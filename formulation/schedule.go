package formulation

import (
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// A Schedule is how much noise there is at each time of the processes that have a choice: as the
// table of betas of ddpm, and as a VP-SDE. One that is but one of the two returns an error for the
// other, which says what to choose. String is how a person reads the table.
type Schedule interface {
	table.Row
	fmt.Stringer
	Betas(T int) ([]float64, error)
	VP() (reverie.Process, error)
}

// Schedules are those that --schedule chooses from.
var Schedules = table.New[Schedule]("schedule", "schedules", ", of ddpm and vp", linear(), &ScaledLinear{defaultBetas}, Cosine, &Sigmoid{defaultBetas}, Learned)

// A BetaRange is the ends of a schedule that rises from one beta to another.
type BetaRange struct {
	Start float64 `flag:"beta-start" range:"(0,1)" help:"first beta, of vp and subvp beta(0)/1000" group:"Formulation" rare:"true"`
	End   float64 `flag:"beta-end" range:"(0,1)" help:"last beta, of vp and subvp beta(1)/1000" group:"Formulation" rare:"true"`
}

// defaultBetas are those of Ho et al. 2020, arXiv:2006.11239.
var defaultBetas = BetaRange{1e-4, 0.02}

// Validate reports betas that fall.
func (b BetaRange) Validate() error {
	if b.Start > b.End {
		return fmt.Errorf("--beta-start %v is above --beta-end %v", b.Start, b.End)
	}
	return nil
}

// table is that of T betas as fill makes them.
func (b BetaRange) table(T int, fill func(T int, start, end float64) []float64) ([]float64, error) {
	if err := atLeastOne(T); err != nil {
		return nil, err
	}
	if !(b.Start > 0 && b.Start <= b.End && b.End < 1) {
		return nil, fmt.Errorf("betas from %v to %v: expected 0 < start <= end < 1", b.Start, b.End)
	}
	return fill(T, b.Start, b.End), nil
}

// atLeastOne reports a table without betas.
func atLeastOne(T int) error {
	if T < 1 {
		return fmt.Errorf("timesteps = %d: expected at least 1", T)
	}
	return nil
}

// text is a schedule between two betas as it is read.
func (b BetaRange) text(name string) string {
	return fmt.Sprintf("%s betas %v to %v", name, b.Start, b.End)
}

// vpSteps is the number of steps whose betas, times it, are the beta(t) of a VP-SDE: the paper's
// 0.1 and 20 are then DDPM's 1e-4 and 0.02 (Song et al. 2021, arXiv:2011.13456, appendix B).
const vpSteps = 1000

// vp is the VP-SDE between the betas.
func (b BetaRange) vp() reverie.VP {
	return reverie.VP{BetaMin: vpSteps * b.Start, BetaMax: vpSteps * b.End}
}

// Linear has a beta even in t.
type Linear struct{ BetaRange }

// NewLinear is Linear between two betas.
func NewLinear(start, end float64) *Linear { return &Linear{BetaRange{start, end}} }

// linear is Linear with the paper's betas.
func linear() *Linear { return &Linear{defaultBetas} }

// Row implements table.Row.
func (*Linear) Row() table.Info { return table.Info{Name: "linear", Text: "beta even in t"} }

// Betas implements Schedule.
func (l *Linear) Betas(T int) ([]float64, error) { return l.table(T, reverie.LinearBetas) }

// VP implements Schedule.
func (l *Linear) VP() (reverie.Process, error) { return l.vp(), nil }

// String implements Schedule.
func (l *Linear) String() string { return l.text("linear") }

// ScaledLinear has the square root of a beta even in t.
type ScaledLinear struct{ BetaRange }

// Row implements table.Row.
func (*ScaledLinear) Row() table.Info {
	return table.Info{Name: "scaled-linear", Text: "square root of beta even in t (ddpm)"}
}

// Betas implements Schedule.
func (s *ScaledLinear) Betas(T int) ([]float64, error) { return s.table(T, reverie.ScaledLinearBetas) }

// VP implements Schedule: it is a table alone.
func (*ScaledLinear) VP() (reverie.Process, error) {
	return nil, fmt.Errorf("--schedule scaled-linear is a table of betas, which --process vp has not; the nearest is --schedule linear")
}

// String implements Schedule.
func (s *ScaledLinear) String() string { return s.text("scaled-linear") }

// Cosine is the schedule of Nichol & Dhariwal 2021.
var Cosine Schedule = cosine{table.Info{Name: "cosine", Text: "alpha a cosine of t, Nichol & Dhariwal 2021"}}

type cosine struct{ table.Info }

func (cosine) Betas(T int) ([]float64, error) {
	if err := atLeastOne(T); err != nil {
		return nil, err
	}
	return reverie.CosineBetas(T), nil
}

func (cosine) VP() (reverie.Process, error) { return reverie.CosineVP{}, nil }

func (cosine) String() string { return "cosine betas" }

// Sigmoid is, of ddpm, a beta that is a sigmoid of t, as diffusers has it; of vp abar is one (Jabri
// et al. 2022), which has no betas to choose.
type Sigmoid struct{ BetaRange }

// Row implements table.Row.
func (*Sigmoid) Row() table.Info {
	return table.Info{Name: "sigmoid", Text: "of ddpm: beta a sigmoid of t, as diffusers has it; of vp: abar one, Jabri et al. 2022"}
}

// Betas implements Schedule.
func (s *Sigmoid) Betas(T int) ([]float64, error) { return s.table(T, reverie.SigmoidBetas) }

// VP implements Schedule.
func (*Sigmoid) VP() (reverie.Process, error) { return reverie.SigmoidVP{}, nil }

// String implements Schedule.
func (s *Sigmoid) String() string { return s.text("sigmoid") }

// Learned is the monotone network of Kingma et al. 2021, learned by the bound.
var Learned Schedule = learned{table.Info{Name: "learned", Text: "monotone network, learned by the bound, Kingma et al. 2021 (vp)"}}

type learned struct{ table.Info }

func (learned) Betas(int) ([]float64, error) {
	return nil, fmt.Errorf("--schedule learned is a function of continuous time; give --process vp, of which ddpm is the table")
}

func (learned) VP() (reverie.Process, error) {
	return reverie.NewLearnedVP(reverie.LearnedParams(reverie.LearnedUnits))
}

func (learned) String() string { return "learned" }

// Refuse reports what the bound that the schedule minimises does not go with.
func (learned) Refuse(f Formulation) error {
	alike, _ := f.Times.(interface{ Even() bool })
	switch {
	case !is(f.Weighting, "elbo") || !is(f.Loss, "mse"):
		return fmt.Errorf("--schedule learned minimises the bound; give --weighting elbo and --loss mse")
	case f.Times != nil && (alike == nil || !alike.Even()) || f.Level > 0:
		return fmt.Errorf("--schedule learned minimises the bound, over all times alike; give --times uniform or stratified and leave --level out")
	case !is(f.Prediction, "eps") && !is(f.Prediction, "v"):
		return fmt.Errorf("--schedule learned is stated for a network that predicts the noise; give --prediction eps or v, not %s", nameOf(f.Prediction))
	case f.Way != nil && !is(f.Way, "denoise"):
		return fmt.Errorf("--schedule learned needs --objective denoise: it is learned by the bound")
	}
	return nil
}
