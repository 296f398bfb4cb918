package model

import (
	"cmp"
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
)

// A Spec names a process and what a network predicts on it, in the words of the flags: what a model's files and a run's
// configuration say alike.
type Spec struct {
	Process  string // ddpm, vp, subvp, ve, edm or flow; "": ddpm
	Schedule string // of ddpm and vp

	Timesteps          int       // of ddpm
	Betas              []float64 // of ddpm: the table itself, in place of a schedule's; nil: the schedule's
	ZeroSNR            bool      // of ddpm: the table is rescaled by reverie.ZeroSNR
	BetaStart, BetaEnd float64   // of linear and scaled-linear: beta_0 and beta_{T-1}; of vp and subvp a thousandth of beta(0) and beta(1)

	SigmaMin, SigmaMax float64 // of ve and edm; 0: the paper's
	Between            bool    // of flow: between two data sets

	Prediction string  // one of reverie.ParamNames
	SigmaData  float64 // of the prediction edm; 0: 0.5
	Variance   string  // of ddpm's reverse steps: posterior, beta or learned
	Energy     bool    // the network is a net.Energy
}

// vpSteps is the number of steps whose betas, times it, are the beta(t) of a VP-SDE: the paper's 0.1 and 20 are then DDPM's 1e-4
// and 0.02 (Song et al. 2021, arXiv:2011.13456, appendix B).
const vpSteps = 1000

// New makes the process. A learned schedule begins as the linear one; its own is read from the weights.
func (s Spec) New() (reverie.Process, error) {
	vp := reverie.VP{BetaMin: vpSteps * s.BetaStart, BetaMax: vpSteps * s.BetaEnd}
	switch s.Process {
	case "", "ddpm":
		beta, err := s.Betas, error(nil)
		if beta == nil {
			beta, err = reverie.Betas(s.Schedule, s.Timesteps, s.BetaStart, s.BetaEnd)
		}
		if err != nil {
			return nil, err
		}
		if s.ZeroSNR {
			beta = reverie.ZeroSNR(beta)
		}
		return reverie.NewDDPM(beta)
	case "vp":
		return s.vp(vp)
	case "subvp":
		return reverie.SubVP(vp), nil
	case "ve":
		return reverie.VE{SigmaMin: s.SigmaMin, SigmaMax: s.SigmaMax}, nil
	case "edm":
		return reverie.EDM{SigmaMin: s.SigmaMin, SigmaMax: s.SigmaMax}, nil
	case "flow":
		return reverie.Flow{Between: s.Between}, nil
	}
	return nil, fmt.Errorf("process %q is not supported", s.Process)
}

// Param is the prediction kind.
func (s Spec) Param() (reverie.Param, error) {
	if s.Prediction == "edm" {
		return reverie.EDMParam(cmp.Or(s.SigmaData, 0.5)), nil
	}
	return reverie.ParseParam(s.Prediction)
}

// Learned says whether the network's output has the variance of the reverse steps beside the prediction.
func (s Spec) Learned() bool { return s.Variance == "learned" }

// LearnedSchedule says whether the noise schedule is among the weights.
func (s Spec) LearnedSchedule() bool { return s.Process == "vp" && s.Schedule == "learned" }

// What we call things and what diffusers calls them, in pairs.
var (
	schedules   = [][2]string{{"linear", "linear"}, {"scaled-linear", "scaled_linear"}, {"cosine", "squaredcos_cap_v2"}, {"sigmoid", "sigmoid"}}
	predictions = [][2]string{{"eps", "epsilon"}, {"x0", "sample"}, {"v", "v_prediction"}, {"velocity", "velocity"}, {"score", "score"}, {"edm", "edm"}}
	variances   = [][2]string{{"posterior", "fixed_small"}, {"beta", "fixed_large"}, {"learned", "learned_range"}}
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

// Scheduler describes a process in the words of files: diffusers' where it has them.
func (s Spec) Scheduler() (checkpoint.SchedulerConfig, error) {
	c := checkpoint.NewScheduler()
	x := &checkpoint.SchedulerExtra{Process: cmp.Or(s.Process, "ddpm"), SigmaData: s.SigmaData, Energy: s.Energy}
	c.Reverie = x
	var err error
	if s.ddpm() {
		c.NumTrainTimesteps, c.TrainedBetas, c.RescaleBetasZeroSNR = s.Timesteps, s.Betas, s.ZeroSNR
		if c.BetaSchedule, err = translate(schedules, 0, "schedule", s.Schedule); err != nil {
			return c, err
		}
	} else {
		c.ClassName = checkpoint.OwnScheduler
		x.Schedule, x.SigmaMin, x.SigmaMax, x.Between = s.Schedule, s.SigmaMin, s.SigmaMax, s.Between
	}
	if s.BetaStart > 0 {
		c.BetaStart, c.BetaEnd = s.BetaStart, s.BetaEnd
	}
	if c.PredictionType, err = translate(predictions, 0, "prediction", s.Prediction); err != nil {
		return c, err
	}
	c.VarianceType, err = translate(variances, 0, "variance", cmp.Or(s.Variance, "posterior"))
	return c, err
}

// ddpm says whether the process is a table of betas.
func (s Spec) ddpm() bool { return s.Process == "" || s.Process == "ddpm" }

// SpecOf translates a scheduler's configuration, or names what of it is not supported.
func SpecOf(c checkpoint.SchedulerConfig) (s Spec, err error) {
	s = Spec{Process: "ddpm", Timesteps: c.NumTrainTimesteps, BetaStart: c.BetaStart, BetaEnd: c.BetaEnd}
	if x := c.Reverie; x != nil {
		s.Process, s.SigmaMin, s.SigmaMax, s.SigmaData, s.Between = cmp.Or(x.Process, "ddpm"), x.SigmaMin, x.SigmaMax, x.SigmaData, x.Between
		s.Energy = x.Energy
	}
	if s.ddpm() {
		s.Betas, s.ZeroSNR = c.TrainedBetas, c.RescaleBetasZeroSNR
		s.Schedule, err = translate(schedules, 1, "beta_schedule", c.BetaSchedule)
	} else {
		s.Schedule = c.Reverie.Schedule
	}
	if err != nil {
		return s, err
	}
	if s.Prediction, err = translate(predictions, 1, "prediction_type", c.PredictionType); err != nil {
		return s, err
	}
	if s.Variance, err = translate(variances, 1, "variance_type", c.VarianceType); err != nil {
		return s, err
	}
	if c.ClipSample && c.ClipSampleRange != 1 {
		return s, fmt.Errorf("scheduler: clip_sample_range %v is not supported: images are in [-1, 1], expected 1", c.ClipSampleRange)
	}
	return s, nil
}

// String is the process as a person reads it.
func (s Spec) String() string {
	switch {
	case s.ddpm() && s.ZeroSNR:
		s.ZeroSNR = false
		return s.String() + ", rescaled to no signal at the end"
	case s.ddpm() && s.Betas != nil:
		return fmt.Sprintf("ddpm, T = %d, a table of betas of its own", s.Timesteps)
	case s.ddpm() && s.Schedule == "cosine":
		return fmt.Sprintf("ddpm, T = %d, cosine betas", s.Timesteps)
	case s.ddpm():
		return fmt.Sprintf("ddpm, T = %d, %s betas %v to %v", s.Timesteps, s.Schedule, s.BetaStart, s.BetaEnd)
	case s.Process == "vp":
		return "vp, " + cmp.Or(s.Schedule, "linear")
	case s.Between:
		return "flow between two data sets"
	}
	return s.Process
}
