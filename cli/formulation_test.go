package cli

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data/points"
	"github.com/reverie-go/reverie/lab"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// formulations are runs on points, a few steps of each: what is trained, and the solvers that go
// with it.
var formulations = []struct {
	train   string
	solvers []string
}{
	{"--process ddpm --timesteps 12", sample.Solvers.Names()[:3]},
	{"--process ddpm --timesteps 12 --variance learned", []string{"ddpm", "ddim", "ddpm --variance beta"}},
	{"--process ddpm --timesteps 12 --schedule sigmoid --weighting min-snr --times importance", []string{"dpm++2m", "unipc --order 3"}},
	{"--process vp --prediction score --weighting likelihood", []string{"euler-maruyama", "reverse-diffusion", "rk45 --rtol 1e-2 --atol 1e-2", "pc --predictor ddpm"}},
	{"--process vp --schedule cosine --prediction eps --weighting elbo --times stratified", []string{"euler", "ddim --eta 0.5 --spacing quadratic"}},
	{"--process vp --schedule sigmoid", []string{"dpm++2m-sde --spacing logsnr"}},
	{"--process vp --schedule learned --weighting elbo --prediction eps", []string{"ddpm", "heun"}},
	{"--process subvp", []string{"heun --churn 5", "euler-maruyama"}},
	{"--process ve", []string{"annealed-langevin --updates 2", "heun --spacing karras", "langevin --level 0.5", "langevin --level 0.5 --still"}},
	{"--process ve --prediction score --objective sliced --energy", []string{"reverse-diffusion"}},
	{"--process vp --prediction score --objective exact", []string{"pc"}},
	{"--process flow --objective exact", []string{"heun"}},
	{"--process ve --prediction score", []string{"heun"}},
	{"--process ve --objective sliced-vr --level 0.5", []string{"langevin --level 0.5"}},
	{"--process edm --weighting edm", []string{"heun --spacing karras", "ddim --process vp"}},
	{"--process flow", []string{"euler", "rk45 --rtol 1e-2 --atol 1e-2", "ddim --eta 1"}},
	{"--process flow --prediction x0 --coupling ot", []string{"heun"}},
	{"--process flow --from points:8gaussians --coupling ot", []string{"euler", "heun", "ddim"}},
	{"--process bridge --from points:8gaussians --coupling sinkhorn", []string{"ddpm", "ddim", "ddim --quiet", "euler-maruyama"}},
	{"--process bridge --from points:8gaussians --bridge sf2m", []string{"euler-maruyama --forward", "euler-maruyama", "ddim", "ddpm --forward"}},
	{"--process sb-ve --from points:circles --bridge sf2m --coupling none", []string{"ddim --forward"}},
	{"--process bridge --from points:8gaussians --bridge imf --rounds 2 --round-steps 2 --walks 9", []string{"euler-maruyama --forward"}},
	{"--process sb-vp --from points:8gaussians --bridge ipf --rounds 1 --round-steps 2 --walks 9 --walk-steps 4", []string{"euler-maruyama"}},
	{"--process sb-ve --from points:circles --growth 2 --sb-scale 0.1", []string{"ddim --quiet", "ddim --eta 0.3"}},
	{"--process ouve --from points:circles --prediction score --sigma-max 0.4 --theta 1", []string{"ddpm"}},
	{"--arch vae-mlp --channels 16,8", nil},
}

// TestFormulations trains each and draws from it by each of its solvers: the same points twice.
func TestFormulations(t *testing.T) {
	long(t)
	for _, f := range formulations {
		t.Run(f.train, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			run := filepath.Join(dir, "run")
			args := append([]string{"train", "points:moons", "--steps", "3", "--batch", "64", "--sample-every", "0", "--run", run}, strings.Fields(f.train)...)
			if !strings.Contains(f.train, "--channels") {
				args = append(args, "--channels", "16")
			}
			ok(t, args...)
			for i, solver := range f.solvers {
				a, b := filepath.Join(dir, "a.csv"), filepath.Join(dir, "b.csv")
				draw := append([]string{"sample", run, "-n", "9", "--seed", "3", "--out", filepath.Join(dir, "p.png"), "--solver"}, strings.Fields(solver)...)
				if !strings.Contains(solver, "lecture-sde") && !strings.Contains(f.train, "--timesteps") {
					draw = append(draw, "--steps", "6")
				}
				ok(t, append(draw, "--csv", a)...)
				if i > 0 {
					continue
				}
				ok(t, append(draw, "--csv", b, "--batch", "2")...)
				x, errX := os.ReadFile(a)
				y, errY := os.ReadFile(b)
				if errX != nil || errY != nil || len(strings.Split(strings.TrimSpace(string(x)), "\n")) != 9 || len(y) == 0 {
					t.Errorf("%s: %q and %q, %v, %v", solver, x, y, errX, errY)
				}
			}
		})
	}
}

