package cli

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"image"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
)

// workshop makes the folder that the tests of bad input run in, and goes there.
//
//	imgs/ empty/ text/file.txt run/ model/ weights/*.safetensors in/*.npz
func workshop(t *testing.T) string {
	t.Helper()
	run, imgs := trained(t), images(t)
	lecture, err := filepath.Abs("testdata/lecture.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for from, to := range map[string]string{run: "run", imgs: "imgs"} {
		if err := os.CopyFS(filepath.Join(dir, to), os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	for _, name := range []string{"empty", "text", "weights", "in"} {
		if err := os.Mkdir(name, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	writeBytes(t, "text/file.txt", []byte("no image"))
	writeBytes(t, "notes.md", []byte("no image"))
	ok(t, "import", "--weights", lecture, "--timesteps", "10", "--resolution", "8", "--out", "model")
	writeWeights(t, readBytes(t, lecture))
	writeTasks(t)
	return dir
}

// TestUsage: what is wrong from the command line alone is found before any file is opened: none of
// the paths below exists.
func TestUsage(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	before := snapshot(t, dir)
	for _, c := range []struct{ line, text string }{
		{"trian", `unknown command "trian"; did you mean "train"?`},
		{"nothing-like-it", `unknown command "nothing-like-it"`},
		{"train nowhere --nope", "unknown flag --nope"},
		{"train nowhere --steps abc", `--steps "abc": expected a whole number`},
		{"train nowhere --steps 3.5", `--steps "3.5": expected a whole number`},
		{"train nowhere --seed -1", `--seed "-1": expected a whole number, 0 or more`},
		{"train nowhere --time 8", `--time "8": expected a time such as`},
		{"train nowhere --time=-3s", "--time -3s is outside 0s to 100000h0m0s"},
		{"train nowhere --lr x", `--lr "x": expected a number`},
		{"train nowhere --channels 4,x", `--channels "x": expected whole numbers with commas between`},
		{"train nowhere --resolution 8x", `"8x" is no image size`},
		{"train nowhere --resolution 0", "outside 1 to 4096"},
		{"train nowhere --steps", "--steps needs a value"},
		{"train nowhere --preset medium", `--preset "medium" is unknown; choose one of small, lecture`},
		{"train nowhere --arch resnet", `--arch "resnet" is unknown; choose one of simpleunet, unet`},
		{"train nowhere --solver rk4", `--solver "rk4" is unknown; choose one of ddpm, ddim, lecture-sde`},
		{"train nowhere --schedule exp", `--schedule "exp" is unknown`},
		{"train nowhere --prediction noise", `--prediction "noise" is unknown`},
		{"train nowhere --loss l3", `--loss "l3" is unknown`},
		{"train nowhere --process vpp", `--process "vpp" is unknown`},
		{"train nowhere --crop top", `--crop "top" is unknown`},
		{"train nowhere --clamp y", `--clamp "y" is unknown`},
		{"train nowhere --variance big", `--variance "big" is unknown`},
		{"train nowhere --lr-schedule step", `--lr-schedule "step" is unknown`},
		{"train nowhere --backend gpu", `no backend "gpu"`},
		{"train nowhere --val 1", "--val 1 is outside 0 to 0.9"},
		{"train nowhere --arch simpleunet --layers 2", "--layers belongs to --arch unet"},
		{"train nowhere --preset lecture --layers 2", "--layers belongs to --arch unet"},
		{"train nowhere --solver ddim --variance beta", "--variance belongs to --solver ddpm, not to ddim"},
		{"train nowhere --solver lecture-sde --variance posterior", "--variance belongs to --solver ddpm, not to lecture-sde"},
		{"train nowhere --schedule cosine --beta-start 0.001", "--beta-start belongs to --schedule linear, scaled-linear and sigmoid and --process subvp, i2sb and sb-vp, not to cosine"},
		{"train nowhere --beta-end 0.01", "--beta-end belongs to --schedule linear"},
		{"train --resume nowhere --arch simpleunet --layers 2", "--layers belongs to --arch unet"},
		{"train --resume nowhere --solver ddim --variance beta", "--variance belongs to --solver ddpm"},
		{"train --resume nowhere --schedule cosine --beta-end 0.01", "--beta-end belongs to --schedule linear"},
		{"noise nowhere.png --schedule cosine --beta-start 0.001", "--beta-start belongs to --schedule linear"},
		{"import --weights nowhere --out m --schedule cosine --beta-end 0.01", "--beta-end belongs to --schedule linear"},
		{"train nowhere --batch 0", "--batch 0 is outside 1 to"},
		{"train nowhere --lr 0", "--lr 0"},
		{"train nowhere --ema 1", "--ema 1"},
		{"train nowhere --image-channels 2", "--image-channels 2"},
		{"train nowhere --adam-betas 0.9", "expected 2 numbers with commas between"},
		{"train nowhere --steps 0", "nothing stops this run"},
		{"train nowhere --channels 8", "give 2 to 8 widths"},
		{"train nowhere --timesteps 0", "--timesteps 0 is outside"},
		{"train nowhere --beta-start 2", "--beta-start 2"},
		{"train nowhere --schedule linear --beta-start 0.1", "--beta-start 0.1 is above --beta-end 0.02"},
		{"train nowhere --weighting elbo --loss l1", "--weighting elbo needs --loss mse"},
		{"train nowhere --preset lecture --weighting elbo", "--weighting elbo needs --loss mse"},
		{"train nowhere --solver lecture-sde --sample-steps 20", "lecture-sde walks all 300 time steps"},
		{"train nowhere --preset lecture --resolution 100", "both sides must be multiples of 16; next are height 96 or 112"},
		{"train nowhere --resolution 33x32", "next are height 32 or 34"},
		{"train --resume nowhere --run other", "--run and --resume exclude each other"},
		{"train --resume nowhere --arch resnet", `--arch "resnet" is unknown`},
		{"train --resume nowhere --weighting elbo --loss l1", "--weighting elbo needs --loss mse"},
		{"train --resume nowhere --schedule linear --beta-start 0.1 --beta-end 0.01", "--beta-start 0.1 is above"},
		{"train --resume nowhere --steps 0", "nothing stops this run"},
		{"train --resume nowhere --backend gpu", `no backend "gpu"`},
		{"train --data-class Smileys", `the classes are "Activities", "Animals & Nature"`}, // the embedded set: no file
		{"train --data-class Flags --batch 1000", "batch 1000 is larger than the training set of"},
		{"sample", "takes a run, checkpoint or model folder"},
		{"sample nowhere else", "2 arguments were given"},
		{"sample nowhere --solver rk4", `--solver "rk4" is unknown; choose one of ddpm, ddim, lecture-sde`},
		{"sample nowhere --clamp y", `--clamp "y" is unknown`},
		{"sample nowhere --variance y", `--variance "y" is unknown`},
		{"sample nowhere --batchnorm y", `--batchnorm "y" is unknown`},
		{"sample nowhere --spacing y", `--spacing "y" is unknown`},
		{"sample nowhere --eta 1.5", "--eta 1.5 is outside 0 to 1"},
		{"sample nowhere --eta NaN", "--eta NaN is outside 0 to 1"},
		{"sample nowhere --eta 1 --solver ddpm", "--eta belongs to --solver ddim"},
		{"sample nowhere --eta 0 --solver ddpm", "--eta belongs to --solver ddim"},
		{"sample nowhere --variance beta --eta 0", "--variance belongs to --solver ddpm"},
		{"sample nowhere --variance beta --solver ddim", "--variance belongs to --solver ddpm"},
		{"sample nowhere --variance beta --eta 0.5", "--variance belongs to --solver ddpm"},
		{"sample nowhere --steps 3 --solver lecture-sde", "--steps does not go with --solver lecture-sde"},
		{"sample nowhere --steps 0", "--steps 0 is outside 1 to 100000"},
		{"sample nowhere -n 0", "--n 0 is outside"},
		{"sample nowhere --batch 0", "--batch 0 is outside"},
		{"sample nowhere --backend gpu", `no backend "gpu"`},
		{"sample nowhere --out a.png --strip ./a.png", "--out and --strip both name"},
		{"sample nowhere --out a.jpg", "--out a.jpg: pictures are written as PNG"},
		{"noise", "takes one image file"},
		{"noise nowhere.png --schedule exp", `--schedule "exp" is unknown`},
		{"noise nowhere.png --timesteps 0", "--timesteps 0"},
		{"noise nowhere.png --beta-end 1", "--beta-end 1"},
		{"noise nowhere.png --out n.gif", "pictures are written as PNG"},
		{"data --data-class Smileys", `no class "Smileys": the classes are`},
		{"data nowhere --out d.bmp", "pictures are written as PNG"},
		{"info", "takes a run, checkpoint or model folder"},
		{"info nowhere --nope", "unknown flag --nope"},
		{"import nowhere", "takes no arguments, only flags"},
		{"import --out m", "--weights is missing"},
		{"import --weights nowhere", "--out is missing"},
		{"import --arch unet --weights nowhere --out m", `--arch "unet" is unknown; choose one of simpleunet`},
		{"import --weights nowhere --out m --schedule exp", `--schedule "exp" is unknown`},
		{"import --weights nowhere --out m --timesteps -1", "--timesteps -1"},
		{"predict", "--model is missing"},
		{"predict --model nowhere", "--in is missing"},
		{"predict --model nowhere --in a.npz", "--out is missing"},
		{"predict --model nowhere --in a.npz --out a.npz", "--in and --out both name a.npz"},
		{"predict --model nowhere --in a.npz --out b.npz --batch 0", "--batch 0"},
		{"predict --model nowhere --in a.npz --out b.npz --backend gpu", `no backend "gpu"`},
		{"version now", "takes no arguments"},
		{"sample nowhere --out=", "--out is empty"},
		{"noise nowhere.png --out=", "--out is empty"},
		{"data nowhere --out=", "--out is empty"},
		{"train nowhere --run=", "--run is empty"},
		{"train --resume=", "--resume is empty"},
	} {
		refused(t, exitUsage, []string{c.text}, strings.Fields(c.line)...)
	}
	before.unchanged(t, dir)
}

// TestRefused: what files hold is refused with exit code 1, and nothing is made or lost.
func TestRefused(t *testing.T) {
	dir := workshop(t)
	stop := " --steps 2 --run new"
	before := snapshot(t, dir)
	for _, c := range []struct{ line, text string }{
		{"train nowhere" + stop, "no such folder: " + filepath.Join(dir, "nowhere")},
		{"train notes.md" + stop, "is a file: expected a folder of images"},
		{"train empty" + stop, "no images in " + filepath.Join(dir, "empty")},
		{"train text" + stop, "it holds 1 other files"},
		{"train imgs --data-class c" + stop, `no class "c": the classes are "a", "b"`},
		{"train imgs --batch 100" + stop, "batch 100 is larger than the training set of"},
		{"train imgs --steps 2 --run run", "already holds a run: continue it with --resume run"},
		{"train imgs --steps 2 --run text/file.txt", "--run text/file.txt is a file"},
		{"train imgs --steps 2 --run text/file.txt/run", "not a directory"},
		{"train --resume nowhere --steps 2", "--resume nowhere: there is no such run folder"},
		{"train --resume imgs --steps 2", "imgs: not a run"},
		{"train --resume model --steps 2", "model is a model, not a run folder"},
		{"sample nowhere", "nowhere: no such run, checkpoint or model folder"},
		{"sample imgs", "imgs: not a run, checkpoint or model folder"},
		{"sample text/file.txt", "not a run, checkpoint or model folder"},
		{"sample run --steps 11", "--steps 11 is outside 0 to 10: the model has 10 time steps"},
		{"sample run --resolution 9", "--resolution: simpleunet: image of 9x9 (height x width): both sides must be multiples of 2; next are height 8 or 10"},
		{"sample run --out nowhere/s.png", "--out nowhere/s.png: there is no folder nowhere; make it first"},
		{"sample run --out imgs", "--out imgs: it is a folder"},
		{"sample run --npz text/file.txt/i.npz", "--npz text/file.txt/i.npz: "},
		{"info nowhere", "nowhere: no such run, checkpoint or model folder"},
		{"info empty", "empty: not a run, checkpoint or model folder"},
		{"noise nowhere.png", "nowhere.png"},
		{"noise imgs", "imgs: not a regular file"},
		{"noise imgs/a/00.png --max-pixels 255", "16 x 16 = 256 pixels: more than the limit of 255; give --max-pixels 256"},
		{"noise text/file.txt", "not a PNG, JPEG, GIF, WebP, BMP or TIFF picture"},
		{"noise imgs/a/00.png --out nowhere/n.png", "there is no folder nowhere"},
		{"data nowhere", "no such folder: " + filepath.Join(dir, "nowhere")},
		{"data empty", "no images in " + filepath.Join(dir, "empty")},
		{"data imgs --out nowhere/d.png", "there is no folder nowhere"},
		{"import --weights nowhere.safetensors --out m", "--weights nowhere.safetensors: no such file"},
		{"import --weights imgs --out m", "imgs"},
		{"import --weights weights/good.safetensors --out model", "exists already"},
		{"import --weights weights/good.safetensors --out m --resolution 9", "--resolution: simpleunet: image of 9x9"},
		{"import --weights weights/truncated.safetensors --out m", "truncated.safetensors: damaged file"},
		{"import --weights weights/header.safetensors --out m", "header.safetensors: damaged file"},
		{"import --weights weights/huge.safetensors --out m", "the header claims 1152921504606846976 bytes"},
		{"import --weights weights/text.safetensors --out m", "text.safetensors: foreign: it is a text file"},
		{"import --weights weights/nan.safetensors --out m", "value is not finite"},
		{"import --weights run/checkpoints/step-000004/trainer.safetensors --out m", "not a simpleunet"},
		{"predict --model nowhere --in in/good.npz --out o.npz", "no such run, checkpoint or model folder"},
		{"predict --model run --in nowhere.npz --out o.npz", "--in nowhere.npz: no such file"},
		{"predict --model run --in in --out o.npz", "in"},
		{"predict --model run --in in/good.npz --out nowhere/o.npz", "there is no folder nowhere"},
		{"predict --model run --in in/text.npz --out o.npz", "it is a text file, not an npz file"},
		{"predict --model run --in in/no-x.npz --out o.npz", `array "x"`},
		{"predict --model run --in in/x-dtype.npz --out o.npz", `array "x": unusable array: dtype is float64 (<f8)`},
		{"predict --model run --in in/t-dtype.npz --out o.npz", `array "t": unusable array: dtype is float32 (<f4)`},
		{"predict --model run --in in/x-shape.npz --out o.npz", "expected 4 axes"},
		{"predict --model run --in in/t-shape.npz --out o.npz", "expected 1 axes"},
		{"predict --model run --in in/t-count.npz --out o.npz", "t has 3 elements and x 2 images"},
		{"predict --model run --in in/channels.npz --out o.npz", "x has 1 channels, and the model takes 3"},
		{"predict --model run --in in/size.npz --out o.npz", "image of 5x4 (height x width): both sides must be multiples of 2"},
		{"predict --model run --in in/none.npz --out o.npz", "x has no images"},
		{"predict --model run --in in/t-above.npz --out o.npz", "t[1] is 10; the model's times are 0 to 9"},
		{"predict --model run --in in/t-below.npz --out o.npz", "t[0] is -1; the model's times are 0 to 9"},
	} {
		args := strings.Fields(c.line)
		if args[0] == "train" && args[1] != "--resume" {
			args = with(args[:2], args[2:]...)
		}
		refused(t, exitFailure, []string{c.text}, args...)
	}
	before.unchanged(t, dir)
}

// writeTasks writes a good input of predict and one of each fault.
func writeTasks(t *testing.T) {
	t.Helper()
	x := func(shape ...int) checkpoint.Tensor {
		n := 1
		for _, d := range shape {
			n *= d
		}
		return checkpoint.FromF32s(make([]float32, n), shape...)
	}
	times := func(v ...int64) checkpoint.Tensor { return checkpoint.FromI64s(v, len(v)) }
	for name, z := range map[string][2]checkpoint.Tensor{
		"good":     {x(2, 3, 4, 4), times(0, 9)},
		"x-dtype":  {checkpoint.FromF64s(make([]float64, 96), 2, 3, 4, 4), times(0, 9)},
		"t-dtype":  {x(2, 3, 4, 4), checkpoint.FromF32s([]float32{0, 9}, 2)},
		"x-shape":  {x(2, 3, 16), times(0, 9)},
		"t-shape":  {x(2, 3, 4, 4), checkpoint.FromI64s([]int64{0, 9}, 2, 1)},
		"t-count":  {x(2, 3, 4, 4), times(0, 5, 9)},
		"channels": {x(2, 1, 4, 4), times(0, 9)},
		"size":     {x(2, 3, 5, 4), times(0, 9)},
		"none":     {x(0, 3, 4, 4), times()},
		"t-above":  {x(2, 3, 4, 4), times(0, 10)},
		"t-below":  {x(2, 3, 4, 4), times(-1, 9)},
	} {
		writeTask(t, "in/"+name+".npz", z[0], z[1])
	}
	if err := checkpoint.WriteNPZ(nil, "in/no-x.npz", checkpoint.NamedTensor{Key: "y", Tensor: x(2, 3, 4, 4)}, checkpoint.NamedTensor{Key: "t", Tensor: times(0, 9)}); err != nil {
		t.Fatal(err)
	}
	writeBytes(t, "in/text.npz", []byte("no archive"))
}

// writeWeights writes good weights and one file of each fault.
func writeWeights(t *testing.T, good []byte) {
	t.Helper()
	write := func(name string, b []byte) { writeBytes(t, "weights/"+name+".safetensors", b) }
	write("good", good)
	write("truncated", good[:len(good)-100])
	header := bytes.Clone(good)
	header[8] = '['
	write("header", header)
	huge := bytes.Clone(good)
	binary.LittleEndian.PutUint64(huge, 1<<60)
	write("huge", huge)
	write("text", []byte("these are no weights at all"))
	nan := bytes.Clone(good)
	binary.LittleEndian.PutUint32(nan[len(nan)-4:], math.Float32bits(float32(math.NaN())))
	write("nan", nan)
}

// TestOtherWeights: weights of another architecture are refused with the first tensor that is
// missing, that is extra, and that has another shape.
func TestOtherWeights(t *testing.T) {
	dir := workshop(t)
	dict, _, err := checkpoint.ReadSafetensorsFile("weights/good.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	delete(dict, "downs.1.bnorm1.weight")
	dict["attention.weight"] = checkpoint.FromF32s(make([]float32, 4), 4)
	dict["output.weight"] = checkpoint.FromF32s(make([]float32, 5), 5)
	if err := checkpoint.WriteSafetensorsFile(nil, "weights/odd.safetensors", dict, nil); err != nil {
		t.Fatal(err)
	}
	// A model whose weights are another's: the same fault, found on loading.
	if err := os.CopyFS("odd", os.DirFS("model")); err != nil {
		t.Fatal(err)
	}
	writeBytes(t, "odd/unet/diffusion_pytorch_model.safetensors", readBytes(t, "weights/odd.safetensors"))
	before := snapshot(t, dir)
	three := []string{`missing "downs.1.bnorm1.weight" [8]`, `extra "attention.weight" [4]`, `"output.weight" has shape [5], expected [3 4 1 1]`}
	refused(t, 1, three, "import", "--weights", "weights/odd.safetensors", "--out", "m")
	refused(t, 1, three, "sample", "odd")
	refused(t, 1, three, "predict", "--model", "odd", "--in", "in/good.npz", "--out", "o.npz")

	run := filepath.Join(t.TempDir(), "unet")
	ok(t, with([]string{"train", "imgs"}, "--arch", "unet", "--steps", "1", "--run", run, "--channels", "8,16")...)
	refused(t, 1, []string{"not a simpleunet", `missing "time_mlp.1.weight" [32 32]`, `extra "conv_in.bias" [8]`},
		"import", "--weights", filepath.Join(run, "checkpoints/step-000001/unet/diffusion_pytorch_model.safetensors"), "--out", "m")
	before.unchanged(t, dir)
}

// TestFlippedBit: every file of a checkpoint is held against its sha256.
func TestFlippedBit(t *testing.T) {
	task := filepath.Join(t.TempDir(), "in.npz")
	writeTask(t, task, checkpoint.FromF32s(make([]float32, 2*3*4*4), 2, 3, 4, 4), checkpoint.FromI64s([]int64{0, 9}, 2))
	for _, name := range []string{
		"unet/diffusion_pytorch_model.safetensors", "unet_ema/diffusion_pytorch_model.safetensors", "trainer.safetensors",
		"unet/config.json", "scheduler/scheduler_config.json", "model_index.json", "trainer.json",
	} {
		dir := copyOf(t, trained(t))
		path := filepath.Join(dir, "checkpoints", "step-000004", name)
		b := readBytes(t, path)
		b[len(b)-3] ^= 1
		writeBytes(t, path, b)
		before := snapshot(t, dir)
		refused(t, 1, []string{"step-000004"}, "train", "--resume", dir, "--steps", "6")
		out := t.TempDir()
		for _, line := range [][]string{
			{"sample", dir, "--out", filepath.Join(out, "s.png")},
			{"predict", "--model", dir, "--in", task, "--out", filepath.Join(out, "o.npz")},
		} {
			switch {
			case name == "trainer.safetensors": // of training alone
			case strings.HasPrefix(name, "unet/diffusion"): // the raw weights
				refused(t, 1, []string{filepath.Base(name), "damaged file"}, append(line, "--raw")...)
			default:
				refused(t, 1, []string{filepath.Base(name), "damaged file"}, line...)
			}
		}
		shot{"./": {}}.unchanged(t, out)
		before.unchanged(t, dir)
	}
}

// TestTruncatedCheckpoint: a file of a checkpoint that ends early.
func TestTruncatedCheckpoint(t *testing.T) {
	dir := copyOf(t, trained(t))
	path := filepath.Join(dir, "checkpoints", "step-000004", "unet_ema", "diffusion_pytorch_model.safetensors")
	b := readBytes(t, path)
	writeBytes(t, path, b[:len(b)/2])
	out := filepath.Join(t.TempDir(), "s.png")
	for _, line := range [][]string{{"sample", dir, "--out", out}, {"info", dir}, {"train", "--resume", dir, "--steps", "6"}} {
		refused(t, 1, []string{path, "damaged file"}, line...)
	}
}

// TestBadConfig: a config.json of a run that is not one, or has unknown fields.
func TestBadConfig(t *testing.T) {
	good := readBytes(t, filepath.Join(trained(t), "config.json"))
	var fields map[string]any
	if err := json.Unmarshal(good, &fields); err != nil {
		t.Fatal(err)
	}
	fields["learning-rate"] = 1
	unknown, _ := json.Marshal(fields)
	delete(fields, "learning-rate")
	fields["arch"] = "resnet"
	arch, _ := json.Marshal(fields)
	for text, b := range map[string][]byte{
		"unexpected EOF": good[:len(good)/2], `unknown field "learning-rate"`: unknown, `--arch "resnet" is unknown`: arch,
	} {
		dir := copyOf(t, trained(t))
		writeBytes(t, filepath.Join(dir, "config.json"), b)
		before := snapshot(t, dir)
		refused(t, 1, []string{"config.json", text}, "train", "--resume", dir, "--steps", "6")
		before.unchanged(t, dir)
	}
}

// TestUnreadableImages: they are skipped, counted and named; --strict fails.
func TestUnreadableImages(t *testing.T) {
	imgs, run := copyOf(t, images(t)), filepath.Join(t.TempDir(), "run")
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, 40, 40)), nil); err != nil {
		t.Fatal(err)
	}
	writeBytes(t, filepath.Join(imgs, "a", "cut.jpg"), b.Bytes()[:b.Len()-80])
	writeBytes(t, filepath.Join(imgs, "b", "text.png"), []byte("no image"))
	writeBytes(t, filepath.Join(imgs, "b", "bomb.png"), bomb())
	names := []string{"3 ", "cut.jpg", "text.png", "bomb.png"}
	before := snapshot(t, imgs)
	refused(t, 1, append(names, "strict"), with([]string{"train", imgs}, "--steps", "1", "--run", run, "--strict")...)
	if _, err := os.Stat(run); err == nil {
		t.Error("the refused run left its folder")
	}
	refused(t, 1, append(names, "strict"), "data", imgs, "--strict", "--out", filepath.Join(t.TempDir(), "d.png"))
	r := ok(t, with([]string{"train", imgs}, "--steps", "1", "--run", run)...)
	for _, text := range append(names, "3 unreadable files are left out", "--strict") {
		if !strings.Contains(r.err, text) {
			t.Errorf("stderr lacks %q:\n%s", text, r.err)
		}
	}
	if r := ok(t, "data", imgs, "--out", filepath.Join(t.TempDir(), "d.png")); !strings.Contains(r.out, "unreadable  3 files") || !strings.Contains(r.out, "cut.jpg") {
		t.Errorf("report: %s", r.out)
	}
	before.unchanged(t, imgs)
	refused(t, 1, []string{"bomb.png: 60000 x 60000 pixels"}, "noise", filepath.Join(imgs, "b", "bomb.png"), "--out", filepath.Join(t.TempDir(), "n.png"))
}

// bomb is a PNG of a few bytes that says it has 60,000 x 60,000 pixels.
func bomb() []byte {
	b := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
		from := len(b)
		b = append(append(b, kind...), data...)
		b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[from:]))
	}
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 60000), 60000)
	chunk("IHDR", append(header, 8, 2, 0, 0, 0))
	chunk("IDAT", nil)
	chunk("IEND", nil)
	return b
}

