package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/reverie-go/reverie/app/anomaly"
	"github.com/reverie-go/reverie/app/anomaly/baseline"
	"github.com/reverie-go/reverie/app/anomaly/compare"
	"github.com/reverie-go/reverie/app/anomaly/examine"
	imageset "github.com/reverie-go/reverie/app/anomaly/images"
	"github.com/reverie-go/reverie/app/anomaly/score"
	"github.com/reverie-go/reverie/app/anomaly/tile"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/table"
)

// An examination is the images with what looks at them.
type examination struct {
	*anomalyOptions
	cmd   *cobra.Command
	m     *model.Loaded      // nil: an autoencoder looks at them
	coder *model.Autoencoder // nil: a diffusion does
	found checkpoint.Found
	kind  kind.Kind // of a tile
	cut   examine.Cut
	walk  model.Options
	study compare.Study
	ways  []compare.Way
	tell  *teller
	dir   folder // that is filled
}

// anomalyFunc runs the command.
func anomalyFunc(cmd *cobra.Command, path string, paths []string, o *anomalyOptions) (err error) {
	if err := o.check(cmd.Flags()); err != nil {
		return usage(err)
	}
	e, err := openEngine(o.backend)
	if err != nil {
		return err
	}
	defer e.Close()
	x := &examination{anomalyOptions: o, cmd: cmd, tell: newTeller(cmd.ErrOrStderr())}
	if err := x.load(e, path); err != nil {
		return err
	}
	defer x.close()
	if x.dir, err = outFolder(o.out, x.found.Run, "anomaly"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			x.dir.failed(cmd.ErrOrStderr())
		}
	}()
	if err := x.make(); err != nil {
		return err
	}
	if err := x.open(paths); err != nil {
		return err
	}
	if err := x.find(); err != nil {
		return err
	}
	return x.run()
}

// load loads the model, and says what it is.
func (x *examination) load(e *engine.Engine, path string) (err error) {
	if path, err = bestOf(path, x.best); err != nil {
		return err
	}
	x.cut = examine.Cut{Height: x.resolution.H, Width: x.resolution.W, Batch: x.batch, Summing: x.summing}
	x.m, err = model.Load(e, path, x.raw)
	if errors.Is(err, model.ErrAutoencoder) {
		return x.loadCoder(e, path)
	}
	if err != nil {
		return err
	}
	x.walk = model.Options{Batch: x.batch, Seed: x.seed, Height: x.resolution.H, Width: x.resolution.W}
	filled := x.m.Filled(x.walk)
	if err := needSize(filled, x.m); err != nil {
		return err
	}
	x.found, x.kind = x.m.Found, x.m.Kind.Sized(filled.Height, filled.Width)
	if err := x.fill(&x.walk); err != nil {
		return usage(err)
	}
	fmt.Fprintln(x.cmd.ErrOrStderr(), x.m.Describe())
	if err := openClassifiers(x.m, x.walk); err != nil {
		return err
	}
	if err := sayGuides(x.cmd.ErrOrStderr(), x.m, x.walk); err != nil {
		return err
	}
	if err := x.choose(x.cmd.Flags(), x.names()); err != nil {
		return usage(err)
	}
	if x.Solver != nil {
		return nil
	}
	// each map has a solver of its own, so that settings are of none
	unused, err := setGiven(x.holders(), x.cmd.Flags(), x.settings())
	if err == nil && unused != "" {
		err = table.Unused(&x.solverFlags, unused)
	}
	return usage(err)
}

// loadCoder loads an autoencoder, which has no maps to choose from and no levels.
func (x *examination) loadCoder(e *engine.Engine, path string) (err error) {
	idle := []string{"map", "healthy", "from"}
	for _, f := range append(table.All(&x.mapping), table.All(new(solverFlags))...) {
		idle = append(idle, f.Name)
	}
	if err := refuseUnused(x.cmd.Flags(), idle, "a diffusion", path+" is an autoencoder, whose map is what it does not return"); err != nil {
		return err
	}
	if x.coder, err = model.LoadAutoencoder(e, path, x.raw); err != nil {
		return err
	}
	x.found = x.coder.Found
	fmt.Fprintln(x.cmd.ErrOrStderr(), x.coder.Describe())
	x.kind, err = x.coder.KindAt(x.resolution.H, x.resolution.W)
	return err
}

