package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// saved writes a sample checkpoint and gives its folder.
func saved(t *testing.T) string {
	t.Helper()
	dir, err := Save(&faultFS{stopAt: -1}, t.TempDir(), sample(7, 1))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestSaveLoad(t *testing.T) {
	dir := saved(t)
	c, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := sample(7, 1)
	equalCheckpoints(t, c, want)
	if !reflect.DeepEqual(c.Scheduler, want.Scheduler) {
		t.Errorf("scheduler %+v %+v, want %+v", c.Scheduler, c.Scheduler.Reverie, want.Scheduler)
	}
	want0 := []string{"model_index.json", "scheduler/scheduler_config.json", "trainer.json", "trainer.safetensors",
		"unet/config.json", "unet/diffusion_pytorch_model.safetensors", "unet_ema/config.json", "unet_ema/diffusion_pytorch_model.safetensors"}
	files := filesOf(t, dir)
	if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, want0) {
		t.Errorf("files %q", got)
	}
	var index map[string]any
	if err := json.Unmarshal([]byte(files["model_index.json"]), &index); err != nil || fmt.Sprint(index["unet"]) != "[reverie SimpleUnet]" {
		t.Errorf("model_index.json: %s, %v", files["model_index.json"], err)
	}
	if len(c.Trainer.Files) != len(want0)-1 {
		t.Errorf("trainer.json lists %v", c.Trainer.Files)
	}
}

// The same state gives the same bytes, whichever way the data are handed over.
func TestSaveIsDeterministic(t *testing.T) {
	a, lazy := sample(7, 1), sample(7, 1)
	data := map[Part]map[string]Tensor{Weights: lazy.Weights, EMA: lazy.EMA, Moment("exp_avg"): lazy.Optimizer.Moments["exp_avg"], Moment("exp_avg_sq"): lazy.Optimizer.Moments["exp_avg_sq"]}
	hollow := func(m map[string]Tensor) map[string]Tensor {
		out := map[string]Tensor{}
		for name, x := range m {
			out[name] = Tensor{DType: x.DType, Shape: x.Shape}
		}
		return out
	}
	lazy.Weights, lazy.EMA = hollow(lazy.Weights), hollow(lazy.EMA)
	lazy.Optimizer.Moments["exp_avg"], lazy.Optimizer.Moments["exp_avg_sq"] = hollow(lazy.Optimizer.Moments["exp_avg"]), hollow(lazy.Optimizer.Moments["exp_avg_sq"])
	if _, err := Save(nil, t.TempDir(), lazy); err == nil || !strings.Contains(err.Error(), "has no data") {
		t.Errorf("tensors without data: error %v", err)
	}
	lazy.Fill = func(part Part, name string, dst []byte) error {
		if copy(dst, data[part][name].Data) != len(dst) {
			return errors.New("wrong length")
		}
		return nil
	}
	var dirs []map[string]string
	for _, c := range []*Checkpoint{a, lazy} {
		dir, err := Save(nil, t.TempDir(), c)
		if err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, filesOf(t, dir))
	}
	if !maps.Equal(dirs[0], dirs[1]) {
		t.Error("the files differ")
	}
	boom := errors.New("boom")
	lazy.Fill = func(Part, string, []byte) error { return boom }
	run := t.TempDir()
	if _, err := Save(nil, run, lazy); !errors.Is(err, boom) {
		t.Errorf("Fill that fails: error %v", err)
	}
	clean(t, run)
}

