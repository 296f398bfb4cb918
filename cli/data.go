package cli

import (
	"context"
	"fmt"
	"image"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/table"
	"github.com/reverie-go/reverie/train"
	"github.com/spf13/cobra"
)

// dataOptions are the flags of data.
type dataOptions struct {
	data.Options
	labels    source.Pictures // of which the settings of labels count
	out       string
	maxPixels int
	copies    bool
}

func newData() *cobra.Command {
	o := &dataOptions{labels: source.Pictures{Labels: "auto"}}
	cmd := &cobra.Command{
		Use:   "data [DIR...]",
		Short: "Examine folders of images before training on them",
		Long: `Examine folders of images: how many, which classes and how balanced, sizes and
modes, duplicates, unreadable files; suggest a resolution and a batch, and draw
a grid of them, a row for each class. It says where the labels come from: class
folders, metadata.jsonl or metadata.csv with the columns file_name and label,
dataset.json, the labels of an array. Without DIR it examines the emoji inside
the program. Of points, a file or a named set, it prints the columns, the
classes and how the file was read, and draws a scatter of each class.`,
		Example: `  reverie data ~/photos
  reverie data cars/train cars/test --out cars.png
  reverie data pets.zip --labels prefix
  reverie data --data-class Flags`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFiles(output{"out", o.out}); err != nil {
				return err
			}
			roots, err := source.Resolve(args)
			if err != nil {
				return err
			}
			row, claim, err := source.Of(roots)
			switch {
			case err != nil:
				return err
			case claim.Kind.Pictorial():
				return o.images(cmd, roots, args)
			}
			return o.numbers(cmd, row, roots, args[0])
		},
	}
	cmd.Flags().StringSliceVar(&o.Classes, "data-class", nil, "look at these classes only (comma-separated)")
	for _, name := range labelFlags {
		fieldVar(cmd.Flags(), table.Find(table.Fields(&o.labels), name))
	}
	cmd.Flags().BoolVar(&o.Strict, "strict", false, "fail on an unreadable image")
	cmd.Flags().BoolVar(&o.copies, "copies", false, "name the files that are copies of others, or look like others")
	maxPixelsVar(cmd.Flags(), &o.maxPixels)
	cmd.Flags().StringVar(&o.out, "out", "data.png", "write the grid here")
	return cmd
}

// labelFlags are the settings of labels.
var labelFlags = []string{"labels", "label-column"}

// images examines folders of images, roots of the names args, and says how to train on them.
func (o *dataOptions) images(cmd *cobra.Command, roots, args []string) error {
	bar := newBar(cmd.ErrOrStderr(), -1, "reading images")
	set := o.labels.Options(source.Options{})
	o.Labels, o.LabelColumn = set.Labels, set.LabelColumn
	o.MaxPixels, o.Val, o.Progress = int64(o.maxPixels), train.UsualVal(), bar.set
	r, err := data.Examine(cmd.Context(), roots, o.Options)
	bar.done()
	if err != nil && len(roots) == 0 && cmd.Context().Err() == nil {
		err = usage(err) // nothing but the command line can be wrong
	}
	if err != nil {
		return err
	}
	if err := r.WriteText(cmd.OutOrStdout(), o.copies); err != nil {
		return err
	}
	chosen, err := train.Advise(args, r)
	if err != nil {
		return err
	}
	writeChoices(cmd.OutOrStdout(), chosen)
	return o.finish(cmd, r.Grid(), args, chosen)
}

// trainLine is the command that trains on data with what was given, and chosen for them.
func trainLine(cmd *cobra.Command, args []string, chosen []train.Choice) string {
	words := []string{programName(), "train"}
	for _, dir := range args {
		if _, claim := source.Find(dir); claim.Path == dir {
			dir = absolute(dir)
		}
		words = append(words, quoted(dir))
	}
	for _, flag := range append([]string{"data-class", "strict", "max-pixels"}, labelFlags...) {
		if f := cmd.Flags().Lookup(flag); f.Changed {
			words = append(words, "--"+flag+"="+quoted(strings.Trim(f.Value.String(), "[]")))
		}
	}
	for _, c := range chosen {
		words = append(words, c.Flag)
	}
	return strings.Join(words, " ")
}