func (x *examination) close() {
	if x.m != nil {
		x.m.Close()
	}
	if x.coder != nil {
		x.coder.Close()
	}
}

// names are those of the maps, and where none are given the one that the model is for.
func (x *examination) names() []string {
	switch {
	case len(x.maps) > 0:
		return x.maps
	case x.m.Spec.Patch > 0:
		return []string{new(anomaly.Patch[examine.X]).Row().Name}
	case x.healthy != "" && x.healthy != model.NullName:
		return []string{new(anomaly.Translate[examine.X]).Row().Name}
	}
	return []string{new(anomaly.OneStep[examine.X]).Row().Name}
}

// open finds the images, and tells of them.
func (x *examination) open(paths []string) (err error) {
	o := imageset.Options{Masks: x.masks, Channels: x.kind.C, MaxPixels: int64(x.maxPixels)}
	if x.study.Images, err = x.openSet("", paths, o); err != nil {
		return err
	}
	if len(x.valid) > 0 {
		o.Masks = x.validMasks
		if x.study.Validation, err = x.openSet("--valid: ", x.valid, o); err != nil {
			return err
		}
	}
	return nil
}

func (x *examination) openSet(flag string, paths []string, o imageset.Options) (*imageset.Set, error) {
	set, err := imageset.Open(x.cmd.Context(), paths, o)
	if err != nil {
		return nil, fmt.Errorf("%s%w", flag, err)
	}
	for _, line := range set.Lines() {
		fmt.Fprintln(x.cmd.ErrOrStderr(), flag+line)
	}
	return set, nil
}

// make makes the ways to find anomalies, but those that learn from images.
func (x *examination) make() (err error) {
	if !x.kind.Pictorial() {
		return fmt.Errorf("anomaly maps images, and %s is of %s", x.found.Model, x.kind.Noun(2))
	}
	crop, err := cropOf(x.found.Run)
	if err != nil {
		return err
	}
	x.cut.Tile = tile.Options{Shrink: x.shrink, Aspect: x.found.Run == "" || crop == data.CropCenter}
	if err := x.checkClasses(); err != nil {
		return err
	}
	if x.coder != nil {
		f, err := examine.NewAutoencoded(x.coder, x.cut)
		if err != nil {
			return err
		}
		x.ways = []compare.Way{{Name: "autoencoder", Finder: f}}
	}
	var uses anomaly.Uses
	var rows []table.Row
	for _, row := range x.rows {
		f, err := x.examiner(row)
		if x.every && errors.Is(err, examine.ErrUnfit) { // others do fit
			writeNotes(x.cmd.ErrOrStderr(), []string{fmt.Sprintf("--map all is without %s: %v", row.Row().Name, err)})
			continue
		}
		if errors.Is(err, model.ErrAimless) {
			return usage(err)
		}
		if err != nil {
			return err
		}
		rows = append(rows, row)
		x.ways = append(x.ways, compare.Way{Name: row.Row().Name, Finder: f})
		u := f.Uses()
		uses = anomaly.Uses{Walk: uses.Walk || u.Walk, Encode: uses.Encode || u.Encode, Fill: uses.Fill || u.Fill}
	}
	x.rows = rows
	return usage(x.refuseIdle(uses))
}

// checkClasses says which of the classes that are named the model does not know.
func (x *examination) checkClasses() error {
	if x.m == nil {
		return nil
	}
	if labels, err := x.m.Labels(x.walk); err == nil && x.healthy == "" {
		return usagef("--healthy is missing, and %s is of classes: give one of %s, or %s for what is of no class", x.found.Model, strings.Join(labels.ClassNames(), ", "), model.NullName)
	}
	for _, c := range []output{{"healthy", x.healthy}, {"from", x.class}} {
		if c.path == "" {
			continue
		}
		if _, err := x.m.ClassNumbers(x.walk, c.path); err != nil {
			return usagef("--%s %s: %s: %w", c.flag, c.path, x.found.Model, err)
		}
	}
	return nil
}

