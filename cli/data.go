package cli

import (
	"fmt"
	"strings"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/data/source"
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
classes and how the file was read.`,
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
	if err := picture.Write(o.out, r.Grid(), picture.Text{Key: "Software", Value: "reverie " + version()}, picture.Text{Key: "data", Value: dataName(args)}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n\n%s\n", o.out, trainLine(cmd, args, chosen))
	return err
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
	if err := refuseUnused(cmd.Flags(), []string{"out", "data-class", "labels", "strict", "copies", "max-pixels"}, "images", arg+" holds "+set.Kind().Noun(2)); err != nil {
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
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "\n%s\n", trainLine(cmd, []string{arg}, nil))
	return err
}
