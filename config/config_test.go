package config

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/formulation"
	_ "github.com/reverie-go/reverie/learn" // likewise
	"github.com/reverie-go/reverie/net/simpleunet"
	"github.com/reverie-go/reverie/net/unet"
	"github.com/reverie-go/reverie/net/vae"
	"github.com/reverie-go/reverie/table"
)

// pick are fields of a run as a command line gives them.
func pick(r *Run, names ...string) (all []*table.Field) {
	for _, name := range names {
		all = append(all, table.Find(r.Fields(), name))
	}
	return all
}

// set sets fields of a run by their flags.
func set(r *Run, pairs ...string) {
	if err := r.Set(pairs...); err != nil {
		panic(err)
	}
}

// unetOf, simpleUnetOf and coderOf are the architecture of a run.
func unetOf(r *Run) *unet.Architecture             { return r.Arch.(*unet.Architecture) }
func simpleUnetOf(r *Run) *simpleunet.Architecture { return r.Arch.(*simpleunet.Architecture) }
func coderOf(r *Run) *vae.ConvArchitecture         { return r.Arch.(*vae.ConvArchitecture) }

func ddpm(r *Run) *formulation.DDPM { return r.Process.(*formulation.DDPM) }

func linear(r *Run) *formulation.Linear { return ddpm(r).Schedule.(*formulation.Linear) }

func TestPresetsAreValid(t *testing.T) {
	for _, name := range Presets.Names() {
		r, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		if r.Process.Row().Name == "sb-ve" { // which has no data without a far end
			r.Data, r.Mix = []string{"sound:/speech"}, []string{"sound:/noise"}
			r.Adapt(none)
		}
		if err := r.Validate(); err != nil {
			t.Errorf("preset %s: %v", name, err)
		}
	}
	if _, err := Preset("large"); err == nil || !strings.Contains(err.Error(), "small, lecture") {
		t.Errorf("unknown preset: %v", err)
	}
}

func TestJSONRoundTrip(t *testing.T) {
	r := lecture()
	r.Data, r.Resolution, r.Time = []string{"/a", "/b"}, data.Size{H: 64, W: 48}, 90*time.Second
	text, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	again, _ := back.JSON()
	if !bytes.Equal(text, again) {
		t.Errorf("changed on the way:\n%s\n%s", text, again)
	}
	for _, bad := range []string{
		strings.Replace(string(text), `"batch"`, `"batsh"`, 1), string(text) + "{}", "", "{", strings.Replace(string(text), "64x48", "64x", 1),
		strings.Replace(string(text), `"batch": 128`, `"batch": 0`, 1), strings.Repeat(" ", MaxJSON+1),
	} {
		if _, err := Parse(strings.NewReader(bad)); err == nil {
			t.Errorf("accepted %.80s", bad)
		}
	}
}