// refuseIdle refuses flags for which none of the maps has a use.
func (x *examination) refuseIdle(uses anomaly.Uses) error {
	var walking []string
	for _, f := range x.solverFlags.offered(&x.solverFlags) {
		if f.Name == "solver" || f.Name == "steps" || f.Name == "spacing" || len(f.Paths) > 0 && len(f.Paths[0]) > 0 && f.Paths[0][0].Flag == "solver" {
			walking = append(walking, f.Name)
		}
	}
	for _, c := range []struct {
		used  bool
		flags []string
		has   func(anomaly.Uses) bool
	}{
		{uses.Walk, walking, func(u anomaly.Uses) bool { return u.Walk }},
		{uses.Encode, []string{"inversion"}, func(u anomaly.Uses) bool { return u.Encode }},
		{uses.Fill, []string{"method"}, func(u anomaly.Uses) bool { return u.Fill }},
	} {
		i := slices.IndexFunc(c.flags, x.cmd.Flags().Changed)
		if c.used || i < 0 || x.coder != nil {
			continue
		}
		var maps, names []string
		for _, row := range anomaly.Methods.Rows() {
			if c.has(anomaly.UsesOf(row)) {
				maps = append(maps, row.Row().Name)
			}
		}
		for _, row := range x.rows {
			names = append(names, row.Row().Name)
		}
		return fmt.Errorf("--%s belongs to --map %s, and images are mapped by %s, which has no use for it; leave it out, or choose another --map", c.flags[i], english.WordSeries(maps, "and"), english.WordSeries(names, "and"))
	}
	return nil
}

// find has the ways learn and their levels chosen, and says of which class the healthy images are.
func (x *examination) find() error {
	if err := x.checkMemory(); err != nil {
		return err
	}
	x.sayHealthy()
	if err := x.fit(); err != nil {
		return err
	}
	for i, row := range x.rows {
		if !x.auto {
			break
		}
		if err := x.chooseLevel(i, row); err != nil {
			return err
		}
	}
	return nil
}

// examiner examines by a map.
func (x *examination) examiner(row table.Row) (*examine.Examiner, error) {
	return examine.New(x.m.Model, row, examine.Options{
		Walk: x.walk, Healthy: x.healthy, From: x.class, Inverter: x.Inversion, Fill: x.Method, Tile: x.cut.Tile, Summing: x.summing,
	})
}

// checkMemory refuses what needs more memory than there is.
func (x *examination) checkMemory() error {
	tiled, ok := x.ways[0].Finder.(interface {
		Tiles(examine.Images) (int, error)
	})
	if !ok {
		return nil
	}
	n, err := tiled.Tiles(x.study.Images)
	if err != nil {
		return err
	}
	if v := x.study.Validation; v != nil {
		more, err := tiled.Tiles(v)
		if err != nil {
			return err
		}
		n += more
	}
	h, w, c := x.kind.Shape()
	load := memory.Load{Images: n, Height: h, Width: w, Batch: x.batch, Held: memory.Floats(h, w, c+2), Fewer: "give fewer images"}
	if x.m != nil {
		network := networkOf(x.m, 0, h, w)
		load.Network = func(n int) (int64, error) { return network(2 * n) } // which may be asked for two estimates at once
	}
	return load.Check()
}

// sayHealthy says which class is the healthy one, of how many images of the training.
func (x *examination) sayHealthy() {
	if x.m == nil || x.healthy == "" {
		return
	}
	labels, err := x.m.Labels(x.walk)
	number, unnamed := labels.ClassNumber(x.healthy)
	if err != nil || unnamed != nil {
		return // it is of no class
	}
	all := 0
	for _, c := range labels.Classes {
		all += c.Samples
	}
	fmt.Fprintf(x.cmd.ErrOrStderr(), "healthy: class %s, of %s of %s training images; the others are not\n", x.healthy, humanize.Comma(int64(labels.Classes[number].Samples)), humanize.Comma(int64(all)))
}