// TestMemory: a run that needs more memory than any machine has (one activation takes 112 GiB) is
// refused and leaves no folder.
func TestMemory(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	refused(t, 1, []string{"--batch 12 needs about", "this machine has"},
		with([]string{"train", images(t)}, "--steps", "1", "--resolution", "512", "--batch", "12", "--channels", "8192,8192,8192")...)
	shot{"./": {}}.unchanged(t, dir)
}

// TestMemoryFits: where fewer images fit, the message names how many (one activation of the batch
// takes 31 GiB, of an image 64 MiB).
func TestMemoryFits(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	writeImages(t, "many", 510, 1)
	refused(t, 1, []string{"--batch 500 needs about", "this machine has", "; --batch ", " fits"},
		with([]string{"train", "many"}, "--steps", "1", "--resolution", "256", "--batch", "500", "--channels", "256,256", "--val", "0")...)
	if _, err := os.Stat("runs"); err == nil {
		t.Error("the refused run left its folder")
	}
}

// TestBadBackend: a bad backend is the command line's fault only where --backend names it; the
// message says who did.
func TestBadBackend(t *testing.T) {
	t.Setenv(engine.EnvVar, "gpu")
	t.Chdir(t.TempDir())
	for _, line := range []string{"train", "sample nowhere", "predict --model nowhere --in a.npz --out b.npz", "version"} {
		refused(t, exitFailure, []string{`no backend "gpu"`, "$" + engine.EnvVar}, strings.Fields(line)...)
	}
	for _, line := range []string{"train", "sample nowhere", "predict --model nowhere --in a.npz --out b.npz"} {
		refused(t, exitUsage, []string{"--backend", `no backend "tpu"`}, append(strings.Fields(line), "--backend", "tpu")...)
	}
}