func TestValidateNamesTheFlag(t *testing.T) {
	for flag, spoil := range map[string]func(*Run){
		"--arch":           func(r *Run) { r.Arch = nil },
		"--split":          func(r *Run) { r.Split = "names" },
		"--crop":           func(r *Run) { r.Crop = "left" },
		"--channels":       func(r *Run) { simpleUnetOf(r).Channels = []int{64} },
		"--layers":         func(r *Run) { set(r, "arch", "unet"); unetOf(r).Layers = 0 },
		"--image-channels": func(r *Run) { r.ImageChannels = 2 },
		"--val":            func(r *Run) { r.Val = 1 },
		"--schedule":       func(r *Run) { ddpm(r).Schedule = nil },
		"--beta-start":     func(r *Run) { linear(r).Start = 0.5 },
		"--weighting":      func(r *Run) { r.Weighting = formulation.ELBO }, // with l1
		"--lr":             func(r *Run) { r.LR = 0 },
		"--adam-betas":     func(r *Run) { r.AdamBetas[1] = 1 },
		"--ema":            func(r *Run) { r.EMA = 1 },
		"--clip-norm":      func(r *Run) { r.ClipNorm = -1 },
		"--batch":          func(r *Run) { r.Batch = 0 },
		"--solver":         func(r *Run) { r.Solver = nil },
		"--sample-steps":   func(r *Run) { r.SampleSteps = 301 },
		"--time":           func(r *Run) { r.Time = -1 },
		"--timesteps":      func(r *Run) { ddpm(r).Timesteps = 0 },
		"--process":        func(r *Run) { r.Process = nil },
		"--preset":         func(r *Run) { r.Preset = "" },
		"--resolution":     func(r *Run) { r.Resolution.W = 5000 },
		"--cache":          func(r *Run) { r.Cache = -1 },
		"--beta-end":       func(r *Run) { linear(r).End = 1 },
		"--warmup":         func(r *Run) { r.Warmup = -1 },
		"--lr-schedule":    func(r *Run) { r.LRSchedule = "step" },
		"--clamp":          func(r *Run) { r.Clamp = "tanh" },
		"--variance":       func(r *Run) { r.Variance = "learned" },
		"--steps":          func(r *Run) { r.Steps = -1 },
		"--save-every":     func(r *Run) { r.SaveEvery = -1 },
		"--keep":           func(r *Run) { r.Keep = -1 },
		"--best":           func(r *Run) { r.Best = "fid" },
		"--best val":       func(r *Run) { r.Best, r.Val = "val", 0 },
		"--sample-every":   func(r *Run) { r.SampleEvery = -1 },
		"--epochs":         func(r *Run) { r.Epochs = 0 },
		"--sample-n":       func(r *Run) { r.SampleN = -1 },
		"--prediction":     func(r *Run) { r.Prediction = nil },
		"--loss":           func(r *Run) { r.Loss = nil },
	} {
		r := lecture()
		spoil(&r)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
}

func TestResume(t *testing.T) {
	run, given := small(), small()
	given.Steps, given.EMA, given.Keep = 20, 0.5, 7
	if _, err := run.Resume(pick(&given, []string{"steps", "ema"}...)); err == nil || !strings.Contains(err.Error(), "--ema 0.5 (the run has 0.995)") {
		t.Errorf("a changed average: %v", err)
	}
	given.EMA = run.EMA
	next, err := run.Resume(pick(&given, []string{"steps", "batch"}...))
	if err != nil {
		t.Fatal(err)
	}
	want := run
	want.Steps, want.Time = 20, 0 // the stop given replaces the run's, the rest stays
	got, _ := next.JSON()
	wanted, _ := want.JSON()
	if !bytes.Equal(got, wanted) {
		t.Errorf("resumed with\n%s", got)
	}
	if run.Steps != 0 {
		t.Error("Resume changed its receiver")
	}
}

// Numbers that are none, and values that only a hand-written config.json has.
func TestValidateOddNumbers(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, spoil := range map[string]func(*Run){
		"lr NaN":              func(r *Run) { r.LR = nan },
		"lr inf":              func(r *Run) { r.LR = inf },
		"ema NaN":             func(r *Run) { r.EMA = nan },
		"val NaN":             func(r *Run) { r.Val = nan },
		"clip-norm NaN":       func(r *Run) { r.ClipNorm = nan },
		"beta-start NaN":      func(r *Run) { linear(r).Start = nan },
		"beta-end NaN":        func(r *Run) { linear(r).End = nan },
		"adam-betas NaN":      func(r *Run) { r.AdamBetas[0] = nan },
		"adam-betas 0":        func(r *Run) { r.AdamBetas[0] = 0 },
		"channels 0":          func(r *Run) { simpleUnetOf(r).Channels = []int{64, 0} },
		"nine channels":       func(r *Run) { simpleUnetOf(r).Channels = slices.Repeat([]int{8}, 9) },
		"time past all years": func(r *Run) { r.Time = 200_000 * time.Hour },
		"lecture-sde, 10":     func(r *Run) { set(r, "solver", "lecture-sde", "sample-steps", "10") },
	} {
		r := lecture()
		spoil(&r)
		if r.Validate() == nil {
			t.Errorf("accepted %s", name)
		}
	}
	ok := lecture()
	set(&ok, "solver", "lecture-sde", "sample-steps", "300")
	if err := ok.Validate(); err != nil {
		t.Error(err)
	}
}

// A preset is a copy: what one caller changes, the next does not see.
func TestPresetIsACopy(t *testing.T) {
	a, _ := Preset("small")
	unetOf(&a).Channels[0], a.DataClass[0] = 7, "x"
	if b, _ := Preset("small"); unetOf(&b).Channels[0] == 7 || b.DataClass[0] == "x" {
		t.Error("a preset was changed")
	}
}

// A stop on the command line replaces the preset's; several are all kept.
func TestWith(t *testing.T) {
	base, given := small(), Run{Stops: Stops{Steps: 10, Epochs: 3}, Optimiser: Optimiser{Batch: 4}}
	for _, x := range []struct {
		set           []string
		steps, epochs int
		time          time.Duration
		batch         int
	}{
		{nil, 0, 0, base.Time, 32},
		{[]string{"batch"}, 0, 0, base.Time, 4},
		{[]string{"steps"}, 10, 0, 0, 32},
		{[]string{"steps", "epochs"}, 10, 3, 0, 32},
	} {
		r, err := base.With(pick(&given, x.set...))
		if err != nil || r.Steps != x.steps || r.Epochs != x.epochs || r.Time != x.time || r.Batch != x.batch || r.LR != base.LR {
			t.Errorf("%v: %+v", x.set, r)
		}
	}
}

// Of what a resumed run may not change, every field is refused; what it may, and what is repeated
// alike, is not.
func TestResumeNamesEveryDifference(t *testing.T) {
	run := small()
	for _, f := range run.Fields() {
		name := f.Name
		if name == "epochs" || name == "steps" {
			continue // 0: the time is the run's stop
		}
		if _, err := run.Resume(pick(&run, []string{name}...)); err != nil {
			t.Errorf("--%s repeated alike: %v", name, err)
		}
	}
	given := lecture()
	given.Val, given.Batch = 0.5, 64
	_, err := run.Resume(pick(&given, []string{"batch", "channels", "val", "resolution", "arch"}...))
	for _, want := range []string{"--batch 64 (the run has 32)", "--channels 64,128,256,512,1024 (the run has 16,32,64,128)", "--val 0.5 (the run has 0.15)", "--resolution 128 (the run has 32)", "--arch simpleunet (the run has unet)"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

// Totals, the rhythm of checkpoints and pictures, and the learning rate may change on resume, and
// nothing else.
func TestResumeMayChange(t *testing.T) {
	run, given := small(), lecture()
	given.Steps, given.Time, given.SaveEvery, given.Keep = 7, time.Hour, 9, 5
	for _, name := range []string{"epochs", "steps", "time", "save-every", "keep", "best", "sample-every", "lr", "lr-schedule", "warmup"} {
		if _, err := run.Resume(pick(&given, []string{name}...)); err != nil {
			t.Errorf("--%s: %v", name, err)
		}
	}
	given.SampleN = 4
	if _, err := run.Resume(pick(&given, []string{"sample-n"}...)); err == nil || !strings.Contains(err.Error(), "--sample-n 4 (the run has 16)") {
		t.Error(err)
	}
}

// A stop given on resume replaces all stops of the run, not that of its kind alone.
func TestResumeReplacesStops(t *testing.T) {
	run := small()
	run.Steps, run.Epochs = 1000, 20 // beside its time
	for _, x := range []struct {
		set           []string
		steps, epochs int
		time          time.Duration
	}{
		{nil, 1000, 20, run.Time},
		{[]string{"keep"}, 1000, 20, run.Time},
		{[]string{"time"}, 0, 0, time.Hour},
		{[]string{"steps"}, 2000, 0, 0},
		{[]string{"steps", "time"}, 2000, 0, time.Hour},
		{[]string{"epochs", "steps", "time"}, 2000, 30, time.Hour},
	} {
		given := Run{Stops: Stops{Steps: 2000, Epochs: 30, Time: time.Hour}, Rhythm: Rhythm{Keep: 3}}
		r, err := run.Resume(pick(&given, x.set...))
		if err != nil || r.Steps != x.steps || r.Epochs != x.epochs || r.Time != x.time {
			t.Errorf("%v: %+v, %v", x.set, r, err)
		}
	}
}

// Data may lie elsewhere: folders as folders, points as points, a second set where there is one.
func TestResumeDataMoved(t *testing.T) {
	for _, x := range []struct {
		field      string
		have, want []string
		ok         bool
	}{
		{"data", []string{"/a"}, []string{"/b", "/c"}, true}, {"data", []string{"/a.csv"}, []string{"/b.csv"}, true},
		{"data", []string{"/a"}, []string{"/b.csv"}, false}, {"data", []string{"/a"}, nil, false}, {"data", nil, []string{"/b"}, false},
		{"from", []string{"/a"}, []string{"/b"}, true}, {"from", nil, []string{"/b"}, false},
	} {
		run, given := small(), small()
		if run.Data, given.Data = x.have, x.want; x.field == "from" {
			run.Data, run.From, given.Data, given.From = []string{"/x"}, x.have, nil, x.want
		}
		_, err := run.Resume(pick(&given, []string{x.field}...))
		if refused := err != nil && strings.Contains(err.Error(), "keeps its settings"); refused == x.ok {
			t.Errorf("%s %v to %v: %v", x.field, x.have, x.want, err)
		}
	}
}

// The data are no flag.
func TestResumeNamesData(t *testing.T) {
	run, given := small(), small()
	given.Data = []string{"/a", "/b"}
	if _, err := run.Resume(pick(&given, []string{"data"}...)); err == nil || !strings.Contains(err.Error(), "leave out DATA /a,/b (the run has the embedded emoji)") {
		t.Error(err)
	}
}

// A config.json says everything once, and nothing after it.
func TestParseRefuses(t *testing.T) {
	r, err := Preset("small")
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	if _, err := Parse(strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	for forged, want := range map[string]string{
		strings.Replace(text, `"arch"`, `"arch": "mlp", "arch"`, 1): `key "arch" comes twice`,
		strings.Replace(text, `"arch"`, `"Arch": "mlp", "arch"`, 1): `comes twice`,
		text + "{}": "something follows",
		text + "]":  "something follows",
		strings.Replace(text, `"arch"`, `"arches"`, 1): `unknown field "arches"`,
		strings.Repeat("[", 1000):                      "nested deeper",
		text + strings.Repeat(" ", 1<<20):              "longer than",
	} {
		if _, err := Parse(strings.NewReader(forged)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: error %v, want %q", forged, err, want)
		}
	}
}
