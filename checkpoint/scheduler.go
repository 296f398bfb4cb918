package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/internal/jsonfile"
	"github.com/reverie-go/reverie/kind"
)

// SchedulerConfig is scheduler/scheduler_config.json: the keys of diffusers' DDPMScheduler, and
// under "reverie" what it has no key for. [NewScheduler] gives the defaults.
type SchedulerConfig struct {
	ClassName        string `json:"_class_name"`
	DiffusersVersion string `json:"_diffusers_version"`

	NumTrainTimesteps int     `json:"num_train_timesteps"` // T, at least 1
	BetaStart         float64 `json:"beta_start"`          // in (0, 1)
	BetaEnd           float64 `json:"beta_end"`            // in (0, 1)
	// BetaSchedule is "linear", "scaled_linear", "squaredcos_cap_v2" (cosine) or "sigmoid", or what
	// package formulation has beside.
	BetaSchedule string `json:"beta_schedule"`
	// PredictionType is "epsilon", "sample" (x0) or "v_prediction", as diffusers has them, or the
	// name of another of package formulation's.
	PredictionType string `json:"prediction_type"`
	// VarianceType is "fixed_small" (posterior), "fixed_large" (beta) or "learned_range" (learned,
	// between the two).
	VarianceType string `json:"variance_type"`
	// ClipSample clamps x0 to [-ClipSampleRange, ClipSampleRange] at every step.
	ClipSample      bool    `json:"clip_sample"`
	ClipSampleRange float64 `json:"clip_sample_range"`

	// TrainedBetas, if not null, is the table of betas itself, T of them.
	TrainedBetas []float64 `json:"trained_betas"`
	// RescaleBetasZeroSNR rescales the table so that the last step has no signal (Lin et al. 2023,
	// arXiv:2305.08891).
	RescaleBetasZeroSNR bool `json:"rescale_betas_zero_snr"`

	// The rest is diffusers' too. Thresholding is refused unless it clamps.
	Thresholding          bool    `json:"thresholding"`
	DynamicThresholdRatio float64 `json:"dynamic_thresholding_ratio"`
	SampleMaxValue        float64 `json:"sample_max_value"`
	TimestepSpacing       string  `json:"timestep_spacing"` // of Python's sampler; not used here
	StepsOffset           int     `json:"steps_offset"`     // likewise

	// Walk is how a scheduler from elsewhere goes through the noise levels.
	Walk Walk `json:"-"`

	// Reverie holds what diffusers has no key for; nil for a table of betas from elsewhere.
	Reverie *SchedulerExtra `json:"reverie,omitempty"`
}

// OwnScheduler is the class of a process that diffusers has no table of betas for.
const OwnScheduler = "ReverieScheduler"

// diffusersVersion is the version of diffusers whose files we write.
const diffusersVersion = "0.35.2"

// NewScheduler gives diffusers' defaults: T = 1000, beta linear from 1e-4 to 0.02, epsilon,
// fixed_small, x0 clamped to [-1, 1].
func NewScheduler() SchedulerConfig {
	return SchedulerConfig{
		ClassName: "DDPMScheduler", DiffusersVersion: diffusersVersion,
		NumTrainTimesteps: 1000, BetaStart: 1e-4, BetaEnd: 0.02, BetaSchedule: "linear",
		PredictionType: "epsilon", VarianceType: "fixed_small", ClipSample: true, ClipSampleRange: 1,
		DynamicThresholdRatio: 0.995, SampleMaxValue: 1, TimestepSpacing: "leading",
	}
}

// maxTimesteps bounds the tables that a hostile file can ask for.
const maxTimesteps = 1_000_000

// Validate reports the first field that reverie cannot honour.
func (c SchedulerConfig) Validate() error {
	if c.NumTrainTimesteps < 1 || c.NumTrainTimesteps > maxTimesteps {
		return fmt.Errorf("num_train_timesteps is %d, expected 1 to %d", c.NumTrainTimesteps, maxTimesteps)
	}
	if c.BetaSchedule != "squaredcos_cap_v2" {
		if !(0 < c.BetaStart && c.BetaStart <= c.BetaEnd && c.BetaEnd < 1) {
			return fmt.Errorf("beta_start %v and beta_end %v: expected 0 < beta_start <= beta_end < 1", c.BetaStart, c.BetaEnd)
		}
	}
	if c.ClipSample && !(c.ClipSampleRange > 0) {
		return fmt.Errorf("clip_sample_range is %v, expected more than 0", c.ClipSampleRange)
	}
	if n := len(c.TrainedBetas); n > 0 && n != c.NumTrainTimesteps {
		return fmt.Errorf("trained_betas is a table of %d, expected num_train_timesteps, %d", n, c.NumTrainTimesteps)
	}
	for i, b := range c.TrainedBetas {
		if !(b > 0 && b < 1) {
			return fmt.Errorf("trained_betas[%d] is %v, expected a number between 0 and 1", i, b)
		}
	}
	if c.Thresholding {
		return fmt.Errorf("thresholding is true, expected false")
	}
	return c.validateNames()
}