// TestSenselessFormulations: what makes no sense together is refused from the command line alone,
// with the reason and the nearest that does.
func TestSenselessFormulations(t *testing.T) {
	long(t)
	for line, want := range map[string]string{
		"--process ve --schedule cosine":                                             "--schedule belongs to --process ddpm and vp, not to ve",
		"--process flow --prediction eps":                                            "give --prediction velocity, v or x0",
		"--process ddpm --schedule learned":                                          "give --process vp",
		"--process vp --schedule scaled-linear":                                      "the nearest is --schedule linear",
		"--process vp --schedule learned":                                            "give --weighting elbo",
		"--process vp --schedule learned --weighting elbo --prediction score":        "give --prediction eps or v",
		"--process vp --variance learned --solver ddpm":                              "give --process ddpm",
		"--variance learned --solver ddim":                                           "--variance learned is for --solver ddpm",
		"--process vp --from other":                                                  "only --process flow, bridge, i2sb, sb-ve, sb-vp or ouve can start from",
		"--coupling ot":                                                              ", sb-vp or ouve, not ddpm",
		"--process flow --from points:moons":                                         "give one kind",
		"--process i2sb":                                                             "none is given; give --from",
		"--process sb-vp --from other --prediction eps":                              "give --prediction x0",
		"--process sb-ve --from other --solver heun":                                 "use ddpm, ddim or",
		"--process ouve --from other --prediction v":                                 "give --prediction x0",
		"--process flow --from other --coupling sinkhorn":                            "give --coupling ot, or --process bridge",
		"--process flow --from other --bridge sf2m":                                  "give --process bridge",
		"--process bridge --from other --bridge sf2m --weighting snr":                "give --weighting simple",
		"--process bridge --from other --bridge sf2m --energy":                       "leave one out",
		"--process bridge --from other --bridge sf2m --arch simpleunet":              "give --arch unet, or leave --bridge out",
		"--process bridge --from other --bridge sf2m --prediction velocity":          "give --prediction x0",
		"--process bridge --from other --bridge ipf --coupling ot":                   "leave --coupling ot out",
		"--process bridge --from other --bridge ipf --times stratified":              "leave --times stratified out",
		"--process bridge --from other --bridge imf --first reference --coupling ot": "leave one out",
		"--process bridge --from other --bridge sf2m --rounds 3":                     "--rounds belongs to",
		"--process bridge --bridge sf2m --pairs more":                                "leave one out",
		"--process bridge --from other --bridge sf2m --noise pyramid":                "give --noise gaussian",
		"--process ve --theta 2":                                                     "--theta belongs to --process ouve",
		"--process flow --from other --weighting elbo":                               "give --weighting simple",
		"--process flow --from other --objective sliced":                             "has none; give --objective denoise",
		"--process flow --from other --solver ddpm":                                  "no score",
		"--process flow --from other --solver euler-maruyama":                        "no score",
		"--process ve --solver lecture-sde":                                          "reverse-diffusion is the sampler that it stands for",
		"--objective exact":                                                          "--objective exact",
		"--objective sliced --loss l1":                                               "give --loss mse",
		"--weighting edm --loss huber":                                               "needs --loss mse",
		"--process vp --level 7":                                                     "--level 7 is no time of the process",
		"--times importance --timesteps 5000":                                        "at most 4000",
		"--process ve --sigma-min 3 --sigma-max 2":                                   "not under --sigma-max 2",
		"--sigma-data 1":               "--sigma-data belongs to --prediction edm",
		"--arch mlp":                   "images take simpleunet, unet, vae or vae-mlp",
		"--arch vae --process vp":      "is an autoencoder",
		"--patch 32":                   "all of an image of 32x32",
		"--patch 8 --sample-every 3":   "give --sample-every 0",
		"--patch 8 --best swd":         "give --best val",
		"--patch 8 --vae other":        "leave one out",
		"--patch 8 --variance learned": "leave --patch out",
		"--patch 8 --process vp --schedule learned --weighting elbo":                         "leave --patch out",
		"--patch 8 --process flow --from other":                                              "leave one out",
		"--patch 8 --process ve --objective sliced":                                          "--patch is learned by --objective denoise",
		"--patch 8 --arch classifier --noised":                                               "--patch belongs to a diffusion",
		"--noise brown":                                                                      `--noise "brown" is unknown; choose one of gaussian, pyramid, simplex, coarse`,
		"--noise pyramid --octaves 3":                                                        "--octaves belongs to --noise simplex, not to pyramid",
		"--noise coarse --cells 0":                                                           "--cells 0 is outside 1 to 1024",
		"--noise simplex --frequency 0.5":                                                    "have 16 for the finest frequency",
		"--noise simplex --prediction score --process ve":                                    "give --prediction eps, v or x0",
		"--noise pyramid --objective sliced --process ve":                                    "--noise pyramid is another; give --objective denoise",
		"--noise pyramid --energy":                                                           "leave one out",
		"--noise pyramid --variance learned":                                                 "give another --variance",
		"--noise pyramid --weighting elbo":                                                   "give another --weighting",
		"--noise pyramid --process vp --schedule learned --weighting elbo":                   "give another --schedule",
		"--noise pyramid --process flow --from other":                                        "in the place of the noise",
		"--noise pyramid --arch classifier --data-class Flags":                               "add --noised",
		"--noise pyramid --arch vae":                                                         "is an autoencoder",
		"--energy --variance learned":                                                        "does not go with --variance learned",
		"--process vp --level 0.5 --times stratified":                                        "--times belongs to all times",
		"--process vp --schedule learned --weighting elbo --prediction v --times importance": "over all times alike",
		"--variance learned --times log-normal":                                              "over all times alike",
		"--process ve --sigma-max 0.005":                                                     "not under --sigma-max 0.005",
		"--process flow --from other --prediction score":                                     "between two data sets has none",
		"--arch simpleunet --variance learned":                                               "give --arch unet",
	} {
		refused(t, exitUsage, []string{want}, append([]string{"train", "nowhere"}, strings.Fields(line)...)...)
	}
	refused(t, exitUsage, []string{"take mlp or vae-mlp"}, "train", "points:moons", "--arch", "unet")
	refused(t, exitUsage, []string{"--noise simplex: points have no neighbouring pixels; give --noise gaussian"}, "train", "points:moons", "--noise", "simplex")
	refused(t, exitUsage, []string{"--patch 1 is a part of an image, and points have none"}, "train", "points:moons", "--patch", "1")
	refused(t, exitUsage, []string{"points have none"}, "train", "points:moons", "--resolution", "8")
}