// numbers prints data that are no images, of names that row has, column by column.
func (o *dataOptions) numbers(cmd *cobra.Command, row source.Source, names []string, arg string) error {
	row = table.Copy(row).(source.Source)
	if err := table.Take(row, table.Fields(&o.labels)); err != nil {
		return err
	}
	set, err := row.Open(cmd.Context(), names, source.Options{})
	if err != nil {
		return err
	}
	defer set.Close()
	if cmd.Flags().Changed("label-column") && table.Find(table.Fields(row), "label-column") == nil {
		return usage(source.Unused("label-column", arg))
	}
	if err := refuseUnused(cmd.Flags(), []string{"data-class", "labels", "strict", "copies", "max-pixels"}, "images", arg+" holds "+set.Kind().Noun(2)); err != nil {
		return err
	}
	cloud, err := source.CloudOf(row, arg, set)
	if err != nil {
		return err
	}
	writeNotes(cmd.ErrOrStderr(), cloud.Notes)
	fmt.Fprintf(cmd.OutOrStdout(), "%v\n\n", set)
	if err := cloud.WriteText(cmd.OutOrStdout()); err != nil {
		return err
	}
	img, err := shown(cmd.Context(), set)
	if err != nil {
		return err
	}
	return o.finish(cmd, img, []string{arg}, nil)
}

// finish writes the picture of data of the names args, and how to train on them.
func (o *dataOptions) finish(cmd *cobra.Command, img image.Image, args []string, chosen []train.Choice) error {
	if err := picture.Write(o.out, img, picture.Text{Key: "Software", Value: "reverie " + version()}, picture.Text{Key: "data", Value: dataName(args)}); err != nil {
		return err
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s\n\n%s\n", o.out, trainLine(cmd, args, chosen))
	return err
}

// Of data that are no images a picture shows so many points in a scatter, classes, and fields.
const (
	shownPoints  = 20_000
	shownClasses = 32
	shownFields  = 16
)

// shown is a picture of data that are no images: a scatter of all points, of those with classes one
// of each; of others a few.
func shown(ctx context.Context, set *data.Set) (image.Image, error) {
	k := set.Kind()
	of := make([][]int, len(set.Classes())+1) // the last of no class
	for i := range set.Len() {
		class := set.Info(i).Class
		if class < 0 {
			class = len(of) - 1
		}
		of[class] = append(of[class], i)
	}
	if k.View() != kind.Scatter {
		b, err := set.Load(ctx, spaced(slices.Concat(of...), shownFields)...)
		if err != nil {
			return nil, err
		}
		return picture.Sheet(b.X, k, picture.Layout{}), nil
	}
	var plots []image.Image
	for class, at := range of {
		if len(at) == 0 || len(plots) == shownClasses {
			continue
		}
		b, err := set.Load(ctx, spaced(at, shownPoints)...)
		if err != nil {
			return nil, err
		}
		name := "(no class)"
		if class < len(of)-1 {
			name = set.Classes()[class]
		}
		plot := picture.One(b.X, k)
		if len(of) > 1 {
			plot = picture.Titled(plot, fmt.Sprintf("%s: %s", name, english.Plural(len(at), "point", "")))
		}
		plots = append(plots, plot)
	}
	return picture.Grid(plots, picture.Layout{Scale: 1}), nil
}

// spaced are n places at equal steps through at, all where there are fewer.
func spaced(at []int, n int) []int {
	if len(at) <= n {
		return at
	}
	out := make([]int, n)
	for i := range out {
		out[i] = at[i*len(at)/n]
	}
	return out
}
