package config

import (
	"cmp"
	"fmt"
	"slices"
)

// predictions and solvers are what a process is learned and sampled by where nothing is said and the preset's does not suit it.
var (
	predictions = map[string]string{"ve": "edm", "edm": "edm", "flow": "velocity"}
	solvers     = map[string]string{"vp": "dpm++2m", "subvp": "heun", "ve": "heun", "edm": "heun", "flow": "heun"}
)

// Adapt replaces what the preset says by what suits the data, the network and the process that were given, wherever the command line
// does not say.
func (r *Run) Adapt(given func(flag string) bool) {
	switch k := claim(r.Data).Kind; {
	case k.Vector():
		r.adaptPoints(given)
	case !k.Pictorial():
		r.adaptFields(given)
	case !given("split"):
		r.Split = r.UsualSplit()
	}
	r.adaptNetwork(given)
	r.adaptAutoencoder(given)
	if !r.Autoencoder() {
		r.adaptProcess(given)
	}
}

// UsualSplit is the rule of the hold-out where none is given: by the pixels. The embedded emoji, of which none is a copy of another,
// keep the split that runs on them have always had; points are compared by their numbers alone.
func (r *Run) UsualSplit() string {
	if len(r.Data) == 0 || !r.Kind().Pictorial() {
		return "bytes"
	}
	return "pixels"
}

// adaptProcess replaces what belongs to another process, such as its prediction.
func (r *Run) adaptProcess(given func(flag string) bool) {
	if given("process") {
		if p, ok := predictions[r.Process]; ok && !given("prediction") {
			r.Prediction = p
		}
		if r.Process == "edm" && !given("times") {
			r.Times = "log-normal" // uniform in sigma, nearly all would be noise
		}
		if solver, ok := solvers[r.Process]; ok && !given("solver") {
			r.Solver = solver
		}
		if !given("schedule") && (r.Process != "ddpm" && r.Process != "vp" || r.Schedule == "scaled-linear") {
			r.Schedule = "linear"
		}
		if !given("loss") && r.Process != "ddpm" {
			r.Loss = "mse"
		}
	}
	if r.Prediction == "score" && r.Objective == "denoise" && !given("weighting") && (r.Loss == "mse" || !given("loss")) {
		r.Loss, r.Weighting = "mse", "snr" // alike on the score, the lowest noise levels would be all that counts
	}
	if given("variance") && !given("solver") {
		r.Solver = "ddpm" // which alone draws with it
	}
	if (given("process") || given("solver") || given("timesteps") || given("variance")) && !given("sample-steps") {
		r.SampleSteps = 0 // the preset's number is for its own solver and T
	}
	if !habits(r.Solver).Lecture && r.Clamp == "x" && !given("clamp") {
		r.Clamp = "x0" // the lecture's clamp of x is for its own two solvers
	}
	if !hasVariance(r.Solver) && !given("variance") {
		r.Variance = "posterior" // which no other solver looks at
	}
}

// vpSchedules are the schedules that a VP-SDE has; the others are tables of betas.
var vpSchedules = []string{"linear", "cosine", "sigmoid", "learned"}

// usesBetas says whether beta-start and beta-end have an effect.
func (r *Run) usesBetas() bool {
	switch r.Process {
	case "ddpm":
		return r.Schedule != "cosine"
	case "vp":
		return r.Schedule == "linear"
	}
	return r.Process == "subvp"
}

// betas is what beta-start and beta-end belong to.
const betas = "--schedule linear, scaled-linear and sigmoid"

// noBetas is what makes beta-start and beta-end unused.
func (r *Run) noBetas() string {
	if r.Process == "ddpm" || r.Process == "vp" {
		return r.Schedule
	}
	return r.Process
}

// Unused returns an error for a flag that was given and that the rest of the configuration leaves without effect, with what it
// belongs to.
func (r *Run) Unused(given func(flag string) bool) error {
	if err := first(r.unusedParts(given), r.unusedNetwork(given), r.unusedSettings(given)); err != nil {
		return err
	}
	if given("split") && r.Val == 0 {
		return fmt.Errorf("--split says which images are held out, and --val 0 holds out none; leave it out, or give a --val")
	}
	if r.Autoencoder() {
		return nil
	}
	rows := []struct {
		flag    string
		belongs bool
		to, not string
	}{
		{"timesteps", r.Process == "ddpm", "--process ddpm", r.Process},
		{"schedule", r.Process == "ddpm" || r.Process == "vp", "--process ddpm and vp", r.Process},
		{"beta-start", r.usesBetas(), betas, r.noBetas()},
		{"beta-end", r.usesBetas(), betas, r.noBetas()},
		{"sigma-min", r.Process == "ve" || r.Process == "edm", "--process ve and edm", r.Process},
		{"sigma-max", r.Process == "ve" || r.Process == "edm", "--process ve and edm", r.Process},
		{"sigma-data", r.Prediction == "edm" || r.Weighting == "edm", "--prediction edm and --weighting edm", r.Prediction},
		{"coupling", r.Process == "flow", "--process flow", r.Process},
		{"times", r.Level == 0, "all times", fmt.Sprintf("--level %v", r.Level)},
		{"variance", hasVariance(r.Solver), "--solver ddpm", r.Solver},
	}
	for _, row := range rows {
		if given(row.flag) && !row.belongs {
			return fmt.Errorf("--%s belongs to %s, not to %s; leave it out", row.flag, row.to, row.not)
		}
	}
	return nil
}

// validateFormulation finds parts of process and objective that make no sense together, and names the nearest that do.
func (r *Run) validateFormulation() error {
	return first(r.validateSchedule(), r.validateLoss(), r.validateLearned(), r.validateEnds(), r.validateObjective())
}

