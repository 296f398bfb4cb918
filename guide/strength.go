package guide

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// Strength are the settings of a guide away from a weak branch: how far, by which rule, and where.
// The zero value has gamma 0, which is the weak branch alone; rows of Guides have 1.
type Strength struct {
	Guidance float64 `flag:"guidance" range:"[-1000,1000]" help:"gamma of null + gamma (class - null): 0 ignores the class, 1 is the plain conditional model, above 1 sharper (Ho & Salimans' w is gamma - 1)"`
	Interval Levels  `flag:"guidance-interval" help:"guide at the noise levels sigma/alpha above LO up to HI alone, LO:HI"`
	Rescale  float64 `flag:"guidance-rescale" range:"[0,1]" help:"the share in which x0hat is brought back to the deviation of the conditional one, Lin et al. 2023's phi of 0.7"`
	APG      bool    `flag:"apg" help:"take what is parallel to x0hat off the guidance, Sadat et al. 2024, against saturation at large gammas"`
	Eta      float64 `flag:"apg-eta" range:"[-1000,1000]" rare:"true" help:"the share of the parallel part that --apg leaves"`
	Norm     float64 `flag:"apg-norm" range:"[0,1e9]" rare:"true" help:"the norm to which --apg shortens a sample's guidance" zero:"any"`
	Momentum float64 `flag:"apg-momentum" range:"(-1,1)" rare:"true" help:"what --apg adds of the last step's guidance; below 0 takes it off"`
}

// Convention says what gamma means.
func (Strength) Convention() string { return Convention }

// plain is the Strength that guides nothing.
var plain = Strength{Guidance: 1}

// Validate refuses settings that rule each other out.
func (g Strength) Validate() error {
	switch {
	case g.APG && g.Rescale != 0:
		return errors.New("--apg and --guidance-rescale are both against too large a gamma; leave one out")
	case !g.APG && (g.Eta != 0 || g.Norm != 0 || g.Momentum != 0):
		return errors.New("--apg-eta, --apg-norm and --apg-momentum are settings of --apg; add it, or leave them out")
	}
	return nil
}

// Idle is an error for a guide whose gamma is 1, at which it guides nothing, where gamma was not
// given, or other settings of the guide were, which then have no effect. Gamma 1 alone is right: it
// says that nothing is to be guided.
func Idle(g table.Row, given func(flag string) bool) error {
	fields := table.Fields(g)
	gamma := table.Find(fields, "guidance")
	switch {
	case gamma == nil || gamma.Value() != plain.Guidance:
		return nil
	case !given(gamma.Name):
		return fmt.Errorf("--guide %s guides nothing at a gamma of 1, the default; give --guidance, or leave it out", g.Row().Name)
	}
	for _, f := range fields {
		if chosen := f.Name == "weak" && !f.IsZero(); f != gamma && (given(f.Name) || chosen) {
			flag := f.Name
			if chosen {
				flag = "guide"
			}
			return fmt.Errorf("--%s has no effect at --guidance 1, which guides nothing; leave it out, or give another gamma", flag)
		}
	}
	return nil
}

// rule is the rule of the settings.
func rule[X any](sp reverie.Space[X], g Strength) (Rule[X], error) {
	switch {
	case g.APG:
		return Projected(sp, g.Guidance, APG{Eta: g.Eta, Norm: g.Norm, Momentum: g.Momentum})
	case g.Rescale != 0:
		return Rescale(sp, g.Guidance, g.Rescale)
	}
	return Linear(sp, g.Guidance), nil
}

// guided is d, or guided(rule) within the interval. A gamma of 1 leaves d as it is, which then need
// know no null.
func guided[X any](s Setup[X], g Strength, d reverie.Denoiser[X], by func(Rule[X]) reverie.Denoiser[X]) (reverie.Denoiser[X], error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	if g.Guidance == 1 {
		return d, nil
	}
	r, err := rule(s.Space, g)
	if err != nil {
		return nil, err
	}
	if g.Interval == (Levels{}) {
		return by(r), nil
	}
	return Interval(s.Space, s.Process, d, by(r), g.Interval.Lo, g.Interval.Hi), nil
}

// Levels are the noise levels sigma/alpha above Lo up to Hi, as text LO:HI; the zero value, "", is
// all.
type Levels struct{ Lo, Hi float64 }

// MarshalText implements encoding.TextMarshaler.
func (l Levels) MarshalText() ([]byte, error) {
	if l == (Levels{}) {
		return nil, nil
	}
	return fmt.Appendf(nil, "%v:%v", l.Lo, l.Hi), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Levels) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*l = Levels{}
		return nil
	}
	lo, hi, ok := strings.Cut(string(text), ":")
	from, err := strconv.ParseFloat(strings.TrimSpace(lo), 64)
	to, err2 := strconv.ParseFloat(strings.TrimSpace(hi), 64)
	if !ok || err != nil || err2 != nil || !(0 <= from && from < to) || math.IsInf(from, 1) {
		return errors.New("expected two noise levels sigma/alpha from 0 on, LO:HI with LO below HI, such as 0.28:1.6 or 0.3:inf")
	}
	*l = Levels{from, to}
	return nil
}
