package model

import (
	"cmp"
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data/picture"
)

func (s Spec) vp(linear reverie.VP) (reverie.Process, error) {
	switch s.Schedule {
	case "", "linear":
		return linear, nil
	case "cosine":
		return reverie.CosineVP{}, nil
	case "sigmoid":
		return reverie.SigmoidVP{}, nil
	case "learned":
		return reverie.NewLearnedVP(reverie.LearnedParams(reverie.LearnedUnits))
	}
	return nil, fmt.Errorf("process vp has no schedule %q", s.Schedule)
}

// Text are the chunks of a picture that say which process it was made with, under the names of the flags.
func (s Spec) Text() []picture.Text {
	text := []picture.Text{{Key: "process", Value: cmp.Or(s.Process, "ddpm")}}
	add := func(key string, value any) { text = append(text, picture.Text{Key: key, Value: fmt.Sprint(value)}) }
	if s.Schedule != "" && (s.ddpm() || s.Process == "vp") {
		add("schedule", s.Schedule)
	}
	if s.ddpm() {
		add("timesteps", s.Timesteps)
	}
	if s.Process == "subvp" || s.Process == "vp" && s.Schedule == "linear" || s.ddpm() && s.Schedule != "cosine" {
		add("beta-start", s.BetaStart)
		add("beta-end", s.BetaEnd)
	}
	return text
}
