package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/reverie-go/reverie/internal/jsonfile"
)

// A Walk is how another program's scheduler goes through the noise levels, as far as sampling
// follows it. The zero value follows nothing.
type Walk struct {
	// Spacing is the default spacing of the times, as --spacing names it, "" for the solver's own.
	Spacing string
	// AtLowest ends the walk at the lowest noise level in place of the data.
	AtLowest bool
	// Shift moves the times of a flow towards the noise, t to shift t/(1 + (shift-1) t); 0 is 1,
	// which leaves them.
	Shift float64
}

// String says what a walk asks for, "" for nothing.
func (w Walk) String() string {
	var words []string
	if w.Spacing != "" {
		words = append(words, "spacing "+w.Spacing)
	}
	if w.Shift != 0 && w.Shift != 1 {
		words = append(words, fmt.Sprintf("shift %v", w.Shift))
	}
	if w.AtLowest {
		words = append(words, "end at the lowest noise level")
	}
	return strings.Join(words, ", ")
}

// law is the kind of process that a class of scheduler walks.
type law int

const (
	table law = iota // of betas
	flow
	edm
)

// A schedulerClass is what of a class of diffusers' schedulers a file without the key means.
type schedulerClass struct {
	law                law
	betaStart, betaEnd float64
	clips              string // "": it has no clip_sample; else its default
	endsAtOne          string // "": it has no set_alpha_to_one; else its default
	rescales           bool   // it has rescale_betas_zero_snr
}

// schedulerClasses are those whose law is known. Others are distilled (LCM, TCD), tell the network
// something else than the time here (ScoreSdeVe), or walk a law of their own (IPNDM, CogVideoX,
// SCM).
var schedulerClasses = map[string]schedulerClass{
	"DDPMScheduler":                   {table, 1e-4, 0.02, "true", "", true},
	"DDPMParallelScheduler":           {table, 1e-4, 0.02, "true", "", true},
	"DDIMScheduler":                   {table, 1e-4, 0.02, "true", "true", true},
	"DDIMParallelScheduler":           {table, 1e-4, 0.02, "true", "true", true},
	"PNDMScheduler":                   {table, 1e-4, 0.02, "", "false", false},
	"DPMSolverMultistepScheduler":     {table, 1e-4, 0.02, "", "", true},
	"DPMSolverSinglestepScheduler":    {table, 1e-4, 0.02, "", "", false},
	"DPMSolverSDEScheduler":           {table, 0.00085, 0.012, "", "", false},
	"DEISMultistepScheduler":          {table, 1e-4, 0.02, "", "", false},
	"UniPCMultistepScheduler":         {table, 1e-4, 0.02, "", "", true},
	"SASolverScheduler":               {table, 1e-4, 0.02, "", "", false},
	"EulerDiscreteScheduler":          {table, 1e-4, 0.02, "", "", true},
	"EulerAncestralDiscreteScheduler": {table, 1e-4, 0.02, "", "", true},
	"HeunDiscreteScheduler":           {table, 0.00085, 0.012, "false", "", false},
	"LMSDiscreteScheduler":            {table, 1e-4, 0.02, "", "", false},
	"KDPM2DiscreteScheduler":          {table, 0.00085, 0.012, "", "", false},
	"KDPM2AncestralDiscreteScheduler": {table, 0.00085, 0.012, "", "", false},
	"FlowMatchEulerDiscreteScheduler": {law: flow},
	"FlowMatchHeunDiscreteScheduler":  {law: flow},
	"EDMEulerScheduler":               {law: edm},
	"EDMDPMSolverMultistepScheduler":  {law: edm},
}

