// Command table prints what docs/explain.md says of maps of anomalies: each way's metrics over
// seeds, and the differences between the diffusion method that validation images choose and every
// baseline. bench/anomaly.sh runs it.
//
//	go run ./bench/anomaly/table -data OUT/data/garments OUT/garments/maps
//
// The folder holds what `reverie anomaly` wrote by each run, as RUN-SEED.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/app/anomaly/baseline"
	"github.com/reverie-go/reverie/app/anomaly/compare"
	"github.com/reverie-go/reverie/app/anomaly/images"
	"github.com/reverie-go/reverie/app/anomaly/score"
	"github.com/reverie-go/reverie/checkpoint"
)

func main() {
	data := flag.String("data", "", "the folder of the images, in MVTec AD's layout")
	flag.Parse()
	if flag.NArg() != 1 || *data == "" {
		fmt.Fprintln(os.Stderr, "usage: table -data SET MAPS")
		os.Exit(2)
	}
	if err := run(context.Background(), *data, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

// A found is what a way found by the run of a seed.
type found struct {
	*compare.Result
	dir  string // of its maps
	seed string
}

// A way is what one method found by runs of one kind.
type way struct {
	run, method string
	seeds       []found
}

// learned says whether a way is a baseline: one without a diffusion, or an autoencoder.
func (w *way) learned() bool {
	_, err := baseline.Baselines.Find(w.method)
	return err == nil || slices.Contains([]string{"dae", "vae"}, w.run)
}

// name is how a way is called in the table.
func (w *way) name() string {
	switch {
	case w.run == "dae":
		return "denoising autoencoder, coarse noise"
	case w.run == "vae":
		return "variational autoencoder"
	case w.learned():
		return "`" + w.method + "`"
	case w.run == "weak":
		return "`" + w.method + "`, of labelled images"
	}
	return "`" + w.method + "`"
}

// read reads the reports below a folder.
func read(maps string) (all []*way, err error) {
	dirs, err := filepath.Glob(filepath.Join(maps, "*-*"))
	if err == nil && len(dirs) == 0 {
		err = fmt.Errorf("no reports in %s: expected folders RUN-SEED", maps)
	}
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		text, err := os.ReadFile(filepath.Join(dir, "report.json"))
		if errors.Is(err, os.ErrNotExist) {
			continue // it is being made
		}
		if err != nil {
			return nil, err
		}
		var report struct{ Ways []*compare.Result }
		if err := json.Unmarshal(text, &report); err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
		kind, seed, _ := strings.Cut(filepath.Base(dir), "-")
		seed, _, _ = strings.Cut(seed, "-")
		for _, r := range report.Ways {
			i := slices.IndexFunc(all, func(w *way) bool { return w.run == kind && w.method == r.Name })
			if i < 0 {
				i, all = len(all), append(all, &way{run: kind, method: r.Name})
			}
			all[i].seeds = append(all[i].seeds, found{r, filepath.Join(dir, r.Name), seed})
		}
	}
	return all, nil
}

// over is the mean of a number over the seeds.
func (w *way) over(of func(found) float64) (mean float64) {
	for _, s := range w.seeds {
		mean += of(s) / float64(len(w.seeds))
	}
	return mean
}

// valid is the AUPRC of the validation images.
func valid(f found) float64 {
	if f.Valid == nil {
		return math.NaN()
	}
	return *f.Valid
}

// run prints the tables.
func run(ctx context.Context, data, maps string) error {
	all, err := read(maps)
	if err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b *way) int {
		if a.learned() != b.learned() {
			if a.learned() {
				return 1
			}
			return -1
		}
		return strings.Compare(a.name(), b.name())
	})
	metrics := []score.Metric{score.AUPRC(), score.AUROC(), score.ImageAUROC(), score.AUPRO(0.3), score.FROC(), score.Dice(0), score.OracleDice(), score.FalsePixels(0)}
	fmt.Println("| | sigma/alpha | valid AUPRC | AUPRC | of each seed | AUROC | image AUROC | AUPRO@.3 | FROC | Dice | oracle's Dice | false pixels | s an image |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, w := range all {
		var cells, each []string
		for _, m := range metrics {
			cells = append(cells, compare.Short(w.over(func(f found) float64 { return f.Value(m.Name) })))
		}
		for _, s := range w.seeds {
			each = append(each, compare.Short(s.Value(metrics[0].Name)))
		}
		seconds := w.over(func(f found) float64 { return f.Seconds / float64(len(f.Images)) })
		fmt.Printf("| %s | %s | %s | %s | %s | %s | %.2g |\n", w.name(), w.levels(), compare.Short(w.over(valid)), cells[0], strings.Join(each, " "), strings.Join(cells[1:], " | "), seconds)
	}
	return differences(ctx, data, all)
}

// levels are the noise levels of the seeds.
func (w *way) levels() string {
	var all []string
	for _, s := range w.seeds {
		if n := len(s.Levels); n > 0 {
			text := fmt.Sprintf("%.2g", s.Levels[0].Ratio)
			if n > 1 {
				text += fmt.Sprintf(" to %.2g", s.Levels[n-1].Ratio)
			}
			if !slices.Contains(all, text) {
				all = append(all, text)
			}
		}
	}
	return strings.Join(all, ", ")
}

// differences prints by how much the diffusion method that the validation images choose is better
// than each baseline, of the same images.
func differences(ctx context.Context, data string, all []*way) error {
	set, err := images.Open(ctx, []string{data}, images.Options{Channels: 1})
	if err != nil {
		return err
	}
	var best *way
	for _, w := range all {
		if !w.learned() && (best == nil || w.over(valid) > best.over(valid)) {
			best = w
		}
	}
	if best == nil {
		return nil
	}
	fmt.Printf("\nchosen on validation images: %s. Its AUPRC less that of\n\n| | by seed, with the 95%% interval |\n|---|---|\n", best.name())
	for _, w := range all {
		if !w.learned() {
			continue
		}
		var said []string
		for i, s := range best.seeds {
			other := w.seeds[min(i, len(w.seeds)-1)]
			a, err := scored(ctx, set, s.dir)
			if err != nil {
				return err
			}
			b, err := scored(ctx, set, other.dir)
			if err != nil {
				return err
			}
			d, err := score.Difference(ctx, a, score.AUPRC(), b, score.AUPRC(), score.Bootstrap{})
			if err != nil {
				return err
			}
			said = append(said, fmt.Sprintf("%s (%s to %s)", compare.Short(d.Value), compare.Short(d.Low), compare.Short(d.High)))
		}
		fmt.Printf("| %s | %s |\n", w.name(), strings.Join(said, ", "))
	}
	return nil
}

// scored are the maps in a folder.
func scored(ctx context.Context, set *images.Set, dir string) (*score.Set, error) {
	var all []score.Image
	for i, stem := range set.Stems() {
		z, err := checkpoint.OpenNPZ(filepath.Join(dir, filepath.FromSlash(stem)+"_map.npz"))
		if err != nil {
			return nil, err
		}
		t, err := z.Read("map")
		if err := errors.Join(err, z.Close()); err != nil {
			return nil, err
		}
		m, err := t.F64s()
		if err != nil {
			return nil, err
		}
		mask, err := set.Mask(ctx, i)
		if err != nil {
			return nil, err
		}
		h, w := set.Size(i)
		all = append(all, score.Image{H: h, W: w, Map: score.Rounded(m), Mask: mask})
	}
	return score.New(all)
}