// TestSenselessSampling: likewise of a model and a solver.
func TestSenselessSampling(t *testing.T) {
	long(t)
	dir := t.TempDir()
	train := func(name string, args ...string) string {
		run := filepath.Join(dir, name)
		ok(t, append([]string{"train", "points:moons", "--steps", "1", "--batch", "64", "--sample-every", "0", "--channels", "8", "--run", run}, args...)...)
		return run
	}
	ve, between := train("ve", "--process", "ve"), train("between", "--process", "flow", "--from", "points:circles")
	for line, want := range map[string]string{
		ve + " --solver lecture-sde":                "walks every index of a DDPM",
		ve + " --solver ddpm --variance learned":    "no learned variance",
		ve + " --process flow --solver lecture-sde": "walks every index of a DDPM",
		between + " --solver ddpm":                  "no score",
		between + " --solver ddim --eta 1":          "no score",
		between + " --process vp":                   "no score",
	} {
		refused(t, exitFailure, []string{want}, append([]string{"sample", "--out", filepath.Join(dir, "s.png")}, strings.Fields(line)...)...)
	}
	refused(t, exitUsage, []string{"starts from noise"}, "sample", ve, "--from", "points:moons")
	for line, want := range map[string]string{
		"--solver heun --eta 0.5":          "--eta belongs to --solver ddim, not to heun",
		"--solver ddim --churn 1":          "--churn belongs to --solver heun, not to ddim",
		"--solver unipc --order 4":         "--order 4 is outside",
		"--solver pc --predictor leapfrog": "predictor",
		"--spacing cubic":                  "--spacing \"cubic\" is unknown",
		"--process ddqm":                   "--process \"ddqm\" is unknown",
		"--solver rk45 --rtol 2":           "--rtol 2 is outside",
	} {
		refused(t, exitUsage, []string{want}, append([]string{"sample", ve}, strings.Fields(line)...)...)
	}
}

// TestList: every name that a flag takes is listed with a line.
func TestList(t *testing.T) {
	out := ok(t, "list").out
	all := [][]string{batchnorms, lab.FigureNames(), points.Names()}
	for _, s := range table.Sections() {
		var names []string
		for _, row := range s.Rows {
			names = append(names, row.Name)
		}
		all = append(all, names)
	}
	for _, names := range all {
		for _, name := range names {
			found := false
			for _, line := range strings.Split(out, "\n") {
				found = found || strings.HasPrefix(line, "  "+name+" ") && len(strings.Fields(line)) > 2
			}
			if !found {
				t.Errorf("%s is not listed:\n%s", name, out)
			}
		}
	}
}