// solverKeys say how a scheduler's own solver steps. The solver here is chosen by --solver.
var solverKeys = []string{
	"algorithm_type", "base_image_seq_len", "base_shift", "corrector_order", "disable_corrector", "dynamic_thresholding_ratio", "eta", "euler_at_final",
	"interpolation_type", "lambda_min_clipped", "lower_order_final", "max_image_seq_len", "max_shift", "noise_sampler_seed", "predict_x0",
	"predictor_order", "sample_max_value", "skip_prk_steps", "solver_order", "solver_p", "solver_type", "stochastic_sampling", "tau_func", "time_shift_type",
}

// foreignScheduler reads a scheduler_config.json of diffusers.
type foreignScheduler struct {
	class  string
	known  schedulerClass
	fields map[string]any
	seen   map[string]bool
	err    error // the first one
	config SchedulerConfig
	notes  []string
}

// parseForeignScheduler translates a scheduler of diffusers: what of it is a law is honoured, or
// refused by the name of its key.
func parseForeignScheduler(b []byte) (c SchedulerConfig, notes []string, err error) {
	f := &foreignScheduler{fields: map[string]any{}, seen: map[string]bool{}, config: NewScheduler()}
	if err := jsonfile.Lenient(b, &f.fields); err != nil {
		return c, nil, err
	}
	if f.class = f.text("_class_name", ""); f.class == "" && f.err == nil {
		f.class = "DDPMScheduler"
		f.note("no _class_name, read as a DDPMScheduler")
	}
	var ok bool
	if f.known, ok = schedulerClasses[f.class]; !ok {
		return c, nil, fmt.Errorf("_class_name is %q, expected one of %s", f.class, strings.Join(slices.Sorted(maps.Keys(schedulerClasses)), ", "))
	}
	f.read()
	if f.err == nil {
		f.err = f.unknown()
	}
	if f.err == nil {
		f.err = f.config.Validate()
	}
	if walk := f.config.Walk.String(); walk != "" {
		f.note("sampling follows its " + walk)
	}
	return f.config, f.notes, f.err
}

func (f *foreignScheduler) read() {
	f.config.NumTrainTimesteps = f.whole("num_train_timesteps", 1000)
	if f.law() == table {
		f.readTable()
	} else {
		f.readOwn()
	}
	f.readThresholding()
	f.readWalk()
}

// law is that of the class, unless a solver of tables is told to walk a flow.
func (f *foreignScheduler) law() law {
	if f.known.law == table && f.flag("use_flow_sigmas", false) {
		return flow
	}
	return f.known.law
}

func (f *foreignScheduler) readTable() {
	c, known := &f.config, f.known
	if f.class == "DDIMScheduler" {
		c.ClassName = f.class
	}
	c.BetaStart, c.BetaEnd = f.number("beta_start", known.betaStart), f.number("beta_end", known.betaEnd)
	c.BetaSchedule = f.text("beta_schedule", "linear")
	if c.TrainedBetas = f.numbers("trained_betas"); c.TrainedBetas != nil && len(c.TrainedBetas) == 0 {
		f.fail(errors.New("trained_betas is [], expected a number for each step, or null"))
	}
	c.PredictionType = f.text("prediction_type", "epsilon")
	c.VarianceType = strings.TrimSuffix(f.text("variance_type", "fixed_small"), "_log")
	c.ClipSample = known.clips != "" && f.flag("clip_sample", known.clips == "true")
	c.ClipSampleRange = f.number("clip_sample_range", 1)
	if c.RescaleBetasZeroSNR = f.flag("rescale_betas_zero_snr", false); c.RescaleBetasZeroSNR && !known.rescales {
		f.fail(fmt.Errorf("rescale_betas_zero_snr is true, which %s passes over: name a class that has it, such as EulerDiscreteScheduler, or make it false", f.class))
	}
	c.TimestepSpacing, c.StepsOffset = f.text("timestep_spacing", "leading"), f.whole("steps_offset", 0)
	if c.RescaleBetasZeroSNR {
		f.note("rescale_betas_zero_snr: the last step keeps a signal of 2^-12 or less in place of none")
	}
	ends := f.flag("set_alpha_to_one", known.endsAtOne == "true")
	c.Walk.AtLowest = known.endsAtOne != "" && !ends
	f.only("timestep_type", "discrete")
	f.only("sigma_min", nil)
	f.only("sigma_max", nil)
}

