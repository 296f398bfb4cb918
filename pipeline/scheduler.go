package pipeline

import (
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
)

// What we call things and what diffusers calls them, in pairs.
var (
	schedules   = [][2]string{{"linear", "linear"}, {"scaled-linear", "scaled_linear"}, {"cosine", "squaredcos_cap_v2"}}
	predictions = [][2]string{{"eps", "epsilon"}, {"x0", "sample"}, {"v", "v_prediction"}, {"velocity", "velocity"}, {"score", "score"}}
	variances   = [][2]string{{"posterior", "fixed_small"}, {"beta", "fixed_large"}}
)

// translate finds name in column from of a table and returns the other column.
func translate(table [][2]string, from int, field, name string) (string, error) {
	for _, row := range table {
		if row[from] == name {
			return row[1-from], nil
		}
	}
	return "", fmt.Errorf("scheduler: %s %q is not supported", field, name)
}

// Scheduler describes a chain and what is predicted on it in diffusers' words;
// the names are those of our flags.
func Scheduler(schedule string, T int, betaStart, betaEnd float64, prediction, variance string) (checkpoint.SchedulerConfig, error) {
	c := checkpoint.NewScheduler()
	c.NumTrainTimesteps, c.BetaStart, c.BetaEnd = T, betaStart, betaEnd
	var err error
	if c.BetaSchedule, err = translate(schedules, 0, "schedule", schedule); err != nil {
		return c, err
	}
	if c.PredictionType, err = translate(predictions, 0, "prediction", prediction); err != nil {
		return c, err
	}
	c.VarianceType, err = translate(variances, 0, "variance", variance)
	return c, err
}

// Process returns the chain and the prediction kind that a scheduler's
// configuration describes.
func Process(c checkpoint.SchedulerConfig) (*reverie.DDPM, reverie.Param, error) {
	n, err := Described(c)
	if err != nil {
		return nil, nil, err
	}
	if c.ClipSample && c.ClipSampleRange != 1 {
		return nil, nil, fmt.Errorf("scheduler: clip_sample_range %v is not supported: images are in [-1, 1], expected 1", c.ClipSampleRange)
	}
	beta, err := reverie.Betas(n.Schedule, c.NumTrainTimesteps, c.BetaStart, c.BetaEnd)
	if err != nil {
		return nil, nil, fmt.Errorf("scheduler: %w", err)
	}
	p, err := reverie.NewDDPM(beta)
	if err != nil {
		return nil, nil, fmt.Errorf("scheduler: %w", err)
	}
	k, err := reverie.ParseParam(n.Prediction)
	return p, k, err
}

// Names are what a scheduler's configuration is called in our words, those of
// the flags.
type Names struct{ Schedule, Prediction, Variance string }

// Described translates a scheduler's configuration, or names what of it is not
// supported.
func Described(c checkpoint.SchedulerConfig) (n Names, err error) {
	if n.Schedule, err = translate(schedules, 1, "beta_schedule", c.BetaSchedule); err != nil {
		return n, err
	}
	if n.Prediction, err = translate(predictions, 1, "prediction_type", c.PredictionType); err != nil {
		return n, err
	}
	n.Variance, err = translate(variances, 1, "variance_type", c.VarianceType)
	return n, err
}
