package cli

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// explainShop goes to a folder of images of two classes, dark and bright, in two/, classifiers that
// tell them apart and such that are refused, and models that are told the classes and that are not.
func explainShop(t *testing.T) {
	t.Helper()
	shop := filepath.Join(scratch, "explain")
	sharedShop.Do(func() {
		if err := os.Mkdir(shop, 0o777); err != nil {
			t.Fatal(err)
		}
		t.Chdir(shop)
		makeExplainShop(t)
	})
	t.Chdir(copyOf(t, shop))
}

var sharedShop sync.Once

// makeExplainShop makes it in the working folder.
func makeExplainShop(t *testing.T) {
	t.Helper()
	for i := range 16 {
		class, level := "dark", 40
		if i%2 == 1 {
			class, level = "bright", 200
		}
		img := image.NewNRGBA(image.Rect(0, 0, 8, 8))
		for k := range 64 {
			v := uint8(level + (7*k+13*i)%30)
			img.SetNRGBA(k%8, k/8, color.NRGBA{v, v, v + 20, 255})
		}
		if err := os.MkdirAll(filepath.Join("two", class), 0o777); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(filepath.Join("two", class, fmt.Sprintf("%02d.png", i)))
		if err == nil {
			err = png.Encode(f, img)
		}
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	teach := func(name string, more ...string) {
		ok(t, append([]string{"train", "two", "--resolution", "8", "--batch", "8", "--val", "0", "--warmup", "0", "--run", name}, more...)...)
	}
	small := []string{"--arch", "classifier", "--channels", "8,16", "--steps", "30", "--lr", "0.01"}
	teach("c1", small...)
	teach("c2", append(small, "--seed", "1")...)
	teach("noised", append(small, "--noised", "--timesteps", "10")...)
	teach("grey", append(small, "--image-channels", "1")...)
	teach("told", "--class-cond", "--channels", "8,16", "--steps", "10", "--timesteps", "10", "--class-drop", "0.3")
	teach("untold", "--channels", "8,16", "--steps", "2", "--timesteps", "10")
	for file, names := range map[string]string{"names.txt": "dark\nbright\nc\nd\ne\n", "dark.txt": "bright\nb\ndark\nd\ne\n"} { // by the second the network says dark of all
		if err := os.WriteFile(file, []byte(names), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// tableOf reads table.csv.
func tableOf(t *testing.T, dir string) (rows []map[string]string) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "table.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// explainReportOf reads report.json.
func explainReportOf(t *testing.T, dir string) (r explainReport) {
	t.Helper()
	if err := json.Unmarshal(readBytes(t, filepath.Join(dir, "report.json")), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestExplain: what is written and said, by each method: each image is in the table once for each
// seed, as what became of it, and the report counts the same.
func TestExplain(t *testing.T) {
	explainShop(t)
	search := " --steps 5 --strength 0.6 --doublings 6 --halvings 1"
	for _, c := range []struct {
		line  string
		seeds int
		says  []string
		files []string
	}{
		{"told two --classifier c1 --target bright --judge c2 --out o1" + search, 1, []string{"8 images are taken for bright already", "confirmed by c2", "KID"}, []string{"dark/00_after.png", "dark/00_difference.png", "sheet.png"}},
		{"told two --classifier c1 --target bright --from dark --seeds 2 --counterfactual dime --batch 3 --out o2" + search, 2, []string{"counterfactual dime"}, []string{"dark/00_after.png", "dark/00_after-2.png", "dark/14_difference-2.png"}},
		{"told two/dark two/bright/01.png --classifier c1 --target dark --out o3 --counterfactual ace --iterations 3" + search, 1, nil, []string{"01_after.png"}},
		{"told two/dark --classifier c1 --target bright --judge c2 --target-images two/bright --out o4 --counterfactual translate --source null --solver-free" + search, 1, nil, nil},
		{"told two --classifier ../../eval/onnx/testdata/small.onnx --labels dark.txt --target bright --from dark --judge c1 --out o6 --doublings 0 --halvings 0 --first-scale 1e-6 --steps 4 --strength 0.3", 1, []string{"8 images are taken for other classes than dark"}, nil},
		{"told two --classifier ../../eval/onnx/testdata/small.onnx --labels names.txt --target dark --judge c1 --out o5 --doublings 0 --halvings 0 --first-scale 1e-6 --steps 4 --strength 0.3", 1, []string{"small.onnx"}, nil},
	} {
		t.Run(strings.Fields(c.line)[1], func(t *testing.T) {
			line := strings.ReplaceAll(c.line, " --solver-free", "")
			r := ok(t, append([]string{"explain"}, strings.Fields(strings.ReplaceAll(line, "../../eval/onnx/testdata/small.onnx", onnxFile))...)...)
			dir := lastLine(r.out)
			for _, text := range c.says {
				if !strings.Contains(r.out+r.err, text) {
					t.Errorf("%s: neither output has %q:\n%s%s", line, text, r.out, r.err)
				}
			}
			for _, name := range append(c.files, "table.csv", "sheet.png", "report.json") {
				if st, err := os.Stat(filepath.Join(dir, name)); err != nil || st.Size() == 0 {
					t.Errorf("%s: %s: %v", line, name, err)
				}
			}
			report, count, sum := explainReportOf(t, dir), map[string]int{}, 0.
			for _, row := range tableOf(t, dir) {
				count[row["state"]]++
				if row["confirmed"] == "true" {
					count["confirmed"]++
				}
				if row["state"] == "flipped" {
					l1, err := strconv.ParseFloat(row["l1"], 64)
					if err != nil {
						t.Fatal(err)
					}
					sum += l1
				}
			}
			of := count["flipped"] + count["failed"]
			if report.Images != report.Report.Target+report.Others+of/c.seeds || report.Report.Target != count["target already"] || report.Others != count["left out"] ||
				report.Flipped.Hits != count["flipped"] || report.Flipped.Of != of || of == 0 || report.Confirmed != nil && report.Confirmed.Hits != count["confirmed"] {
				t.Errorf("%s: the table has %v, the report says %+v", line, count, report.Report)
			}
			if n := count["flipped"]; (n > 0) != (report.Change != nil) || n > 0 && math.Abs(report.Change.L1*float64(n)-sum) > 1e-3*sum {
				t.Errorf("%s: %d flipped by an L1 of %v in all, the report says %+v", line, n, sum, report.Change)
			}
			if count["failed"] > 0 && !strings.Contains(r.out, "failed") || !strings.Contains(r.out, fmt.Sprintf("%d of %d", count["flipped"], of)) {
				t.Errorf("%s: failures are hidden: %v\n%s", line, count, r.out)
			}
			if c.seeds > 1 && count["flipped"] == of && report.Diversity == nil {
				t.Errorf("%s: no diversity", line)
			}
			if report.Settings["counterfactual"] == "" || report.Settings["steps"] == "" {
				t.Errorf("%s: settings %v", line, report.Settings)
			}
		})
	}
	ok(t, strings.Fields("explain told two/dark/00.png --classifier c1 --target bright --steps 3 --doublings 0 --halvings 0")...)
	if r := ok(t, strings.Fields("explain told two/dark/00.png --classifier c1 --target bright --steps 3 --doublings 0 --halvings 0")...); lastLine(r.out) != filepath.Join("told", "explain-002") {
		t.Errorf("the next folder is %s", lastLine(r.out))
	}
}

// onnxFile is a network of five numbers from the tests of another package.
var onnxFile = func() string {
	path, err := filepath.Abs(smallONNX)
	if err != nil {
		panic(err)
	}
	return path
}()

// TestExplainTowards: a model without classes translates by a classifier of noised images.
func TestExplainTowards(t *testing.T) {
	explainShop(t)
	line := []string{"explain", "untold", "two/dark", "--classifier", "c1", "--target", "bright", "--counterfactual", "translate", "--steps", "4", "--doublings", "1", "--halvings", "0", "--out", "o"}
	refused(t, exitFailure, []string{"trained without classes: name a classifier of noised images"}, line...)
	ok(t, append(slices.Clone(line), "--toward", "noised")...)
	if n := len(tableOf(t, "o")); n != 8 {
		t.Errorf("%d rows", n)
	}
}

// TestExplainUsage: what the command line alone shows to be wrong.
func TestExplainUsage(t *testing.T) {
	t.Chdir(t.TempDir())
	for line, text := range map[string]string{
		"":                                     "explain takes a run, checkpoint or model folder, and then image files or folders",
		"run":                                  "explain takes a run, checkpoint or model folder, and then image files or folders",
		"run x --target a":                     "--classifier is missing",
		"run x --classifier c":                 "--target is missing",
		"run x --classifier c.onnx --target a": "give their names in a file, one a line, by --labels",
		"run x --classifier c --target a --labels l":                                 "--labels belongs to an ONNX file of --classifier",
		"run x --classifier c --target a --judge j.ONNX":                             "by --judge-labels",
		"run x --classifier c --target a --judge j --judge-labels l":                 "--judge-labels belongs to an ONNX file of --judge",
		"run x --classifier c --target a --judge-labels l":                           "--judge-labels belongs to an ONNX file of --judge",
		"run x --classifier c --target a --judge ./c/":                               "is the classifier that is explained",
		"run x --classifier c --target a --from a":                                   "name two classes",
		"run x --classifier c --target a --counterfactual translate --source a":      "--source a and --target a",
		"run x --classifier c --target a --target-images d":                          "give one by --judge",
		"run x --classifier c --target a --counterfactual best":                      `--counterfactual "best" is unknown; choose one of fast, dime, ace, translate`,
		"run x --classifier c --target a --iterations 3":                             "--iterations belongs to --counterfactual ace, not to fast",
		"run x --classifier c --target a --counterfactual dime --mask-threshold 0.1": "--mask-threshold belongs to --counterfactual fast and ace, not to dime",
		"run x --classifier c --target a --dilation 4":                               "expected an odd number",
		"run x --classifier c --target a --strength 0":                               "--strength 0 is outside",
		"run x --classifier c --target a --confidence 1":                             "--confidence 1 is outside",
		"run x --classifier c --target a --source b":                                 "--source belongs to --counterfactual translate, not to fast",
		"run x --classifier c --target a --toward n --counterfactual dime":           "--toward belongs to --counterfactual translate, not to dime",
		"run x --classifier c --target a --counterfactual translate --solver ddpm":   "leave out --solver",
		"run x --classifier c --target a --counterfactual translate --eta 1":         "leave out --solver",
		"run x --classifier c --target a --solver ddpm --eta 1":                      "--eta belongs to --solver ddim",
		"run x --classifier c --target a --guidance 3":                               "unknown flag --guidance",
		"run x --classifier c --target a --features 1":                               "unknown flag --features",
		"run x --classifier c --target a --backend gpu":                              `no backend "gpu"`,
		"run x --classifier c --target a --seeds 0":                                  "--seeds 0 is outside",
	} {
		refused(t, exitUsage, []string{text}, append([]string{"explain"}, strings.Fields(line)...)...)
	}
}

// TestExplainRefuses: what files show, and nothing is written.
func TestExplainRefuses(t *testing.T) {
	explainShop(t)
	if err := os.Mkdir("full", 0o777); err != nil {
		t.Fatal(err)
	}
	writeBytes(t, "full/x", []byte("x"))
	writeBytes(t, "bad.onnx", []byte("no network"))
	writeBytes(t, "few.txt", []byte("dark\nbright\n"))
	before := snapshot(t, ".")
	for line, text := range map[string]string{
		"nowhere two --classifier c1 --target dark":                                 "nowhere",
		"told nowhere --classifier c1 --target dark":                                "nowhere",
		"told two --classifier nowhere --target dark":                               "--classifier",
		"told two --classifier noised --target dark":                                "it knows noised images, to guide with",
		"told two --classifier told --target dark":                                  "it is no classifier",
		"told two --classifier grey --target dark":                                  "is of other images than the model",
		"told two --classifier bad.onnx --labels names.txt --target dark":           "--classifier",
		"told two --classifier " + onnxFile + " --labels nowhere.txt --target dark": "--labels nowhere.txt: no such file",
		"told two --classifier " + onnxFile + " --labels few.txt --target dark":     "tells 5 classes apart",
		"told two --classifier c1 --target dark --judge " + absolute("c1") + "":     "confirms whatever flips it",
		"told two --classifier c1 --target dark --judge c1/checkpoints/step-000030": "confirms whatever flips it",
		"told two --classifier c1 --target dark --judge noised":                     "--judge",
		"told two/dark --classifier c1 --target dark":                               "there is nothing to explain: of 8 images 8 are already taken for dark\n",
		"told two --classifier c1 --target dark --out full":                         "--out full: it holds x already",
		"told two --classifier c1 --target dark --out told/checkpoints":             "own files",
		"told two --classifier c1 --target dark --steps 11":                         "--steps 11 is outside 0 to 10",
		"c1 two --classifier c2 --target dark":                                      "it is a classifier",
	} {
		refused(t, exitFailure, []string{text}, append([]string{"explain"}, strings.Fields(line)...)...)
	}
	for line, text := range map[string]string{ // classes, as sample's --class
		"told two --classifier c1 --target grey":                                          `--target grey: c1/checkpoints/step-000030: no class "grey": expected one of "bright" "dark"`,
		"told two --classifier c1 --target dark --from grey":                              `--from grey: c1/checkpoints/step-000030: no class "grey"`,
		"told two --classifier " + onnxFile + " --labels names.txt --target c --judge c1": `--judge c1 does not know --target c: no class "c"`,
	} {
		refused(t, exitUsage, []string{text}, append([]string{"explain"}, strings.Fields(line)...)...)
	}
	before.unchanged(t, ".")
}