// readOwn reads flows and EDM, for which there is no table.
func (f *foreignScheduler) readOwn() {
	c := &f.config
	c.ClassName, c.ClipSample = OwnScheduler, false
	c.Reverie = &SchedulerExtra{Process: "flow", Clamp: "none"}
	c.PredictionType = "velocity"
	if f.law() == edm {
		c.Reverie.Process, c.PredictionType = "edm", "edm"
		text := func(key string, usual float64) json.RawMessage {
			return strconv.AppendFloat(nil, f.number(key, usual), 'g', -1, 64)
		}
		c.Reverie.Settings = map[string]json.RawMessage{
			"sigma_min": text("sigma_min", 0.002), "sigma_max": text("sigma_max", 80), "sigma_data": text("sigma_data", 0.5),
		}
		f.only("prediction_type", "epsilon")
		f.only("rho", 7.0)
		c.Walk.Spacing = "karras"
		if f.text("sigma_schedule", "karras") == "exponential" {
			c.Walk.Spacing = "logsnr"
		} else {
			f.only("sigma_schedule", "karras")
		}
		return
	}
	f.only("num_train_timesteps", 1000.0) // the network is told so many times t
	c.Walk.Spacing, c.Walk.Shift = "linear", f.number("shift", 1)
	f.only("invert_sigmas", false)
	f.only("shift_terminal", nil)
	if f.known.law == table {
		c.Walk.Shift = f.number("flow_shift", 1)
		if kind := f.text("prediction_type", "epsilon"); kind != "flow_prediction" {
			f.fail(fmt.Errorf("prediction_type is %q, expected flow_prediction with use_flow_sigmas", kind))
		}
		for _, key := range []string{"beta_start", "beta_end", "beta_schedule", "trained_betas", "timestep_spacing", "steps_offset", "rescale_betas_zero_snr", "variance_type",
			"clip_sample", "clip_sample_range", "set_alpha_to_one"} {
			f.seen[key] = true
		}
	}
	if s := c.Walk.Shift; !(s >= 1e-3 && s <= 1e3) {
		f.fail(fmt.Errorf("shift is %v, expected 0.001 to 1000", s))
	}
}

// readThresholding translates dynamic thresholding. Its scale lies between 1 and sample_max_value,
// so that where that is 1 it clamps.
func (f *foreignScheduler) readThresholding() {
	if !f.flag("thresholding", false) {
		return
	}
	if most := f.number("sample_max_value", 1); most != 1 {
		f.fail(fmt.Errorf("thresholding is true with sample_max_value %v, which is not supported: make it false and sample with --clamp dynamic, whose scale has no limit", most))
	}
	f.config.ClipSample, f.config.ClipSampleRange = true, 1
	if f.config.Reverie != nil {
		f.config.Reverie.Clamp = "x0"
	}
}

// readWalk reads the keys of the spacing and of the last step, which classes of every law share.
func (f *foreignScheduler) readWalk() {
	w := &f.config.Walk
	switch spacing := f.text("timestep_spacing", "leading"); spacing {
	case "leading":
		if f.config.Reverie == nil && f.fields["timestep_spacing"] != nil {
			f.note("timestep_spacing leading is not followed: sampling begins at the last step, which it leaves out")
		}
	case "trailing":
		w.Spacing = "trailing"
	case "linspace":
		w.Spacing = "linear"
	default:
		f.fail(fmt.Errorf("timestep_spacing is %q, expected leading, trailing or linspace", spacing))
	}
	for key, spacing := range map[string]string{"use_karras_sigmas": "karras", "use_exponential_sigmas": "logsnr", "use_lu_lambdas": "logsnr"} {
		if f.flag(key, false) {
			w.Spacing = spacing
		}
	}
	f.only("use_beta_sigmas", false)
	f.only("use_dynamic_shifting", false)
	switch last := f.text("final_sigmas_type", "zero"); last {
	case "zero":
	case "sigma_min":
		w.AtLowest = true
	default:
		f.fail(fmt.Errorf("final_sigmas_type is %q, expected zero or sigma_min", last))
	}
}

