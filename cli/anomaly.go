package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/reverie-go/reverie/app/anomaly"
	"github.com/reverie-go/reverie/app/anomaly/baseline"
	"github.com/reverie-go/reverie/app/anomaly/examine"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/table"
)

// anomalyOptions are the flags of anomaly.
type anomalyOptions struct {
	solverFlags
	mapping
	maps, baselines, learn []string
	rows                   []table.Row // the maps, with their settings
	auto                   bool        // --level auto
	every                  bool        // --map all
	healthy, class         string
	masks, validMasks      string
	valid                  []string
	rate                   float64
	summing                examine.Summing
	shrink, json           bool
	sheet, replicates      int
	batch, maxPixels       int
	seed                   uint64
	raw, best              bool
	resolution             data.Size
	out, backend           string
}

// mapping are what methods use beside settings of their own. Of Map, of which there may be several,
// it has the settings alone.
type mapping struct {
	Map       table.Row      `flag:"map" of:"map"`
	Inversion model.Inverter `flag:"inversion" of:"inversion" help:"how map translate finds the noise" zero:"ddim"`
	Method    model.Method   `flag:"method" of:"method" help:"how maps patch and inpaint fill what they leave out" zero:"repaint, of 5 passes over 5 steps"`
}

// usualFill is the Method of none.
const usualFill = "repaint"

