package formulation

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/noise"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// What we call things and what diffusers calls them, in pairs. What it has no word for has ours.
var (
	schedules   = [][2]string{{"linear", "linear"}, {"scaled-linear", "scaled_linear"}, {"cosine", "squaredcos_cap_v2"}, {"sigmoid", "sigmoid"}}
	predictions = [][2]string{{"eps", "epsilon"}, {"x0", "sample"}, {"v", "v_prediction"}}
	variances   = [][2]string{{"posterior", "fixed_small"}, {"beta", "fixed_large"}, {"learned", "learned_range"}}
)

// translate finds name in column from of a table and returns the other column, or the name.
func translate(table [][2]string, from int, name string) string {
	for _, row := range table {
		if row[from] == name {
			return row[1-from]
		}
	}
	return name
}

// chosen are the rows of a Spec that have settings.
type chosen struct {
	Process    Process     `flag:"process" of:"process"`
	Prediction Prediction  `flag:"prediction" of:"prediction"`
	Noise      noise.Noise `flag:"noise" of:"noise"` // nil: gaussian, which files do not mention
	Patch      int         `flag:"patch" range:"[0,4096]"`
	Blind      bool        `flag:"blind"`
}

// Scheduler describes a process in the words of files: diffusers' where it has them, else those of
// the settings, see checkpoint.SchedulerExtra.
func (s Spec) Scheduler() (checkpoint.SchedulerConfig, error) {
	c := checkpoint.NewScheduler()
	x := &checkpoint.SchedulerExtra{Process: nameOf(s.Process), Energy: s.Energy, Between: s.Between(), Paired: s.Paired, Unpaired: s.Unpaired, Settings: map[string]json.RawMessage{}}
	c.Reverie = x
	c.PredictionType = translate(predictions, 0, nameOf(s.Prediction))
	c.VarianceType = translate(variances, 0, cmp.Or(s.Variance, "posterior"))
	d, chain := s.Process.(*DDPM)
	if chain {
		c.NumTrainTimesteps, c.TrainedBetas, c.RescaleBetasZeroSNR = d.Timesteps, d.Betas, d.ZeroSNR
		c.BetaSchedule = translate(schedules, 0, nameOf(d.Schedule))
	} else {
		c.ClassName = checkpoint.OwnScheduler
	}
	for _, f := range table.Fields(&chosen{s.Process, s.Prediction, noise.Shaped(s.Noise), s.Patch, s.Blind}) {
		switch {
		case f.Name == "process" || f.Name == "prediction" || f.IsZero() || chain && (f.Name == "timesteps" || f.Name == "schedule"):
		case f.Name == "beta-start":
			c.BetaStart = f.Value().(float64)
		case f.Name == "beta-end":
			c.BetaEnd = f.Value().(float64)
		default:
			b, err := f.JSON()
			if err != nil {
				return c, fmt.Errorf("%s: %w", f.Name, err)
			}
			x.Settings[key(f.Name)] = b
		}
	}
	return c, nil
}

// key is the key of a file for a setting.
func key(flag string) string { return strings.ReplaceAll(flag, "-", "_") }

// SpecOf translates a scheduler's configuration, or names what of it is not supported.
func SpecOf(c checkpoint.SchedulerConfig) (s Spec, err error) {
	x := c.Reverie
	if x == nil {
		x = new(checkpoint.SchedulerExtra)
	}
	values := map[string]any{"beta-start": c.BetaStart, "beta-end": c.BetaEnd}
	for k, v := range x.Settings {
		if k != "schedule" || string(v) != `""` {
			values[strings.ReplaceAll(k, "_", "-")] = v
		}
	}
	of := chosen{}
	if of.Process, err = Processes.New(cmp.Or(x.Process, "ddpm")); err != nil {
		return s, unsupported("process", x.Process, Processes.Names())
	}
	if of.Prediction, err = Predictions.New(translate(predictions, 1, c.PredictionType)); err != nil {
		return s, unsupported("prediction_type", c.PredictionType, nil)
	}
	if d, ok := of.Process.(*DDPM); ok {
		d.Timesteps, d.Betas, d.ZeroSNR = c.NumTrainTimesteps, c.TrainedBetas, c.RescaleBetasZeroSNR
		if d.Schedule, err = Schedules.New(translate(schedules, 1, c.BetaSchedule)); err != nil {
			return s, unsupported("beta_schedule", c.BetaSchedule, nil)
		}
	}
	if err := of.set(values, x.Settings); err != nil {
		return s, err
	}
	s = Spec{Process: of.Process, Prediction: of.Prediction, Noise: of.Noise, Patch: of.Patch, Paired: x.Paired, Blind: of.Blind, Energy: x.Energy, Variance: translate(variances, 1, c.VarianceType)}
	if _, err := sample.Variances.Find(s.Variance); err != nil || s.Variance == c.VarianceType {
		return s, unsupported("variance_type", c.VarianceType, nil)
	}
	if s.Unpaired = x.Unpaired; s.Unpaired {
		if err := s.validateUnpaired(); err != nil {
			return s, fmt.Errorf("scheduler: reverie.unpaired: %w", err)
		}
	}
	if x.Between {
		e, ok := s.Process.(Ended)
		if !ok {
			return s, fmt.Errorf("scheduler: reverie.between: process %s has no second data set", nameOf(s.Process))
		}
		s.Process = e.WithFarEnd()
	}
	if c.ClipSample && c.ClipSampleRange != 1 {
		return s, fmt.Errorf("scheduler: clip_sample_range %v is not supported: images are in [-1, 1], expected 1", c.ClipSampleRange)
	}
	return s, nil
}

// set gives the rows their settings, and checks those that came from a file's own part.
func (of *chosen) set(values map[string]any, own map[string]json.RawMessage) error {
	b, err := json.Marshal(values)
	if err == nil {
		err = table.Decode(of, b)
	}
	for _, f := range table.Fields(of) {
		if _, ok := own[key(f.Name)]; ok && err == nil {
			err = f.Check()
		}
	}
	var wrong *table.Error
	if errors.As(err, &wrong) {
		return fmt.Errorf("scheduler: reverie.%s: %s", key(wrong.Flag), wrong.Text)
	}
	if err != nil {
		return fmt.Errorf("scheduler: reverie: %w", err)
	}
	return nil
}

// unsupported is the error of a name in a file; known are those there are, where that helps.
func unsupported(field, name string, known []string) error {
	err := fmt.Errorf("scheduler: %s %q is not supported", field, name)
	if known != nil {
		err = fmt.Errorf("%w: the program knows %s", err, strings.Join(known, ", "))
	}
	return err
}
