package cli

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/guide"
	"github.com/spf13/pflag"
)

// kinds are the kinds of models that sample draws from, each trained for a moment, with the solver
// that the run chose and the flags that nothing of it uses.
func kinds(t *testing.T) map[string]struct {
	run    string
	unused []string
} {
	t.Helper()
	dir := t.TempDir()
	of := func(line string) string {
		run := filepath.Join(dir, strings.ReplaceAll(line, " ", ""))
		ok(t, append([]string{"train", "--run", run, "--steps", "2", "--batch", "8", "--sample-every", "0", "--val", "0"}, strings.Fields(line)...)...)
		return run
	}
	type kind = struct {
		run    string
		unused []string
	}
	ofHeun := []string{"churn", "churn-min", "churn-max", "churn-noise"}
	others := []string{
		"predictor", "snr", "corrections", "unbounded", "step-size", "updates", "still", "level", "order", "bh1", "no-correct", "rtol", "atol", "max-calls",
	}
	ofDPM := append(slices.Clone(others), ofHeun...) // those that dpm++2m has not
	prior := append(solverNames(), "batchnorm", "strip", "from")
	return map[string]kind{
		"simpleunet":         {trained(t), append(slices.Clone(ofDPM), "from", "csv", "lower-final")}, // of preset lecture: solver ddpm
		"unet":               {of(images(t) + " --channels 4,8 --resolution 8"), append(slices.Clone(ofDPM), "from", "csv", "batchnorm")},
		"points":             {of("points:moons --channels 8"), append(slices.Clone(ofDPM), "from", "batchnorm", "resolution")},
		"learned variance":   {of("points:moons --channels 8 --timesteps 10 --variance learned"), append(slices.Clone(ofDPM), "from", "batchnorm", "resolution", "lower-final")},
		"flow between two":   {of("points:moons --channels 8 --process flow --from points:circles"), append(slices.Clone(others), "batchnorm", "resolution", "lower-final")},
		"latent diffusion":   {trainedLatent(t), append(slices.Clone(ofDPM), "from", "csv", "batchnorm")},
		"autoencoder":        {trainedVAE(t), append(slices.Clone(prior), "csv")},
		"points autoencoder": {of("points:moons --arch vae-mlp --channels 8"), prior},
	}
}

// givenTo is a value of a flag of sample that is in range.
func givenTo(f *pflag.Flag) string {
	switch f.Name {
	case "solver":
		return "ddim"
	case "spacing":
		return "linear"
	case "clamp":
		return "none"
	case "process":
		return "vp"
	case "variance":
		return "beta"
	case "predictor":
		return "ddpm"
	case "batchnorm":
		return "eval"
	case "classifier-shift":
		return "variance"
	case "guide":
		return guide.Guides.Names()[0] // which a test of this package adds
	}
	switch f.Value.Type() {
	case "bool":
		return "true"
	case "string":
		return "given"
	}
	for _, v := range []string{"1", "0.5", "0:1"} { // what a setting takes
		if f.Value.Set(v) == nil {
			return v
		}
	}
	return "1"
}

// TestUnusedFlags: of each kind of model every flag that nothing uses is refused by its name,
// whatever its value is, and every solver's own is not.
func TestUnusedFlags(t *testing.T) {
	long(t)
	all := kinds(t)
	t.Chdir(t.TempDir())
	for name, kind := range all {
		newSample().Flags().VisitAll(func(f *pflag.Flag) {
			if !slices.Contains(kind.unused, f.Name) {
				return
			}
			r := cli("sample", kind.run, "-n", "1", "--"+f.Name+"="+givenTo(f))
			if r.code != exitUsage || !strings.Contains(r.err, "--"+f.Name) || !strings.Contains(r.err, "leave it out") && f.Name != "csv" && f.Name != "from" {
				t.Errorf("%s: --%s: exit code %d: %s", name, f.Name, r.code, r.err)
			}
		})
		for _, flag := range []string{"--seed=3", "--batch=1", "--raw", "--npz=a.npz"} {
			ok(t, "sample", kind.run, "-n", "1", flag)
		}
	}
	for _, line := range []string{"--flip", "--crop none", "--data-class A", "--cache 1", "--max-pixels 9"} {
		refused(t, exitUsage, []string{strings.Fields(line)[0], "points:moons is points"}, append([]string{"train", "points:moons"}, strings.Fields(line)...)...)
	}
	for _, solver := range []string{"lecture-sde", "langevin"} {
		refused(t, exitUsage, []string{"--spacing", solver}, "sample", "nowhere", "--solver", solver, "--spacing", "linear")
	}
}