// TestSampleMemory: images that need more memory than any machine has are refused before any is
// drawn.
func TestSampleMemory(t *testing.T) {
	out := filepath.Join(t.TempDir(), "s.png")
	refused(t, 1, []string{"keeping 1,048,576 images of 1024x1024 needs about", "this machine has", "; give a smaller -n"},
		"sample", trained(t), "--resolution", "1024", "-n", "1048576", "--out", out)
	if _, err := os.Stat(out); err == nil {
		t.Error("it wrote a picture")
	}
}

// TestNotFinite: a loss that is no number stops the run with its step, and the last good checkpoint
// is kept.
func TestNotFinite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	refused(t, 1, []string{"no longer finite", "step 2", "lower --lr"},
		with([]string{"train", images(t)}, "--lr", "1e30", "--clip-norm", "0", "--steps", "9", "--save-every", "1", "--run", dir)...)
	last, err := checkpoint.Latest(dir)
	if err != nil || last.Step != 1 {
		t.Fatalf("newest checkpoint %v, %v; want that of step 1", last, err)
	}
	refused(t, 1, []string{"step 1 of 10, from t = 9", "not finite"}, "sample", dir, "-n", "1", "--out", filepath.Join(t.TempDir(), "s.png"))
}

// TestOutputKept: an output that fails leaves the file that was there.
func TestOutputKept(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "s.png")
	writeBytes(t, out, []byte("precious"))
	refused(t, 1, []string{"--strip"}, "sample", trained(t), "--out", out, "--strip", filepath.Join(dir, "no", "strip.png"))
	if string(readBytes(t, out)) != "precious" {
		t.Error("the file was replaced by a command that failed")
	}
	ok(t, "sample", trained(t), "-n", "1", "--out", out)
	decode(t, out)
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}
