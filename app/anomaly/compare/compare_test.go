package compare

import (
	"context"
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
	"strings"
	"testing"

	"github.com/reverie-go/reverie/app/anomaly/examine"
	"github.com/reverie-go/reverie/app/anomaly/images"
	"github.com/reverie-go/reverie/app/anomaly/score"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/internal/terminal"
)

const side = 6

// paint writes a grey picture whose pixels are bright where on says so.
func paint(t *testing.T, path string, level uint8, on func(x, y int) bool) {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		if on(i%side, i/side) {
			img.Pix[i] = level
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// layout is a folder as MVTec AD lays one out: so many good images, all black, and as many with a
// bright lesion of n+1 pixels in a row, image n.
func layout(t *testing.T, n int) *images.Set {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		lesion := func(x, y int) bool { return y == 2 && x <= i }
		name := fmt.Sprintf("%02d", i)
		paint(t, filepath.Join(dir, "test", "good", name+".png"), 0, lesion)
		paint(t, filepath.Join(dir, "test", "hole", name+".png"), 255, lesion)
		paint(t, filepath.Join(dir, "ground_truth", "hole", name+"_mask.png"), 255, lesion)
	}
	set, err := images.Open(t.Context(), []string{dir}, images.Options{Channels: 1})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// finder makes of each image, in [0,1], the map that it says, and of that the largest number the
// score.
type finder func(i int, x []float64) []float64

func (f finder) Each(ctx context.Context, set examine.Images, tell func(i int, found examine.Finding) error) error {
	for i := range set.Len() {
		h, w := set.Size(i)
		x, err := set.Read(ctx, i, h, w)
		if err != nil {
			return err
		}
		values := make([]float64, len(x))
		for k, v := range x {
			values[k] = (float64(v) + 1) / 2
		}
		m := f(i, values)
		if err := tell(i, examine.Finding{Map: m, Healed: x, Score: slices.Max(m)}); err != nil {
			return err
		}
	}
	return nil
}

// perfect maps what is bright.
func perfect(_ int, x []float64) []float64 { return x }

// blind maps the place alone, and more so in normal images.
func blind(_ int, x []float64) []float64 {
	m := make([]float64, len(x))
	for i := range m {
		m[i] = float64(i%7) / 14
		if !slices.Contains(x, 1) {
			m[i] += 0.1
		}
	}
	return m
}

// TestFind: the metrics are those of package score, the threshold is that of the validation, and
// all is in the files.
func TestFind(t *testing.T) {
	dir, told := t.TempDir(), 0
	s := &Study{Images: layout(t, 5), Validation: layout(t, 3), Rate: 0.25, Dir: dir, Sheet: 3, Bootstrap: score.Bootstrap{Replicates: 50},
		Progress: func(_ string, done, total int) {
			if told++; told != done || total != 16 {
				t.Errorf("%d of %d, after %d", done, total, told)
			}
		}}
	good, err := s.Find(t.Context(), Way{"perfect", finder(perfect)})
	if err != nil {
		t.Fatal(err)
	}
	told = 0
	bad, err := s.Find(t.Context(), Way{"blind", finder(blind)})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{
		score.AUPRC().Name: 1, score.AUROC().Name: 1, score.ImageAUROC().Name: 1, score.AUPRO(proLimit).Name: 1, score.FROC().Name: 1,
		score.Dice(0).Name: 1, score.OracleDice().Name: 1, score.FalsePixels(0).Name: 0, score.Prevalence().Name: 15. / 360,
	} {
		if got := good.Value(name); math.Abs(got-want) > 1e-12 {
			t.Errorf("perfect maps: %s is %v, want %v", name, got, want)
		}
	}
	if good.Threshold != 0 || good.Means.Swapped() || *good.Means.With != 1 || good.Means.Of != "validation" || good.Means.Healthy != 3 || *good.Valid != 1 {
		t.Errorf("perfect maps: threshold %v, means %+v", good.Threshold, good.Means)
	}
	if got := bad.Value(score.FalsePixels(0).Name); !(got > 0 && got <= 0.25) {
		t.Errorf("%v of the normal pixels are marked, where the same images gave a threshold of a quarter", got)
	}
	if got := bad.Value(score.ImageAUROC().Name); got != 0 || !bad.Means.Swapped() {
		t.Errorf("blind maps: AUROC of images %v, %+v", got, bad.Means)
	}
	bounds, count := map[string]int{}, 0
	for _, row := range bad.Metrics {
		if row.Metric == score.AUPRC().Name && row.Lesions != "all" {
			bounds[row.Lesions] = row.Count
			count += row.Count
		}
		if row.Why == "" && !(row.Low <= row.Interval.Value && row.Interval.Value <= row.High) {
			t.Errorf("%+v", row)
		}
	}
	if len(bounds) != parts || count != 5 {
		t.Errorf("by size: %v", bounds)
	}
	z, err := checkpoint.OpenNPZ(filepath.Join(dir, "perfect", "hole", "03_map.npz"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if m, err := z.Read("map"); err != nil || !slices.Equal(m.Shape, []int{side, side}) {
		t.Errorf("%v, %v", m.Shape, err)
	}
	for _, name := range []string{"perfect/good/00_overlay.png", "perfect/hole/04_healed.png", "blind/hole/04_map.png", "perfect.png", "blind.png"} {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Error(err)
		}
	}
	f, err := os.Open(filepath.Join(dir, "perfect", "hole", "04_overlay.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if c := color.NRGBAModel.Convert(img.At(0, 2)).(color.NRGBA); c.R == c.B {
		t.Errorf("the lesion is %v in the overlay: expected a colour", c)
	}
	inFiles(t, dir, good, bad)
}

// inFiles writes results as files, and reads them again.
func inFiles(t *testing.T, dir string, all ...*Result) {
	t.Helper()
	paths, err := WriteFiles(dir, all, map[string]string{"model": "m"})
	if err != nil || len(paths) != 3 {
		t.Fatalf("%v, %v", paths, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		About map[string]string
		Ways  []*Result
	}
	if err := json.Unmarshal(text, &report); err != nil || report.About["model"] != "m" || len(report.Ways) != len(all) || report.Ways[0].Value(score.AUPRC().Name) != 1 {
		t.Errorf("the report: %v, %+v", err, report)
	}
	for name, lines := range map[string]int{"images.csv": 1 + len(all)*10, "metrics.csv": 1 + len(all)*len(all[0].Metrics)} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil || len(rows) != lines {
			t.Errorf("%s: %d lines, %v; want %d", name, len(rows), err, lines)
		}
	}
	for n := range all {
		var b strings.Builder
		if err := WriteText(&b, all[:n+1]); err != nil {
			t.Error(err)
		}
		for line := range strings.SplitSeq(b.String(), "\n") {
			if n > 0 && len(line) > terminal.Width {
				t.Errorf("%d columns: %s", len(line), line)
			}
		}
		if !strings.Contains(b.String(), "AUPRC") {
			t.Error(b.String())
		}
	}
}

// TestUnknown: without masks there is a threshold and no metric, and nothing is written where no
// folder is named.
func TestUnknown(t *testing.T) {
	dir := t.TempDir()
	paint(t, filepath.Join(dir, "a.png"), 255, func(x, y int) bool { return x == y })
	set, err := images.Open(t.Context(), []string{dir}, images.Options{Channels: 1})
	if err != nil {
		t.Fatal(err)
	}
	r, err := (&Study{Images: set}).Find(t.Context(), Way{"perfect", finder(perfect)})
	if err != nil {
		t.Fatal(err)
	}
	if r.Metrics != nil || r.Threshold != 0 || r.Images[0].Marked != 1./side || r.Images[0].Lesion != nil || r.Means.Mean != nil {
		t.Errorf("%+v", r)
	}
	var b strings.Builder
	if err := WriteText(&b, []*Result{r}); err != nil || !strings.Contains(b.String(), "Otsu") {
		t.Errorf("%q, %v", b.String(), err)
	}
	if _, err := (&Study{Images: layout(t, 2), Validation: set}).Find(t.Context(), Way{"perfect", finder(perfect)}); err == nil || !strings.Contains(err.Error(), "in a folder good") {
		t.Errorf("a validation without a healthy image: %v", err)
	}
	if _, _, err := Best(t.Context(), []Way{{"perfect", finder(perfect)}}, set, nil); err == nil || !strings.Contains(err.Error(), "no masks are known") {
		t.Errorf("the best without masks: %v", err)
	}
}

// TestBest: it is the one that finds most.
func TestBest(t *testing.T) {
	best, all, err := Best(t.Context(), []Way{{"blind", finder(blind)}, {"perfect", finder(perfect)}, {"same", finder(perfect)}}, layout(t, 3), nil)
	if err != nil || best != 1 || all[1] != 1 || !(all[0] < 1) {
		t.Errorf("%d of %v, %v", best, all, err)
	}
}

// TestNormal: where no image has a lesion what needs one is not defined, and the rest is.
func TestNormal(t *testing.T) {
	dir := t.TempDir()
	for i := range 3 {
		paint(t, filepath.Join(dir, "test", "good", fmt.Sprint(i)+".png"), 100, func(x, y int) bool { return x == i })
		paint(t, filepath.Join(dir, "ground_truth", "good", fmt.Sprint(i)+"_mask.png"), 0, func(x, y int) bool { return true })
	}
	set, err := images.Open(t.Context(), []string{dir}, images.Options{Channels: 1})
	if err != nil {
		t.Fatal(err)
	}
	r, err := (&Study{Images: set}).Find(t.Context(), Way{"perfect", finder(perfect)})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := WriteText(&b, []*Result{r}); err != nil || !strings.Contains(b.String(), "AUPRC, FROC") || !strings.Contains(b.String(), "not defined: it needs lesions") {
		t.Errorf("what is not defined goes without a reason: %v\n%s", err, b.String())
	}
	text, err := json.Marshal(r.Metrics)
	var rows []map[string]any
	if err == nil {
		err = json.Unmarshal(text, &rows)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if _, is := row["value"]; is != (row["why"] == nil) {
			t.Errorf("%v: a value where there is none", row)
		}
	}
	if !math.IsNaN(r.Value(score.AUPRC().Name)) || math.IsNaN(r.Value(score.FalsePixels(0).Name)) {
		t.Errorf("AUPRC %v, false pixels %v", r.Value(score.AUPRC().Name), r.Value(score.FalsePixels(0).Name))
	}
}

// TestConstant: of maps in which nothing is odder than anything else nothing is marked.
func TestConstant(t *testing.T) {
	for _, level := range []float64{0, -1} {
		flat := func(_ int, x []float64) []float64 {
			m := make([]float64, len(x))
			for i := range m {
				m[i] = level
			}
			return m
		}
		r, err := (&Study{Images: layout(t, 2)}).Find(t.Context(), Way{"flat", finder(flat)})
		if err != nil {
			t.Fatal(err)
		}
		if r.Threshold != level || r.Images[0].Marked != 0 || !strings.Contains(r.By, "all maps are") {
			t.Errorf("of %v: %+v", level, r)
		}
	}
}

// TestPercent: what is nearly all is no power of ten.
func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{0: "0%", 0.00123: "0.12%", 0.0999: "10%", 0.391: "39%", 0.9996: "100%", 1: "100%"} {
		if got := percent(share); got != want {
			t.Errorf("%v is %s, want %s", share, got, want)
		}
	}
}