func (c SchedulerConfig) validateNames() error {
	type name struct {
		field, value string
		known        []string
	}
	names := []name{
		{"_class_name", c.ClassName, []string{"DDPMScheduler", "DDIMScheduler", OwnScheduler}},
		{"variance_type", c.VarianceType, []string{"fixed_small", "fixed_large", "learned_range"}},
	}
	if c.Reverie == nil { // what is ours may have names of its own, which package formulation knows
		names = append(names,
			name{"beta_schedule", c.BetaSchedule, []string{"linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid"}},
			name{"prediction_type", c.PredictionType, []string{"epsilon", "sample", "v_prediction", "velocity", "score", "edm"}})
	} else if c.BetaSchedule == "" || c.PredictionType == "" {
		return errors.New("beta_schedule or prediction_type is empty, expected a name")
	}
	if c.Reverie != nil {
		names = append(names, name{"reverie.clamp", c.Reverie.Clamp, []string{"", "x0", "dynamic", "x", "none"}})
		if err := c.Reverie.Kind.Validate(); err != nil {
			return fmt.Errorf("reverie: %w", err)
		}
		if x := c.Reverie; min(x.H, x.W, x.Steps) < 0 || max(x.H, x.W) > MaxSide {
			return fmt.Errorf("reverie: height %d, width %d, steps %d: expected 0 or more, sides up to %d", x.H, x.W, x.Steps, MaxSide)
		}
	}
	for _, n := range names {
		if !slices.Contains(n.known, n.value) {
			return fmt.Errorf("%s is %q, expected one of %q", n.field, n.value, n.known)
		}
	}
	return nil
}

// parseScheduler reads scheduler_config.json, ours or diffusers'; what it leaves out has diffusers'
// default. The notes say what of another's is not followed.
func parseScheduler(b []byte) (c SchedulerConfig, notes []string, err error) {
	var own struct {
		Class   string           `json:"_class_name"`
		Reverie *json.RawMessage `json:"reverie"`
	}
	if err := jsonfile.Lenient(b, &own); err != nil {
		return c, nil, err
	}
	if own.Reverie == nil && own.Class != OwnScheduler {
		return parseForeignScheduler(b)
	}
	c = NewScheduler()
	if err := jsonfile.Strict(b, &c); err != nil {
		return c, nil, err
	}
	return c, nil, c.Validate()
}

// SchedulerExtra is what reverie keeps beside diffusers' keys.
type SchedulerExtra struct {
	// Process is the process as --process names it; "" means ddpm.
	Process string `json:"process"`
	// Settings are those of the process and the prediction that diffusers has no key for, as JSON
	// has them: the flags' names with underscores. They stand among the keys of the other fields,
	// and what key is none of theirs is taken for one; package formulation knows them.
	Settings map[string]json.RawMessage `json:"-"`
	// Energy says that the prediction is the gradient of what the network makes of its input.
	Energy bool `json:"energy,omitempty"`
	// Between says of a flow that its far end is a second data set instead of noise.
	Between bool `json:"between,omitempty"`
	// Paired says that the network has learned pairs: of each sample the other one is its far end,
	// or given beside it.
	Paired bool `json:"paired,omitempty"`
	// Unpaired says of a bridge that the network's outputs are E[x0 | x_t], then as many of E[x1 |
	// x_t].
	Unpaired bool `json:"unpaired,omitempty"`
	// Clamp is what sampling clamps unless told otherwise: "x0", "x", "none", or "" for the
	// solver's default.
	Clamp string `json:"clamp"`
	// Preset is the preset that the run was started from, "" for none or unknown.
	Preset string `json:"preset"`
	// Kind says what the training data were, as far as it is known; files from before it was
	// written have no form.
	kind.Kind
	// Null says of a network that takes the kind's classes that it has learned the null class, too.
	Null bool `json:"null_class,omitempty"`
	// Solver and Steps are the run's own sampler: "" and 0 for sampling's defaults.
	Solver string `json:"solver"`
	Steps  int    `json:"steps"`
	// SolverSettings are those of the solver that are not its defaults, by the names of their
	// flags.
	SolverSettings map[string]json.RawMessage `json:"solver_settings,omitempty"`
}

// plainExtra is SchedulerExtra as its tags have it.
type plainExtra SchedulerExtra

// MarshalJSON implements json.Marshaler.
func (x SchedulerExtra) MarshalJSON() ([]byte, error) {
	b, err := json.Marshal(plainExtra(x))
	if err != nil || len(x.Settings) == 0 {
		return b, err
	}
	for key := range x.Settings {
		if slices.Contains(extraKeys(), key) {
			return nil, fmt.Errorf("a setting has the name %q, which is another's in reverie", key)
		}
	}
	settings, err := json.Marshal(x.Settings)
	return slices.Concat(b[:len(b)-1], []byte(","), settings[1:]), err
}

// UnmarshalJSON implements json.Unmarshaler.
func (x *SchedulerExtra) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, (*plainExtra)(x)); err != nil {
		return err
	}
	x.Settings = nil
	if err := json.Unmarshal(b, &x.Settings); err != nil {
		return err
	}
	for _, key := range extraKeys() {
		delete(x.Settings, key)
	}
	if len(x.Settings) == 0 {
		x.Settings = nil
	}
	return nil
}

// extraKeys are the keys of the fields.
func extraKeys() (all []string) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[SchedulerExtra]()) {
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		all = append(all, key)
	}
	return all
}
