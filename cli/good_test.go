package cli

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data/picture"
)

// lastLine is the last line of a text.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return lines[len(lines)-1]
}

func TestTrainTellsAndWrites(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "my run")
	r := ok(t, with([]string{"train", images(t)}, "--steps", "9", "--run", dir, "--sample-every", "1", "--sample-n", "4", "--save-every", "3", "--keep", "2", "--seed", "5")...)
	if want := "reverie sample '" + dir + "'"; lastLine(r.out) != want {
		t.Errorf("last line %q, want %q", lastLine(r.out), want)
	}
	if !strings.HasPrefix(r.out, "Epoch 0 | step 000 Loss: ") {
		t.Errorf("stdout does not begin with the lecture's line: %q", r.out)
	}
	for _, text := range []string{"in 2 classes for training, 4 held out", "4,527 parameters", "of memory", "for an epoch of", dir, "seed 5", "9 steps in"} {
		if !strings.Contains(r.err, text) {
			t.Errorf("stderr lacks %q:\n%s", text, r.err)
		}
	}
	for _, name := range []string{"config.json", "log.jsonl", "loss.svg", "samples/training.png", "samples/forward.png", "samples/epoch-00001-strip.png", "samples/epoch-00001-raw-ema.png"} {
		if st, err := os.Stat(filepath.Join(dir, name)); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	list, err := checkpoint.List(dir)
	if err != nil || len(list) != 2 || list[0].Step != 6 || list[1].Step != 9 {
		t.Errorf("checkpoints %v, %v; want those of steps 6 and 9", list, err)
	}
}

// TestTrainNumbersRuns names runs for their data, below runs/.
func TestTrainNumbersRuns(t *testing.T) {
	imgs := images(t)
	dir := t.TempDir()
	t.Chdir(dir)
	for n := 1; n <= 2; n++ {
		r := ok(t, with([]string{"train", imgs}, "--steps", "1")...)
		if want := fmt.Sprintf("reverie sample %s", filepath.Join(dir, "runs", fmt.Sprintf("imgs-%d", n))); lastLine(r.out) != want {
			t.Errorf("run %d: last line %q, want %q", n, lastLine(r.out), want)
		}
	}
}

// TestTrainEmbedded trains on the emoji inside the program.
func TestTrainEmbedded(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "r")
	r := ok(t, with([]string{"train"}, "--steps", "1", "--run", dir, "--data-class", "Flags", "--batch", "100", "--val", "0")...)
	if !strings.Contains(r.err, "for training, 0 held out") {
		t.Errorf("stderr: %s", r.err)
	}
}

func TestSampleWrites(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	r := ok(t, "sample", trained(t), "-n", "5", "--out", at("s.png"), "--strip", at("strip.png"), "--npz", at("i.npz"), "--seed", "3")
	if want := fmt.Sprintf("%s\n%s\n%s\n", at("s.png"), at("strip.png"), at("i.npz")); r.out != want {
		t.Errorf("stdout %q, want %q", r.out, want)
	}
	for _, text := range []string{"step-000004", "averaged (EMA) weights", "5 images of 8x8x3, seed 3", "ddpm (variance posterior), 10 steps", "clamp x0", "took"} {
		if !strings.Contains(r.err, text) {
			t.Errorf("stderr lacks %q:\n%s", text, r.err)
		}
	}
	z, err := checkpoint.OpenNPZ(at("i.npz"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	a, err := z.Array("arr_0", checkpoint.U8, 4)
	if err != nil || fmt.Sprint(a.Shape) != "[5 8 8 3]" {
		t.Fatalf("arr_0 %v, %v", a.Shape, err)
	}
	var tiles []image.Image
	for i := range 5 {
		tiles = append(tiles, picture.FromBytes(a.Data[i*8*8*3:(i+1)*8*8*3], 8, 8, 3))
	}
	samePicture(t, at("s.png"), picture.Grid(tiles, picture.Layout{}))
	got := map[string]string{}
	for _, x := range textOf(t, at("s.png")) {
		got[x.Key] = x.Value
	}
	for key, value := range map[string]string{"solver": "ddpm", "steps": "10", "clamp": "x0", "seed": "3", "variance": "posterior", "weights": "averaged (EMA)", "images": "5", "size": "8x8", "batchnorm": "eval"} {
		if got[key] != value {
			t.Errorf("PNG text %s is %q, want %q", key, got[key], value)
		}
	}
	if strip := decode(t, at("strip.png")).Bounds(); strip.Dx() < 10*8 || strip.Dy() < 8 || strip.Dx() < 8*strip.Dy() {
		t.Errorf("strip of %v: want ten images in a row", strip)
	}
}

func decode(t *testing.T, path string) image.Image {
	t.Helper()
	img, _, err := image.Decode(bytes.NewReader(readBytes(t, path)))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return img
}

// textOf is the text of a PNG file.
func textOf(t *testing.T, path string) []picture.Text {
	t.Helper()
	text, err := picture.ReadText(bytes.NewReader(readBytes(t, path)))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return text
}

func samePicture(t *testing.T, path string, want image.Image) {
	t.Helper()
	got := decode(t, path)
	if got.Bounds().Size() != want.Bounds().Size() {
		t.Fatalf("%s: size %v, want %v", path, got.Bounds(), want.Bounds())
	}
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			r1, g1, b1, _ := got.At(x, y).RGBA()
			r2, g2, b2, _ := want.At(x, y).RGBA()
			if r1 != r2 || g1 != g2 || b1 != b2 {
				t.Fatalf("%s: pixel %d,%d differs", path, x, y)
			}
		}
	}
}