func (r *Run) validateSchedule() error {
	switch {
	case r.Process == "ddpm" && r.Schedule == "learned":
		return fmt.Errorf("--schedule learned is a function of continuous time; give --process vp, of which ddpm is the table")
	case r.Process == "vp" && !slices.Contains(vpSchedules, r.Schedule):
		return fmt.Errorf("--schedule %s is a table of betas, which --process vp has not; the nearest is --schedule linear", r.Schedule)
	case r.Process == "ve" && cmp.Or(r.SigmaMin, 0.01) >= cmp.Or(r.SigmaMax, 50), r.Process == "edm" && cmp.Or(r.SigmaMin, 0.002) >= cmp.Or(r.SigmaMax, 80):
		return fmt.Errorf("--sigma-min %v is not under --sigma-max %v (0: the paper's, 0.01 and 50 of ve, 0.002 and 80 of edm)", r.SigmaMin, r.SigmaMax)
	}
	return nil
}

func (r *Run) validateLoss() error {
	if r.Weighting != "simple" && r.Loss != "mse" {
		return fmt.Errorf("--weighting %s needs --loss mse: it weights a squared error, not %s", r.Weighting, r.Loss)
	}
	return nil
}

// maxImportance is the longest table for which the last losses of each step are kept: they go into every checkpoint.
const maxImportance = 4000

// validateLearned looks at what is learned beside the prediction: the variance and the schedule.
func (r *Run) validateLearned() error {
	switch {
	case r.Energy && (r.Autoencoder() || r.Variance == "learned"):
		return fmt.Errorf("--energy makes a prediction of the input's shape the gradient of a scalar; it goes neither with --variance learned nor with an autoencoder")
	case r.Times == "importance" && r.Process == "ddpm" && r.Timesteps > maxImportance:
		return fmt.Errorf("--times importance keeps the last losses of each of at most %d time steps, and --timesteps is %d", maxImportance, r.Timesteps)
	case r.Variance == "learned" && r.Process != "ddpm":
		return fmt.Errorf("--variance learned lies between the two variances of a table of betas; give --process ddpm, or leave it out")
	case r.Variance == "learned" && (r.Loss != "mse" || r.Objective != "denoise"):
		return fmt.Errorf("--variance learned adds the bound to a mean square; give --loss mse and --objective denoise")
	case r.Variance == "learned" && !hasVariance(r.Solver):
		return fmt.Errorf("--variance learned is for --solver ddpm; %s draws with a variance of its own", r.Solver)
	case r.Process == "vp" && r.Schedule == "learned" && (r.Weighting != "elbo" || r.Loss != "mse"):
		return fmt.Errorf("--schedule learned minimises the bound; give --weighting elbo and --loss mse")
	case r.Process == "vp" && r.Schedule == "learned" && (r.Times != "uniform" && r.Times != "stratified" || r.Level > 0):
		return fmt.Errorf("--schedule learned minimises the bound, over all times alike; give --times uniform or stratified and leave --level out")
	case r.Variance == "learned" && r.Times == "log-normal":
		return fmt.Errorf("--variance learned minimises the bound, over all times alike; give --times uniform, stratified or importance, not log-normal")
	case r.Process == "vp" && r.Schedule == "learned" && r.Prediction != "eps" && r.Prediction != "v":
		return fmt.Errorf("--schedule learned is stated for a network that predicts the noise; give --prediction eps or v, not %s", r.Prediction)
	}
	return nil
}

// validateEnds looks at a flow's far end.
func (r *Run) validateEnds() error {
	switch {
	case len(r.From) > 0 && r.Process != "flow":
		return fmt.Errorf("--from gives a second data set in place of the noise, which only --process flow can start from, not %s", r.Process)
	case len(r.From) > 0 && r.VAE != "":
		return fmt.Errorf("--from and --vae: a flow in a latent space starts from noise; leave one out")
	case r.Coupling != "none" && r.Process != "flow":
		return fmt.Errorf("--coupling %s pairs the ends of a flow; give --process flow, not %s", r.Coupling, r.Process)
	case len(r.From) > 0 && r.Prediction == "score":
		return fmt.Errorf("--prediction score: a flow between two data sets has none; give --prediction velocity or x0")
	case len(r.From) > 0 && r.Weighting != "simple":
		return fmt.Errorf("--weighting %s weights a noise level, and a flow between two data sets has none; give --weighting simple", r.Weighting)
	case r.Process == "flow" && slices.Contains([]string{"eps", "score"}, r.Prediction):
		return fmt.Errorf("--prediction %s does not determine x0 where a flow is all noise, at t = 1; give --prediction velocity, v or x0", r.Prediction)
	}
	return nil
}

// validateObjective looks at the score-matching objectives.
func (r *Run) validateObjective() error {
	switch {
	case r.Objective == "denoise":
		return nil
	case len(r.From) > 0:
		return fmt.Errorf("--objective %s fits a score, and a flow between two data sets has none; give --objective denoise", r.Objective)
	case r.Loss != "mse" || r.Weighting != "simple":
		return fmt.Errorf("--objective %s is a square of its own, weighted by sigma^2; give --loss mse and --weighting simple", r.Objective)
	case r.Process == "vp" && r.Schedule == "learned":
		return fmt.Errorf("--schedule learned needs --objective denoise: it is learned by the bound")
	case r.Coupling != "none":
		return fmt.Errorf("--objective %s sees no pairs; leave --coupling out", r.Objective)
	}
	return nil
}