// fit has the baselines learn.
func (x *examination) fit() error {
	if len(x.baselines) == 0 {
		return nil
	}
	healthy, said, err := x.healthyImages()
	if err != nil {
		return err
	}
	defer healthy.Close()
	fmt.Fprintf(x.cmd.ErrOrStderr(), "baselines learn from %s\n", said)
	x.cut.Height, x.cut.Width = x.kind.H, x.kind.W
	for _, name := range x.baselines {
		b, err := baseline.Baselines.New(name)
		if err != nil {
			return err
		}
		f, err := examine.NewLearned(b, x.kind.C, x.cut)
		if err == nil {
			err = f.Fit(x.cmd.Context(), healthy)
		}
		if err != nil {
			return fmt.Errorf("--baseline %s: %w", name, err)
		}
		x.ways = append(x.ways, compare.Way{Name: name, Finder: f})
	}
	return nil
}

// learned are healthy images.
type learned interface {
	examine.Images
	Close() error
}

// given are the images of --learn.
type given struct{ *imageset.Set }

// Close has nothing to do.
func (given) Close() error { return nil }

// ofRun are images that a run was trained on, of its size.
type ofRun struct {
	*data.Set
	whole *data.Set
}

// Close closes the whole set.
func (t ofRun) Close() error { return t.whole.Close() }

// Size is that of all.
func (t ofRun) Size(int) (h, w int) { h, w, _ = t.Shape(); return h, w }

// Read returns image i.
func (t ofRun) Read(ctx context.Context, i, h, w int) ([]float32, error) {
	if own, wide := t.Size(i); h != own || w != wide {
		return nil, fmt.Errorf("the run's images are of %dx%d, and the tiles need %dx%d; give others by --learn", own, wide, h, w)
	}
	b, err := t.Load(ctx, i)
	if err != nil {
		return nil, err
	}
	return b.X, nil
}

// healthyImages are those that the baselines learn from.
func (x *examination) healthyImages() (all learned, said string, err error) {
	if len(x.learn) > 0 {
		set, err := imageset.Open(x.cmd.Context(), x.learn, imageset.Options{Channels: x.kind.C, MaxPixels: int64(x.maxPixels)})
		if err != nil {
			return nil, "", fmt.Errorf("--learn: %w", err)
		}
		return given{set}, set.String(), nil
	}
	if x.found.Run == "" {
		return nil, "", usagef("--baseline learns from healthy images, and %s is no run that names its own; give some by --learn", x.found.Model)
	}
	c, err := config.Read(x.found.Run)
	if err != nil {
		return nil, "", err
	}
	set, err := c.Open(x.cmd.Context(), nil)
	if err != nil {
		return nil, "", fmt.Errorf("the images of the run: %w; give others by --learn", err)
	}
	t := ofRun{set.Train(), set}
	said = fmt.Sprintf("the run's %s images", humanize.Comma(int64(t.Len())))
	class := slices.Index(set.Classes(), x.healthy)
	if class < 0 {
		return t, said, nil
	}
	var of []int
	for b, err := range t.All(x.cmd.Context(), 256) {
		if err != nil {
			return nil, "", errors.Join(err, set.Close())
		}
		for k, at := range b.Index {
			if b.Class[k] == class {
				of = append(of, at)
			}
		}
	}
	t.Set = t.Subset(of)
	return t, fmt.Sprintf("%s of %s, those of class %s", humanize.Comma(int64(t.Len())), said, x.healthy), nil
}

// ratios are the noise levels, sigma/alpha, of which --level auto chooses.
var ratios = []float64{0.0625, 0.125, 0.25, 0.5, 1, 2, 4}