// unknown reports a key that nothing has asked for and that says something.
func (f *foreignScheduler) unknown() error {
	for _, key := range slices.Sorted(maps.Keys(f.fields)) {
		if f.seen[key] || strings.HasPrefix(key, "_") || slices.Contains(solverKeys, key) || isNeutral(f.fields[key]) || f.elsewhere(key) {
			continue
		}
		return fmt.Errorf("%s is %s: the key is not known, and may change what the network was trained on; where it does not, take it out", key, inJSON(f.fields[key]))
	}
	return nil
}

// elsewhereKeys are those of the laws: a scheduler that was made of another's configuration keeps
// the other's keys, and uses none of them.
var elsewhereKeys = []string{
	"beta_end", "beta_schedule", "beta_start", "clip_sample", "clip_sample_range", "flow_shift", "invert_sigmas", "prediction_type", "rescale_betas_zero_snr", "rho",
	"set_alpha_to_one", "shift", "shift_terminal", "sigma_data", "sigma_max", "sigma_min", "sigma_schedule", "steps_offset", "timestep_spacing", "timestep_type",
	"trained_betas", "variance_type",
}

func (f *foreignScheduler) elsewhere(key string) bool { return slices.Contains(elsewhereKeys, key) }

// isNeutral says whether a value says nothing: null, false, 0, or empty.
func isNeutral(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case float64:
		return v == 0
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

func (f *foreignScheduler) note(text string) { f.notes = append(f.notes, "scheduler: "+text) }

func (f *foreignScheduler) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

// value gives a key's value; a missing one and null give the default.
func value[T any](f *foreignScheduler, key string, def T) T {
	f.seen[key] = true
	v := f.fields[key]
	if v == nil {
		return def
	}
	x, ok := v.(T)
	if !ok {
		f.fail(fmt.Errorf("%s is %s, expected such as %s", key, inJSON(v), inJSON(def)))
	}
	return x
}

func (f *foreignScheduler) text(key, def string) string          { return value(f, key, def) }
func (f *foreignScheduler) flag(key string, def bool) bool       { return value(f, key, def) }
func (f *foreignScheduler) number(key string, d float64) float64 { return value(f, key, d) }

func (f *foreignScheduler) whole(key string, def int) int {
	v := f.number(key, float64(def))
	if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		f.fail(fmt.Errorf("%s is %v, expected a whole number", key, v))
		return def
	}
	return int(v)
}

func (f *foreignScheduler) numbers(key string) []float64 {
	list := value(f, key, []any(nil))
	if list == nil {
		return nil
	}
	all := []float64{}
	for i, v := range list {
		x, ok := v.(float64)
		if !ok {
			f.fail(fmt.Errorf("%s[%d] is %s, expected a number", key, i, inJSON(v)))
			return nil
		}
		all = append(all, x)
	}
	return all
}

// inJSON is a value as it stands in the file, of which the first bytes. NaN and the infinities were
// made strings.
func inJSON(v any) string {
	if s, ok := v.(string); ok && slices.Contains([]string{"NaN", "Infinity", "-Infinity"}, s) {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("%.100s", b)
}

// only reports a key whose value is not the one that is supported; missing and null are that of the
// class, which is it.
func (f *foreignScheduler) only(key string, supported any) {
	f.seen[key] = true
	if v := f.fields[key]; v != nil && v != supported {
		f.fail(fmt.Errorf("%s is %s, which is not supported: expected %s", key, inJSON(v), inJSON(supported)))
	}
}