func newAnomaly() *cobra.Command {
	o := new(anomalyOptions)
	cmd := &cobra.Command{
		Use:   "anomaly RUN IMAGES...",
		Short: "Map what is odd in images by a model of healthy ones",
		Long: `Map where images depart from what a model knows: files, folders, or folders in
the layout of MVTec AD. A run that learned from healthy images alone needs no
more; of one with classes, or with a classifier that guides it, --healthy says
which class is the healthy one.

For each image there is its map, an overlay, what the model would have instead,
and a score; a sheet shows those with the highest scores. Larger images are cut
into tiles that overlap, and maps have the images' own size. With masks, of
--masks or of MVTec AD's ground_truth, each way to map is measured, by the size
of the lesions, with its interval: lesions are white.

The RUN may be one of train --arch vae: then the map is what it does not return.`,
		Example: `  reverie anomaly runs/bricks-1 wall.png yard/
  reverie anomaly runs/bricks-1 bottle/ --map onestep,recon --baseline all
  reverie anomaly runs/bricks-1 test/ --masks masks/ --valid valid/ --level auto
  reverie anomaly runs/scans-1 test/ --healthy normal --guidance 3
  reverie anomaly runs/scans-1 test/ --healthy normal --classifier runs/scans-2`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usagef("anomaly takes a run, checkpoint or model folder, and then images or folders of them")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return anomalyFunc(cmd, args[0], args[1:], o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringSliceVar(&o.maps, "map", nil, "how images are mapped, or all (default: translate to the class of --healthy, else onestep; patch by a model of train --patch): "+strings.Join(anomaly.Methods.Names(), ", "))
	f.StringVar(&o.healthy, "healthy", "", "the class of what is healthy, of a model or a classifier with classes; "+model.NullName+": no class")
	f.StringVar(&o.class, "from", "", "the class under which map translate encodes (default: none)")
	o.addSettings(f)
	f.StringSliceVar(&o.baselines, "baseline", nil, "map by these too, for comparison, or all: "+strings.Join(baseline.Baselines.Names(), ", "))
	f.StringSliceVar(&o.learn, "learn", nil, "healthy images that --baseline learns from (default: those of the run)")
	f.StringVar(&o.masks, "masks", "", "the folder of the images' masks, of the same names or NAME_mask; white is lesion")
	f.StringSliceVar(&o.valid, "valid", nil, "other images, on whose healthy ones the threshold is chosen, and --level auto (default: Otsu's threshold)")
	f.StringVar(&o.validMasks, "valid-masks", "", "the folder of their masks")
	numberVar(f, &o.rate, "rate", within(0, 0.999), 0.01, "share of the pixels of healthy --valid images that the threshold marks")
	numberVar(f, &o.summing.Median, "median", within(1, 31), 5, "side of the square around each pixel whose median it becomes in a map, odd; 1: none")
	numberVar(f, &o.summing.Share, "share", table.Range{Hi: 1, Above: true}, 0.01, "an image's score is the mean of this share of its map, the largest numbers")
	f.BoolVar(&o.shrink, "shrink", false, "make large images as small as the model's, in place of cutting them into tiles")
	numberVar(f, &o.replicates, "replicates", table.Range{Lo: 40, Hi: 100000, OrZero: true}, 1000, "draws of images for the intervals of the metrics; 0: none")
	numberVar(f, &o.sheet, "sheet", within(0, 1000), 12, "images on the sheet, those with the highest scores")
	o.solverFlags.add(f)
	f.Uint64Var(&o.seed, "seed", 0, "seed of the noise")
	f.BoolVar(&o.raw, "raw", false, "the last weights, not their average")
	f.BoolVar(&o.best, "best", false, bestHelp)
	f.Var(&o.resolution, "resolution", "size of the tiles: 64, or HEIGHTxWIDTH (default: the run's)")
	maxPixelsVar(f, &o.maxPixels)
	numberVar(f, &o.batch, "batch", batches, 16, "tiles at once")
	f.BoolVar(&o.json, "json", false, "print the report as JSON")
	f.StringVar(&o.out, "out", "", "write the files into this folder, new or empty (default: the next anomaly-001 of the run)")
	f.StringVar(&o.backend, "backend", "", backendHelp)
	return cmd
}

// autoLevel is the value of --level that has it chosen on validation images.
const autoLevel = "auto"

// A levelValue is --level.
type levelValue struct {
	*table.Field
	auto *bool
}

// Set reads a time, or auto.
func (v levelValue) Set(text string) error {
	if *v.auto = text == autoLevel; *v.auto {
		return nil
	}
	return v.Field.Set(text)
}

// String is what was set.
func (v levelValue) String() string {
	if v.auto != nil && *v.auto {
		return autoLevel
	}
	if v.Field == nil {
		return ""
	}
	return v.Field.String()
}

// addSettings adds the flags of the settings of all maps.
func (o *anomalyOptions) addSettings(f *pflag.FlagSet) {
	for _, field := range table.All(&o.mapping) {
		if field.Name == "map" {
			continue
		}
		field.Group = "Mapping"
		if field.Name == "level" {
			field.Help += "; " + autoLevel + ": the best on --valid images, with masks"
		}
		fieldVar(f, field)
		if field.Name == "level" {
			flag := f.Lookup("level")
			flag.Value, flag.Annotations = levelValue{field, &o.auto}, map[string][]string{inGroup: {field.Group}}
		}
	}
}

// check finds what the command line alone shows to be wrong, and completes the options.
func (o *anomalyOptions) check(f *pflag.FlagSet) error {
	switch {
	case o.validMasks != "" && len(o.valid) == 0:
		return errors.New("--valid-masks are those of --valid, which is missing")
	case o.auto && len(o.valid) == 0:
		return errors.New("--level auto is chosen on --valid images, with masks; give some, or a --level")
	case f.Changed("rate") && len(o.valid) == 0:
		return errors.New("--rate is of --valid images, which are missing")
	case o.summing.Median%2 == 0:
		return fmt.Errorf("--median %d has no pixel in the middle: give an odd number", o.summing.Median)
	case len(o.learn) > 0 && len(o.baselines) == 0:
		return errors.New("--learn is what --baseline learns from, which is missing")
	}
	var err error
	o.every = slices.Equal(o.maps, []string{model.AllName})
	if o.maps, err = tableNames("map", o.maps, anomaly.Methods.Names()); err != nil {
		return err
	}
	if o.baselines, err = tableNames("baseline", o.baselines, baseline.Baselines.Names()); err != nil {
		return err
	}
	if err := o.solverFlags.check(); err != nil {
		return err
	}
	return o.idle("")
}

// tableNames are names of a table, all of them where that is said.
func tableNames(flag string, given, names []string) (all []string, err error) {
	for _, name := range given {
		switch {
		case name == model.AllName && len(given) == 1:
			return names, nil
		case name == model.AllName:
			return nil, fmt.Errorf("--%s: %s stands for every name; leave the others out", flag, name)
		case slices.Contains(all, name):
			return nil, fmt.Errorf("--%s names %s twice; leave one out", flag, name)
		}
		if err := table.OneOf(flag, name, names); err != nil {
			return nil, err
		}
		all = append(all, name)
	}
	return all, nil
}

// choose makes the rows of the maps of those names, with the settings that were given. It refuses
// one that none of them has.
func (o *anomalyOptions) choose(f *pflag.FlagSet, names []string) error {
	holders := []any{&o.mapping}
	for _, name := range names {
		row, err := anomaly.Methods.New(name)
		if err != nil {
			return err
		}
		o.rows, holders = append(o.rows, row), append(holders, row)
	}
	var left []string
	for _, field := range table.All(&o.mapping) {
		if f.Changed(field.Name) && field.Name != "map" && !(field.Name == "level" && o.auto) {
			left = append(left, field.Name)
		}
	}
	if o.Method == nil { // the usual one has settings too
		usual, err := model.Methods.New(usualFill)
		if err != nil {
			return err
		}
		if len(changed(table.Fields(usual), f)) > 0 {
			o.Method = usual
		}
	}
	unused, err := setGiven(holders, f, left)
	if err != nil || unused == "" {
		return err
	}
	field := table.Find(table.All(&o.mapping), unused)
	if of := field.Paths[0][0].Flag; of == "method" || of == "inversion" {
		if f.Changed(of) {
			return table.Unused(&o.mapping, unused)
		}
		return fmt.Errorf("--%s belongs to %s; leave it out, or choose that", unused, field.Owners())
	}
	return fmt.Errorf("--%s belongs to %s, and images are mapped by %s; leave it out, or choose another --map", unused, field.Owners(), english.WordSeries(names, "and"))
}