// chooseLevel chooses the level of a map on the validation images.
func (x *examination) chooseLevel(i int, row table.Row) error {
	var ways []compare.Way
	var at []float64
	for _, ratio := range ratios {
		row, ok := anomaly.AtRatio(row, x.m.Process, ratio)
		if !ok {
			return usagef("--level auto: map %s has no level; leave it out", row.Row().Name)
		}
		f, err := x.examiner(row)
		if err != nil {
			return err
		}
		ways, at = append(ways, compare.Way{Name: fmt.Sprintf("%s at sigma/alpha %g", row.Row().Name, ratio), Finder: f}), append(at, ratio)
	}
	best, all, err := compare.Best(x.cmd.Context(), ways, x.study.Validation, func(way string, done, total int) { x.tell.tell(way+" on --valid", done, total) })
	x.tell.clear()
	if err != nil {
		return fmt.Errorf("--level auto: %w", err)
	}
	var said []string
	for k, v := range all {
		said = append(said, fmt.Sprintf("%g: %.3f", at[k], v))
	}
	fmt.Fprintf(x.cmd.ErrOrStderr(), "%s: AUPRC of --valid by sigma/alpha %s; %g is taken\n", row.Row().Name, strings.Join(said, ", "), at[best])
	x.ways[i].Finder = ways[best].Finder
	return nil
}

// run has each way look at the images, and writes and prints what is found.
func (x *examination) run() error {
	flags := map[string]string{}
	text := []picture.Text{{Key: "Software", Value: "reverie " + version()}, {Key: "model", Value: x.found.Model}, {Key: "seed", Value: fmt.Sprint(x.seed)}}
	x.cmd.Flags().Visit(func(f *pflag.Flag) {
		flags[f.Name] = f.Value.String()
		if f.Name != "seed" {
			text = append(text, picture.Text{Key: f.Name, Value: f.Value.String()})
		}
	})
	s, dir := &x.study, x.dir.path
	s.Dir, s.Text, s.Rate, s.Sheet = dir, text, x.rate, x.sheet
	s.Bootstrap = score.Bootstrap{Replicates: cmp.Or(x.replicates, -1), Seed: x.seed}
	s.Progress = x.tell.tell
	all, failed := x.look()
	if len(all) == 0 {
		return failed
	}
	about := struct {
		Model      string            `json:"model"`
		Images     string            `json:"images"`
		Validation string            `json:"validation,omitempty"`
		Seed       uint64            `json:"seed"`
		Flags      map[string]string `json:"flags"`
	}{x.found.Model, s.Images.String(), "", x.seed, flags}
	if s.Validation != nil {
		about.Validation = s.Validation.String()
	}
	_, err := compare.WriteFiles(dir, all, about)
	if failed != nil {
		return failed
	}
	if err != nil {
		return err
	}
	out := x.cmd.OutOrStdout()
	if x.json {
		fmt.Fprintln(x.cmd.ErrOrStderr(), "wrote", dir)
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(all)
	}
	if err := compare.WriteText(out, all); err != nil {
		return err
	}
	kinds, files := []string{"maps", "overlays"}, []string{"images.csv", "report.json"}
	if x.sheet > 0 {
		kinds = append(kinds, "sheets")
	}
	if all[0].Metrics != nil {
		files = slices.Insert(files, 1, "metrics.csv")
	}
	_, err = fmt.Fprintf(out, "\n%s: %s for %s, %s\n", dir, english.WordSeries(kinds, "and"), english.Plural(s.Images.Len(), "image", ""), strings.Join(files, ", "))
	return err
}

// look has each way look at the images, until one fails.
func (x *examination) look() (all []*compare.Result, err error) {
	for _, w := range x.ways {
		r, err := x.study.Find(x.cmd.Context(), w)
		x.tell.clear()
		if err != nil {
			return all, err
		}
		if r.Means.Swapped() {
			x.warn(r)
		}
		all = append(all, r)
	}
	return all, nil
}

// warn says that the scores are the wrong way round.
func (x *examination) warn(r *compare.Result) {
	why := "this map does not see the lesions"
	if x.healthy != "" {
		why = fmt.Sprintf("is %s the class of the healthy images, or does this map not see the lesions?", x.healthy)
	}
	writeNotes(x.cmd.ErrOrStderr(), []string{fmt.Sprintf("%s: %s images without a lesion score higher on average than those with one, %.4g and %.4g: %s",
		r.Name, r.Means.Of, *r.Means.Mean, *r.Means.With, why)})
}