// TestResumeFormulations: what a method remembers is in its checkpoint, so that a run that was
// stopped goes on bit for bit.
func TestResumeFormulations(t *testing.T) {
	long(t)
	for _, formulation := range []string{
		"--process ddpm --timesteps 3 --times importance", // each of its times has the losses that it takes
		"--process vp --schedule learned --weighting elbo --prediction v",
		"--process flow --from points:8gaussians --coupling ot",
		"--process i2sb --from points:8gaussians --coupling sinkhorn",
		"--process bridge --from points:8gaussians --bridge sf2m",
		"--process bridge --from points:8gaussians --bridge imf --rounds 3 --round-steps 3 --walks 20 --walk-steps 3",
		"--process sb-ve --from points:8gaussians --bridge imf --first reference --rounds 2 --round-steps 3 --walks 20 --walk-steps 3",
		"--process bridge --from points:8gaussians --bridge ipf --rounds 2 --round-steps 4 --walks 20 --walk-steps 3",
		"--process ddpm --timesteps 9 --variance learned --times stratified",
		"--process vp --objective sliced-vr --prediction score --times log-normal",
	} {
		dir := t.TempDir()
		train := func(args ...string) {
			ok(t, append([]string{"train"}, args...)...)
		}
		fresh := append([]string{"points:moons", "--batch", "64", "--channels", "8", "--sample-every", "0", "--lr-schedule", "constant"}, strings.Fields(formulation)...)
		whole, parts := filepath.Join(dir, "whole"), filepath.Join(dir, "parts")
		train(append(fresh, "--steps", "8", "--run", whole)...)
		train(append(fresh, "--steps", "4", "--run", parts)...)
		train("--resume", parts, "--steps", "8")
		if a, b := files(t, whole), files(t, parts); len(a) == 0 || !maps.Equal(a, b) {
			t.Errorf("%s: the files differ:\n%v\n%v", formulation, a, b)
		}
	}
}

// files are the SHA-256 of the files of a run's newest checkpoint.
func files(t *testing.T, run string) map[string]string {
	t.Helper()
	last, err := checkpoint.Latest(run)
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Load(last.Path, checkpoint.Only())
	if err != nil {
		t.Fatal(err)
	}
	return c.Trainer.Files
}

// TestPredictContinuous: t is float32, in the process's own time, and a learned variance comes
// after the prediction.
func TestPredictContinuous(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.npz"), filepath.Join(dir, "out.npz")
	predict := func(run string, times checkpoint.Tensor, channels int) {
		t.Helper()
		x := checkpoint.FromF32s(make([]float32, 2*3*8*8), 2, 3, 8, 8)
		if err := checkpoint.WriteNPZ(nil, in, checkpoint.NamedTensor{Key: "x", Tensor: x}, checkpoint.NamedTensor{Key: "t", Tensor: times}); err != nil {
			t.Fatal(err)
		}
		ok(t, "predict", "--model", run, "--in", in, "--out", out)
		z, err := checkpoint.OpenNPZ(out)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		y, err := z.Array("out", checkpoint.F32, 4)
		if err != nil || y.Shape[1] != channels {
			t.Errorf("%s: %v, %v", run, y.Shape, err)
		}
	}
	unet := []string{"train", images(t), "--resolution", "8", "--channels", "8,8", "--batch", "4", "--steps", "1", "--sample-every", "0", "--val", "0"}
	flow, learned := filepath.Join(dir, "flow"), filepath.Join(dir, "learned")
	ok(t, append(unet, "--process", "flow", "--run", flow)...)
	ok(t, append(unet, "--variance", "learned", "--run", learned)...)
	predict(flow, checkpoint.FromF32s([]float32{0.5, 1}, 2), 3)
	predict(learned, checkpoint.FromI64s([]int64{0, 299}, 2), 6)
	refused(t, exitFailure, []string{`array "t"`, "expected float32 (<f4)"}, "predict", "--model", flow, "--in", in, "--out", out) // whole numbers
	if err := checkpoint.WriteNPZ(nil, in, checkpoint.NamedTensor{Key: "x", Tensor: checkpoint.FromF32s(make([]float32, 3*8*8), 1, 3, 8, 8)},
		checkpoint.NamedTensor{Key: "t", Tensor: checkpoint.FromF32s([]float32{1.5}, 1)}); err != nil {
		t.Fatal(err)
	}
	refused(t, exitFailure, []string{"t[0] is 1.5", "0.001 to 1"}, "predict", "--model", flow, "--in", in, "--out", out)
}