func TestSaveRefuses(t *testing.T) {
	change := map[string]func(c *Checkpoint){
		"missing":             func(c *Checkpoint) { c.Trainer = nil },
		"is missing":          func(c *Checkpoint) { c.Optimizer = nil },
		"architecture":        func(c *Checkpoint) { c.Arch = "../up" },
		"comes twice":         func(c *Checkpoint) { c.ArchConfig = json.RawMessage(`{"a":1,"a":2}`) },
		"expected an obj":     func(c *Checkpoint) { c.ArchConfig = json.RawMessage(`null`) },
		"beta_schedule":       func(c *Checkpoint) { c.Scheduler.BetaSchedule = "" },
		"step is -1":          func(c *Checkpoint) { c.Trainer.Step = -1 },
		"train_seconds":       func(c *Checkpoint) { c.Trainer.TrainSeconds = math.NaN() },
		"of 0x109":            func(c *Checkpoint) { c.Scheduler.Reverie.W = 1099511627776 },
		"cosine_end: steps":   func(c *Checkpoint) { c.Trainer.Cosine.Steps = -1 },
		"cosine_end: seconds": func(c *Checkpoint) { c.Trainer.Cosine.Seconds = math.Inf(1) },
	}
	for want, f := range change {
		c, run := sample(1, 0), t.TempDir()
		f(c)
		if _, err := Save(nil, run, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
		clean(t, run)
	}
}

func TestLoadParts(t *testing.T) {
	dir := saved(t)
	hollow := func(m map[string]Tensor) bool {
		for _, x := range m {
			if x.Data != nil {
				return false
			}
		}
		return len(m) > 0
	}
	load := func(o LoadOption) *Checkpoint {
		c, err := Load(dir, o)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	want := sample(7, 1)
	c := load(ForSampling(false))
	equalTensors(t, c.EMA, want.EMA)
	if w, part := c.Sampling(false); part != EMA || !hollow(c.Weights) || !hollow(c.Optimizer.Moments["exp_avg"]) {
		t.Errorf("for sampling: %v %v", part, w)
	}
	c = load(ForSampling(true))
	equalTensors(t, c.Weights, want.Weights)
	if w, part := c.Sampling(true); part != Weights || !hollow(c.EMA) {
		t.Errorf("for sampling raw: %v %v", part, w)
	}
	c = load(Only())
	if !hollow(c.Weights) || !hollow(c.EMA) || !hollow(c.Optimizer.Moments["exp_avg_sq"]) || !slices.Equal(c.Weights["conv.weight"].Shape, []int{2, 1}) {
		t.Errorf("headers alone: %+v", c)
	}
	got := map[Part]map[string]Tensor{Weights: {}, EMA: {}, Moment("exp_avg"): {}, Moment("exp_avg_sq"): {}}
	c = load(Each(func(part Part, name string, x Tensor) error {
		x.Data = slices.Clone(x.Data)
		got[part][name] = x
		return nil
	}))
	equalTensors(t, got[Weights], want.Weights)
	equalTensors(t, got[EMA], want.EMA)
	equalTensors(t, got[Moment("exp_avg")], want.Optimizer.Moments["exp_avg"])
	equalTensors(t, got[Moment("exp_avg_sq")], want.Optimizer.Moments["exp_avg_sq"])
	if !hollow(c.Weights) || c.Optimizer.Step != 7 {
		t.Errorf("tensor by tensor: %+v", c)
	}
	boom := errors.New("boom")
	if _, err := Load(dir, Each(func(Part, string, Tensor) error { return boom })); !errors.Is(err, boom) {
		t.Errorf("a function that fails: error %v", err)
	}
}

// A flipped bit anywhere in a checkpoint is found, and the file is named, whatever part is asked
// for.
func TestFlippedBit(t *testing.T) {
	dir := saved(t)
	for name, text := range filesOf(t, dir) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		for i := 0; i < len(text); i += max(1, len(text)/60) {
			b := []byte(text)
			b[i] ^= 1 << (i % 8)
			if err := os.WriteFile(path, b, 0o666); err != nil {
				t.Fatal(err)
			}
			for _, o := range []LoadOption{Only(Weights), ForSampling(false)} {
				_, err := Load(dir, o)
				if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), path) {
					t.Errorf("%s, byte %d of %d: error %v", name, i, len(text), err)
				}
			}
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Load(dir); err != nil {
		t.Errorf("restored: %v", err)
	}
}

// Every file of a checkpoint cut short, missing, a folder or a link out of the folder is an error
// that names it.
func TestSpoiledFiles(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	spoil := map[string]func(path string) error{
		"missing":   os.Remove,
		"cut":       func(path string) error { return os.Truncate(path, 9) },
		"emptied":   func(path string) error { return os.Truncate(path, 0) },
		"a folder":  func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o777)) },
		"a pipe":    func(path string) error { return errors.Join(os.Remove(path), mkfifo(path)) },
		"link away": func(path string) error { return errors.Join(os.Remove(path), os.Symlink(secret, path)) },
		"huge": func(path string) error {
			return os.Truncate(path, 1<<40)
		},
	}
	for name := range filesOf(t, saved(t)) {
		for how, f := range spoil {
			if how == "missing" && name == trainerFile {
				continue // then it is a model folder
			}
			dir := saved(t)
			path := filepath.Join(dir, filepath.FromSlash(name))
			if err := f(path); err != nil {
				t.Logf("%s: %v", how, err)
				continue // not on this system
			}
			_, err := Load(dir, Only())
			if how == "cut" || how == "emptied" {
				_, err = Load(dir)
			}
			if err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("%s %s: error %v", name, how, err)
			}
			if how == "missing" && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s %s: error %v", name, how, err)
			}
		}
	}
}