// pixels are the images that a sample command line draws.
func pixels(t *testing.T, args ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	ok(t, append(append([]string{"sample"}, args...), "--out", filepath.Join(dir, "o.png"), "--npz", filepath.Join(dir, "o.npz"))...)
	z, err := checkpoint.OpenNPZ(filepath.Join(dir, "o.npz"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	a, err := z.Array("arr_0", checkpoint.U8, 4)
	if err != nil {
		t.Fatal(err)
	}
	return a.Data
}

// TestSampleSameImage: image i is the same for every -n, --batch and number of threads.
func TestSampleSameImage(t *testing.T) {
	dir := trained(t)
	const size = 8 * 8 * 3
	want := pixels(t, dir, "-n", "5", "--solver", "ddim")
	if bytes.Equal(want[:size], want[size:2*size]) {
		t.Error("two images of one command are the same")
	}
	if got := pixels(t, dir, "-n", "5", "--solver", "ddim", "--backend", "simd:threads=1"); !bytes.Equal(got, want) {
		t.Error("one thread gives other bits")
	}
	if got := pixels(t, dir, "-n", "5", "--solver", "ddim", "--seed", "1"); bytes.Equal(got, want) {
		t.Error("another seed gives the same images")
	}
	for _, args := range [][]string{{"-n", "3"}, {"-n", "5", "--batch", "2"}, {"-n", "5", "--batch", "1"}} {
		got := pixels(t, append([]string{dir, "--solver", "ddim"}, args...)...)
		if d := farthest(got, want[:len(got)]); d > 2 {
			t.Errorf("%v: %d levels off", args, d)
		}
	}
}

// farthest is the largest difference of two elements.
func farthest(a, b []byte) int {
	most := 0
	for i := range a {
		most = max(most, int(a[i])-int(b[i]), int(b[i])-int(a[i]))
	}
	return most
}

// TestSampleChoices: what --raw, --batchnorm, --variance, --eta and --clamp say changes the images.
func TestSampleChoices(t *testing.T) {
	dir := trained(t)
	plain := pixels(t, dir, "-n", "2")
	for _, args := range [][]string{
		{"--raw"}, {"--batchnorm", "batch"}, {"--solver", "ddim"}, {"--eta", "0"}, {"--eta", "0.5"}, {"--solver", "lecture-sde"},
		{"--variance", "beta"}, {"--clamp", "none"}, {"--clamp", "x"}, {"--steps", "5"}, {"--steps", "5", "--spacing", "trailing"},
	} {
		if bytes.Equal(plain, pixels(t, append([]string{dir, "-n", "2"}, args...)...)) {
			t.Errorf("%v changes nothing", args)
		}
	}
	if !bytes.Equal(plain, pixels(t, dir, "-n", "2", "--solver", "ddpm", "--clamp", "x0", "--variance", "posterior", "--steps", "10", "--batchnorm", "eval")) {
		t.Error("the run's own settings, spelled out, change the images")
	}
	if ddim := pixels(t, dir, "-n", "2", "--solver", "ddim"); !bytes.Equal(ddim, pixels(t, dir, "-n", "2", "--eta", "0")) {
		t.Error("--eta 0 is not deterministic ddim")
	}
	r := ok(t, "sample", dir, "-n", "1", "--raw", "--out", filepath.Join(t.TempDir(), "s.png"))
	if !strings.Contains(r.err, "raw weights") {
		t.Errorf("--raw is not told: %s", r.err)
	}
}

// TestSampleClamp: x0 by default; x for ddpm and lecture-sde on a run of preset lecture and on an
// imported simpleunet; the run's own with its own solver.
func TestSampleClamp(t *testing.T) {
	dir := t.TempDir()
	lecture, ddim, odd, model := filepath.Join(dir, "lecture"), filepath.Join(dir, "ddim"), filepath.Join(dir, "odd"), filepath.Join(dir, "model")
	ok(t, with([]string{"train", images(t)}, "--preset", "lecture", "--steps", "1", "--run", lecture)...)
	ok(t, with([]string{"train", images(t)}, "--preset", "lecture", "--steps", "1", "--solver", "ddim", "--run", ddim)...)
	ok(t, with([]string{"train", images(t)}, "--steps", "1", "--clamp", "none", "--solver", "ddim", "--run", odd)...)
	ok(t, "import", "--weights", "testdata/lecture.safetensors", "--resolution", "8", "--timesteps", "10", "--out", model)
	for _, c := range []struct{ run, solver, want string }{
		{trained(t), "", "x0"}, {trained(t), "ddpm", "x0"}, {trained(t), "ddim", "x0"}, {trained(t), "lecture-sde", "x0"},
		{lecture, "", "x"}, {lecture, "ddpm", "x"}, {lecture, "lecture-sde", "x"}, {lecture, "ddim", "x0"},
		{model, "", "x0"}, {model, "ddpm", "x"}, {model, "lecture-sde", "x"}, {model, "ddim", "x0"},
		{ddim, "", "x0"}, {ddim, "ddim", "x0"}, {ddim, "ddpm", "x"},
		{odd, "", "none"}, {odd, "ddim", "none"}, {odd, "ddpm", "x0"},
	} {
		args := []string{"sample", c.run, "-n", "1", "--out", filepath.Join(dir, "s.png")}
		if c.solver != "" {
			args = append(args, "--solver", c.solver)
		}
		if r := ok(t, args...); !strings.HasSuffix(strings.Split(r.err, "\n")[1], "clamp "+c.want) {
			t.Errorf("%s, solver %q: want clamp %s\n%s", filepath.Base(c.run), c.solver, c.want, r.err)
		}
	}
}

// TestShapes: grey images and such with alpha, not square, in both networks, are trained on,
// sampled and predicted.
func TestShapes(t *testing.T) {
	long(t)
	for _, c := range []struct{ arch, channels, image string }{{"simpleunet", "4,8", "1"}, {"unet", "8,16", "4"}} {
		dir := t.TempDir()
		at := func(name string) string { return filepath.Join(dir, name) }
		ok(t, with([]string{"train", images(t)}, "--arch", c.arch, "--channels", c.channels, "--image-channels", c.image,
			"--resolution", "8x12", "--steps", "4", "--sample-every", "1", "--sample-n", "2", "--run", at("run"))...)
		ok(t, "sample", at("run"), "-n", "2", "--out", at("s.png"), "--strip", at("strip.png"), "--npz", at("i.npz"))
		z, err := checkpoint.OpenNPZ(at("i.npz"))
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		a, err := z.Array("arr_0", checkpoint.U8, 4)
		if want := "[2 8 12 " + c.image + "]"; err != nil || fmt.Sprint(a.Shape) != want {
			t.Errorf("%s: arr_0 of shape %v, %v, want %s", c.arch, a.Shape, err, want)
		}
		if b := decode(t, at("strip.png")).Bounds(); b.Dx() < 10*12 || b.Dy() < 8 {
			t.Errorf("%s: strip of %v", c.arch, b)
		}
		n := a.Shape[3]
		writeTask(t, at("in.npz"), checkpoint.FromF32s(make([]float32, 3*n*4*6), 3, n, 4, 6), checkpoint.FromI64s([]int64{0, 5, 9}, 3))
		ok(t, "predict", "--model", at("run"), "--in", at("in.npz"), "--out", at("out.npz"))
		if got := readArray(t, at("out.npz"), "out"); fmt.Sprint(got.Shape) != fmt.Sprintf("[3 %d 4 6]", n) {
			t.Errorf("%s: out of shape %v", c.arch, got.Shape)
		}
	}
}

func TestInfo(t *testing.T) {
	run := trained(t)
	for _, path := range []string{run, filepath.Join(run, "checkpoints", "step-000004")} {
		r := ok(t, "info", path)
		for _, text := range []string{"step-000004", "simpleunet", "4,527 trainable", "averaged (EMA", "ddpm, T = 10, cosine betas", "small", "8x8", "4 steps (epoch 1, ", "seed"} {
			if !strings.Contains(r.out, text) {
				t.Errorf("info %s lacks %q:\n%s", path, text, r.out)
			}
		}
	}
	if r := ok(t, "info", run, "--raw"); !strings.Contains(r.out, "raw (") {
		t.Errorf("info --raw: %s", r.out)
	}
}

// TestImportPredict imports weights that Python wrote, and predicts what PyTorch predicts:
// testdata/make_golden.py.
func TestImportPredict(t *testing.T) {
	dir := t.TempDir()
	model, out := filepath.Join(dir, "model"), filepath.Join(dir, "out.npz")
	if r := ok(t, "import", "--arch", "simpleunet", "--weights", "testdata/lecture.safetensors", "--out", model); r.out != model+"\n" {
		t.Errorf("stdout %q", r.out)
	}
	r := ok(t, "info", model)
	for _, text := range []string{"simpleunet, widths 4 6 8, image channels 3", "T = 300, linear betas 0.0001 to 0.02", "eps", "128x128", "imported"} {
		if !strings.Contains(r.out, text) {
			t.Errorf("info lacks %q:\n%s", text, r.out)
		}
	}
	want := readArray(t, "testdata/want.npz", "out")
	for _, batch := range []string{"16", "2", "1"} {
		ok(t, "predict", "--model", model, "--in", "testdata/in.npz", "--out", out, "--batch", batch)
		got := readArray(t, out, "out")
		if fmt.Sprint(got.Shape) != fmt.Sprint(want.Shape) {
			t.Fatalf("shape %v, want %v", got.Shape, want.Shape)
		}
		a, _ := got.F32s()
		b, _ := want.F32s()
		var diff, norm float64
		for i := range b {
			diff += math.Pow(float64(a[i])-float64(b[i]), 2)
			norm += math.Pow(float64(b[i]), 2)
		}
		if rel := math.Sqrt(diff / norm); !(rel < 1e-5) {
			t.Errorf("batch %s: relative distance %.2g from PyTorch", batch, rel)
		}
	}
}

func readArray(t *testing.T, path, key string) checkpoint.Tensor {
	t.Helper()
	z, err := checkpoint.OpenNPZ(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	a, err := z.Array(key, checkpoint.F32, 4)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestPredictRaw: averaged weights unless --raw, and the two differ.
func TestPredictRaw(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "in.npz")
	writeTask(t, in, checkpoint.FromF32s(make([]float32, 2*3*4*6), 2, 3, 4, 6), checkpoint.FromI64s([]int64{0, 9}, 2))
	predicted := func(model string, flags ...string) []byte {
		path := filepath.Join(dir, "out.npz")
		ok(t, append([]string{"predict", "--model", model, "--in", in, "--out", path}, flags...)...)
		return readArray(t, path, "out").Data
	}
	run := predicted(trained(t))
	if bytes.Equal(run, predicted(trained(t), "--raw")) {
		t.Error("raw and averaged weights predict the same")
	}
	if !bytes.Equal(run, predicted(filepath.Join(trained(t), "checkpoints", "step-000004"))) {
		t.Error("a run and its newest checkpoint predict differently")
	}
}

func writeTask(t *testing.T, path string, x, times checkpoint.Tensor) {
	t.Helper()
	if err := checkpoint.WriteNPZ(nil, path, checkpoint.NamedTensor{Key: "x", Tensor: x}, checkpoint.NamedTensor{Key: "t", Tensor: times}); err != nil {
		t.Fatal(err)
	}
}

func TestNoise(t *testing.T) {
	out := filepath.Join(t.TempDir(), "n.png")
	r := ok(t, "noise", filepath.Join(images(t), "a", "00.png"), "--out", out, "--resolution", "16", "--seed", "4", "--timesteps", "100")
	if r.out != out+"\n" || !strings.Contains(r.err, "t = 0, 10, 20, 30, 40, 50, 60, 70, 80, 90 of 100 (linear), seed 4") {
		t.Errorf("%q, %q", r.out, r.err)
	}
	if b := decode(t, out).Bounds(); b.Dx() < 160 || b.Dy() < 16 {
		t.Errorf("strip of %v", b)
	}
	text := textOf(t, out)
	for _, want := range []string{"{seed 4}", "{schedule linear}", "{timesteps 100}", "{beta-start 0.0001}", "{beta-end 0.02}", "{resolution 16}"} {
		if !strings.Contains(fmt.Sprint(text), want) {
			t.Errorf("text lacks %s: %v", want, text)
		}
	}
}

// TestNoiseOfALaw: a run keeps the noise that it was told, says which it is, draws by it, and
// refuses to go on with another; likewise a classifier of noised samples.
func TestNoiseOfALaw(t *testing.T) {
	dir, imgs := t.TempDir(), images(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	const described = "noise         simplex (octaves 3, persistence 0.8, frequency 0.125)"
	run := with([]string{"train", imgs, "--noise", "simplex", "--octaves", "3", "--frequency", "0.125"}, "--steps", "2", "--run", at("run"))
	ok(t, run...)
	if r := ok(t, "info", at("run")); !strings.Contains(strings.Join(strings.Fields(r.out), " "), strings.Join(strings.Fields(described), " ")) {
		t.Errorf("no %q:\n%s", described, r.out)
	}
	ok(t, "train", "--resume", at("run"), "--steps", "3", "--noise", "simplex")
	refused(t, exitFailure, []string{"--noise pyramid (the run has simplex)"}, "train", "--resume", at("run"), "--steps", "4", "--noise", "pyramid")
	refused(t, exitFailure, []string{"--frequency 0.25 (the run has 0.125)"}, "train", "--resume", at("run"), "--steps", "4", "--frequency", "0.25")
	if a, b := pixels(t, at("run"), "-n", "1"), pixels(t, trained(t), "-n", "1"); slices.Equal(a, b) {
		t.Error("noise of a law draws what standard noise does")
	}
	refused(t, exitFailure, []string{"likelihoods and their bounds are stated for the standard normal noise"}, "eval", at("run"), "--metrics", "elbo")
	refused(t, exitFailure, []string{"this model with gaussian"}, "sample", trained(t), "--guide", "autoguidance", "--guidance", "2", "--weak", at("run"), "--out", at("s.png"))
	ok(t, "train", imgs, "--arch", "classifier", "--noised", "--noise", "pyramid", "--timesteps", "10", "--channels", "8,16", "--resolution", "8", "--batch", "4", "--steps", "2", "--run", at("classifier"))
	if r := ok(t, "info", at("classifier")); !strings.Contains(r.out, "pyramid (discount 0.8)") {
		t.Error(r.out)
	}
	refused(t, exitFailure, []string{"trained with pyramid noise"}, "sample", trained(t), "--classifier", at("classifier"), "--class", "a", "--out", at("s.png"))
	out := at("n.png")
	r := ok(t, "noise", filepath.Join(imgs, "a", "00.png"), "--noise", "pyramid", "--discount", "0.5", "--out", out, "--resolution", "16")
	if text := fmt.Sprint(textOf(t, out)); !strings.Contains(r.err, "(linear, pyramid noise)") || !strings.Contains(text, "{noise pyramid}") || !strings.Contains(text, "{discount 0.5}") {
		t.Errorf("%q, %s", r.err, text)
	}
}

// TestPatch: a run whose noise is on a part of each image says so, goes on, and draws nothing.
func TestPatch(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	ok(t, with([]string{"train", images(t), "--patch", "3"}, "--steps", "2", "--run", run)...)
	ok(t, "train", "--resume", run, "--steps", "3")
	if r := ok(t, "info", run); !strings.Contains(r.out, "noise on one square of 3x3 pixels alone") {
		t.Error(r.out)
	}
	refused(t, exitFailure, []string{"for whole images train one without --patch"}, "sample", run, "--out", filepath.Join(t.TempDir(), "s.png"))
	refused(t, exitFailure, []string{"--patch 4 (the run has 3)"}, "train", "--resume", run, "--steps", "4", "--patch", "4")
}

// TestNoiseSaysWhatItDoes: what becomes of the image beyond decoding and resizing is said.
func TestNoiseSaysWhatItDoes(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "wide.png"), filepath.Join(dir, "n.png")
	if err := picture.Write(in, image.NewNRGBA(image.Rect(0, 0, 12, 4))); err != nil {
		t.Fatal(err)
	}
	r := ok(t, "noise", in, "--out", out, "--resolution", "8")
	if want := "note: " + in + ": squeezed: the aspect is not the resolution's; transparent, put on white\n"; !strings.Contains(r.err, want) {
		t.Errorf("%q lacks %q", r.err, want)
	}
}

func TestData(t *testing.T) {
	out := filepath.Join(t.TempDir(), "d.png")
	r := ok(t, "data", images(t), "--out", out)
	for _, text := range []string{"16 in", "a       8   50.0%", "b       8   50.0%", "--resolution", "--batch", "unreadable  0", out} {
		if !strings.Contains(r.out, text) {
			t.Errorf("report lacks %q:\n%s", text, r.out)
		}
	}
	decode(t, out)
	if r := ok(t, "data", "--data-class", "Flags", "--out", out); !strings.Contains(r.out, "Flags") {
		t.Errorf("embedded: %s", r.out)
	}
}

func TestVersion(t *testing.T) {
	if r := ok(t, "version"); !strings.HasPrefix(r.out, "reverie ") || !strings.Contains(r.out, "simd") {
		t.Errorf("%q", r.out)
	}
	notice := ok(t, "version", "--notice").out
	for _, part := range []string{"The reverie authors", "Noto", "END OF TERMS AND CONDITIONS", "The Go Authors", "github.com/spf13/cobra", "gonum.org/v1/gonum", "SIL OPEN FONT LICENSE"} {
		if !strings.Contains(notice, part) {
			t.Errorf("the notice does not name %s", part)
		}
	}
}

// TestHelp: every command explains itself with examples.
func TestHelp(t *testing.T) {
	for _, c := range append(newRoot().Commands(), newRoot()) {
		if c.Name() == "help" || c.Name() == "completion" {
			continue
		}
		args := strings.Fields(c.CommandPath())[1:]
		r := ok(t, append(args, "--help")...)
		if !strings.Contains(r.out, "Examples:\n  reverie "+strings.Join(args, " ")) || r.err != "" {
			t.Errorf("%s --help: no examples\n%s", c.CommandPath(), r.out)
		}
	}
	if r := ok(t); !strings.Contains(r.out, "\nCommands:") {
		t.Errorf("reverie alone: %s", r.out)
	}
}

// TestPresetsInHelp: what the help says of a flag is what the preset holds.
func TestPresetsInHelp(t *testing.T) {
	r := ok(t, "train", "--help-all")
	r.out = strings.Join(strings.Fields(r.out), " ")
	for _, text := range []string{
		"[small 8m; lecture none; speech 10m; speech16 12h0m]", "[small 32; lecture 128; speech 128x64; speech16 256]",
		"[small 16,32,64,128; lecture 64,128,256,512,1024; speech 16,32,64,128; speech16 32,64,128,256]",
		"[small Smileys & Emotion; lecture, speech, speech16 none]", "[small, lecture 300]", "[small 0.9,0.99; lecture 0.9,0.999; speech, speech16 0.9,0.99]",
	} {
		if !strings.Contains(r.out, text) {
			t.Errorf("help of train lacks %q", text)
		}
	}
	if strings.Contains(r.out, "(default [])") {
		t.Error("help of train shows an empty default")
	}
}