func mkfifo(path string) error {
	mkfifo, err := exec.LookPath("mkfifo")
	if err != nil {
		return err
	}
	return exec.Command(mkfifo, path).Run()
}

// rewrite changes a checkpoint's trainer.json and makes its own sum right again.
func rewrite(t *testing.T, dir string, f func(*Trainer)) {
	t.Helper()
	path := filepath.Join(dir, trainerFile)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	x, err := parseTrainer(b)
	if err != nil {
		t.Fatal(err)
	}
	f(x)
	if b, err = x.seal(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestForgedTrainer(t *testing.T) {
	for want, f := range map[string]func(x *Trainer){
		`"../../secret" is not a file`: func(x *Trainer) { x.Files["../../secret"] = strings.Repeat("0", 64) },
		"step is -5":                   func(x *Trainer) { x.Step = -5 },
		`lists ""`:                     func(x *Trainer) { delete(x.Files, momentsFile) },
		"cosine_end":                   func(x *Trainer) { x.Cosine.Epochs = -1 },
	} {
		dir := saved(t)
		rewrite(t, dir, f)
		if _, err := Load(dir); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	dir := saved(t)
	path := filepath.Join(dir, trainerFile)
	text := filesOf(t, dir)[trainerFile]
	for want, forged := range map[string]string{
		`unknown field "stepp"`:                     strings.Replace(text, `"step"`, `"stepp"`, 1),
		`key "step" comes twice`:                    strings.Replace(text, `"step"`, `"step": 1, "step"`, 1),
		"the file was changed":                      strings.Replace(text, `"step": 7`, `"step": 8`, 1),
		"was changed or damaged":                    strings.Replace(text, `"step": 7`, `"Step": 7`, 1),
		`not ""`:                                    text[:strings.LastIndex(text, `"sha256": "`)] + `"sha256": ""}`,
		"follows the closing brace":                 text + "{}",
		"step: number 7.5, expected a whole number": strings.Replace(text, `"step": 7`, `"step": 7.5`, 1),
		"nested deeper":                             strings.Repeat("[", 100000),
	} {
		if err := os.WriteFile(path, []byte(forged), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(dir); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// A pipeline that diffusers saved.
func TestLoadDiffusers(t *testing.T) {
	c, err := Load("testdata/diffusers")
	if err != nil {
		t.Fatal(err)
	}
	if c.Arch != "unet" || c.Trainer != nil || c.Optimizer != nil || c.EMA != nil {
		t.Errorf("%s %v %v %v", c.Arch, c.Trainer, c.Optimizer, c.EMA)
	}
	s := c.Scheduler
	if s.NumTrainTimesteps != 300 || s.PredictionType != "v_prediction" || s.VarianceType != "fixed_large" || s.BetaStart != 1e-4 || s.BetaEnd != 0.02 || !s.ClipSample || s.Reverie != nil {
		t.Errorf("scheduler %+v", s)
	}
	var config struct {
		Channels []int `json:"block_out_channels"`
	}
	if err := json.Unmarshal(c.ArchConfig, &config); err != nil || !slices.Equal(config.Channels, []int{4, 8}) || strings.Contains(string(c.ArchConfig), "_class_name") {
		t.Errorf("configuration %s, %v", c.ArchConfig, err)
	}
	if x := c.Weights["conv_in.weight"]; !slices.Equal(x.Shape, []int{4, 3, 3, 3}) || x.DType != F32 {
		t.Errorf("conv_in.weight %s %v", x.DType, x.Shape)
	}
	// Written again, it is diffusers' own, but for metadata and layout of JSON.
	dir := filepath.Join(t.TempDir(), "deep", "model")
	if err := SaveModel(nil, dir, c); err != nil {
		t.Fatal(err)
	}
	ours, theirs := filesOf(t, dir), filesOf(t, "testdata/diffusers")
	if ours["unet/"+tensorsName] != theirs["unet/"+tensorsName] {
		t.Error("the weights' file differs from diffusers'")
	}
	for _, name := range []string{indexFile, schedulerFile, "unet/config.json"} {
		var a, b map[string]any
		if err := errors.Join(json.Unmarshal([]byte(ours[name]), &a), json.Unmarshal([]byte(theirs[name]), &b)); err != nil || fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%s: %v\nwant %v, %v", name, a, b, err)
		}
	}
	if len(ours) != len(theirs) {
		t.Errorf("files %v", slices.Sorted(maps.Keys(ours)))
	}
	if err := SaveModel(nil, dir, c); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("written twice: error %v", err)
	}
}

// copied copies diffusers' folder with one file changed.
func copied(t *testing.T, name, from, to string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/diffusers")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	b, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(b), from) {
		t.Fatalf("%s does not contain %q, %v", name, from, err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(b), from, to, 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestForeignModels(t *testing.T) {
	for _, c := range []struct{ file, from, to, want string }{
		{indexFile, "UNet2DModel", "UNet2DConditionModel", `class "UNet2DConditionModel" of library "diffusers"`},
		{indexFile, `"scheduler": [`, `"vqvae": ["diffusers", "VQModel"], "scheduler": [`, `part "vqvae", a VQModel of diffusers, is not supported`},
		{indexFile, `"scheduler": [`, `"vae": ["diffusers", "UNet2DModel"], "scheduler": [`, "vae is of class \"UNet2DModel\", expected AutoencoderKL"},
		{indexFile, `"scheduler": [`, `"vae": ["AutoencoderKL"], "scheduler": [`, `vae: expected ["library", "class"]`},
		{indexFile, "UNet2DModel", "AutoencoderKL", `unet is of class "AutoencoderKL", an autoencoder`},
		{indexFile, `"diffusers",` + "\n" + `    "UNet2DModel"`, `"UNet2DModel"`, `expected ["library", "class"]`},
		{indexFile, `"diffusers",` + "\n" + `    "UNet2DModel"`, `"reverie", "../x"`, `class "../x"`},
		{schedulerFile, `"DDPMScheduler"`, `"LCMScheduler"`, "_class_name"},
		{schedulerFile, `"num_train_timesteps": 300`, `"num_train_timesteps": 1000000000000`, "num_train_timesteps is 1000000000000"},
		{schedulerFile, `"num_train_timesteps": 300`, `"num_train_timesteps": 0`, "num_train_timesteps is 0"},
		{schedulerFile, `"beta_start": 0.0001`, `"beta_start": -1`, "beta_start -1"},
		{schedulerFile, `"trained_betas": null`, `"trained_betas": [0.1]`, "trained_betas"},
		{schedulerFile, `"thresholding": false`, `"thresholding": true, "x": 1`, "x is 1: the key is not known"},
		{schedulerFile, `"variance_type": "fixed_large"`, `"variance_type": "learned"`, "variance_type"},
		{schedulerFile, `"beta_schedule": "linear"`, `"beta_schedule": "laplace"`, "beta_schedule"},
		{schedulerFile, `"prediction_type": "v_prediction"`, `"prediction_type": "flow"`, "prediction_type"},
		{"unet/config.json", `"UNet2DModel"`, `"VQModel"`, "_class_name"},
		{"unet/config.json", `"act_fn": "silu",`, `"act_fn": "silu", "act_fn": "relu",`, `key "act_fn" comes twice`},
	} {
		dir := copied(t, c.file, c.from, c.to)
		path := filepath.Join(dir, filepath.FromSlash(c.file))
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want %q", c.file, err, c.want)
		}
	}
}

func TestImportedValuesAreFinite(t *testing.T) {
	dir, model := filepath.Join(t.TempDir(), "m"), sample(1, float32(math.Inf(1)))
	if err := SaveModel(nil, dir, model); err != nil {
		t.Fatal(err)
	}
	_, err := Load(dir)
	if !errors.Is(err, ErrNotFinite) || !strings.Contains(err.Error(), filepath.Join(dir, "unet", tensorsName)) || !strings.Contains(err.Error(), "conv.weight") {
		t.Errorf("error %v", err)
	}
}

func TestLoadNothing(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "no")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: error %v", err)
	}
	if _, err := Load(t.TempDir()); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), indexFile) {
		t.Errorf("empty folder: error %v", err)
	}
}

func TestIsDiskFull(t *testing.T) {
	if !IsDiskFull(fmt.Errorf("save: %w", &os.PathError{Op: "write", Path: "x", Err: diskFull[0]})) {
		t.Error("a full disk is not seen")
	}
	if IsDiskFull(nil) || IsDiskFull(os.ErrExist) || IsDiskFull(&os.PathError{Op: "write", Path: "x", Err: syscall.EACCES}) {
		t.Error("another error is taken for a full disk")
	}
}

func FuzzTrainer(f *testing.F) {
	b, err := sample(7, 1).Trainer.encode(map[string]string{indexFile: strings.Repeat("0", 64)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"step": 1, "sha256": ""}`))
	f.Add([]byte(strings.Repeat("[", 1000)))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := parseTrainer(b)
		if err != nil {
			return
		}
		again, err := x.encode(x.Files)
		if err != nil {
			t.Fatalf("parsed but not encoded: %v", err)
		}
		if y, err := parseTrainer(again); err != nil || fmt.Sprintf("%+v", x) != fmt.Sprintf("%+v", y) {
			t.Fatalf("%+v, want %+v, %v", y, x, err)
		}
	})
}

func FuzzModelFolder(f *testing.F) {
	for _, name := range []string{indexFile, schedulerFile, "unet/config.json"} {
		b, err := os.ReadFile(filepath.Join("testdata/diffusers", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, text := range []string{
		`{"weight_map": {"a": "x-00001-of-00002.safetensors", "b": "../y.safetensors"}}`,
		`{"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0, "shift_terminal": null}`,
		`{"_class_name": "EDMEulerScheduler", "sigma_max": Infinity, "rho": 7.0}`,
		`{"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -Infinity, "trained_betas": [0.1, NaN]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, err := parseShards(b); err == nil {
			for _, s := range x {
				if !filepath.IsLocal(s.file) || strings.ContainsAny(s.file, "/\\\x00") && filepath.Base(s.file) != s.file || len(s.has) == 0 {
					t.Errorf("shard %q with %d tensors", s.file, len(s.has))
				}
			}
		}
		if x, err := parseIndex(b); err == nil {
			for _, arch := range []string{x.arch, x.vae} {
				if c, err := classOf(arch); arch != "" && err != nil {
					t.Errorf("architecture %q of class %q: %v", arch, c, err)
				} else if back, err := archOf("unet", c); arch != "" && (err != nil || back != arch) {
					t.Errorf("architecture %q of class %q is read as %q, %v", arch, c, back, err)
				}
			}
		}
		if c, _, err := parseScheduler(b); err == nil && c.Validate() != nil {
			t.Errorf("%+v", c)
		}
		if c, err := parseConfig(b, "UNet2DModel"); err == nil && !json.Valid(c) {
			t.Errorf("%s", c)
		}
	})
}
