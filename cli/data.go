package cli

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/train"
	"github.com/spf13/cobra"
)

// heldOutShare is what train holds out where nothing is said.
var heldOutShare = func() float64 {
	c, err := config.Preset(config.Presets.Names()[0])
	if err != nil {
		panic(err) // the name is one of the presets
	}
	return c.Val
}()

func newData() *cobra.Command {
	var (
		o         data.Options
		out       string
		maxPixels int
		copies    bool
	)
	cmd := &cobra.Command{
		Use:   "data [DIR...]",
		Short: "Examine folders of images before training on them",
		Long: `Examine folders of images: how many, which classes and how balanced, sizes and
modes, duplicates, unreadable files; suggest a resolution and a batch, and draw
a grid of them. Without DIR it examines the emoji inside the program. Of points,
a file or a named set, it prints the columns and how the file was read.`,
		Example: `  reverie data ~/photos
  reverie data cars/train cars/test --out cars.png
  reverie data --data-class Flags`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkNames(output{"out", out}); err != nil {
				return err
			}
			if err := checkWritable(output{"out", out}); err != nil {
				return err
			}
			roots, err := source.Resolve(args)
			if err != nil {
				return err
			}
			row, claim, err := source.Of(roots)
			if err != nil {
				return err
			}
			if !claim.Kind.Pictorial() {
				return examineNumbers(cmd, row, args)
			}
			o.MaxPixels, o.Val = int64(maxPixels), heldOutShare
			r, err := examine(cmd, roots, o)
			if err != nil {
				return err
			}
			if err := r.WriteText(cmd.OutOrStdout()); err != nil {
				return err
			}
			if copies {
				if err := r.WriteCopies(cmd.OutOrStdout()); err != nil {
					return err
				}
			}
			ready, err := advise(cmd, args, r)
			if err != nil {
				return err
			}
			if err := picture.Write(out, r.Grid(), picture.Text{Key: "Software", Value: "reverie " + version()}, picture.Text{Key: "data", Value: dataName(args)}); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s\n\n%s\n", out, ready)
			return nil
		},
	}
	cmd.Flags().StringSliceVar(&o.Classes, "data-class", nil, "look at these class folders only (comma-separated)")
	cmd.Flags().BoolVar(&o.Strict, "strict", false, "fail on an unreadable image")
	cmd.Flags().BoolVar(&copies, "copies", false, "name the files that are copies of others, or look like others")
	maxPixelsVar(cmd.Flags(), &maxPixels)
	cmd.Flags().StringVar(&out, "out", "data.png", "write the grid here")
	return cmd
}

// advise prints what train chooses for the data and returns the command line that says it all. For
// the emoji inside nothing is chosen: the preset was made for them.
func advise(cmd *cobra.Command, args []string, r *data.Report) (ready string, err error) {
	var all []train.Choice
	if len(args) > 0 {
		if all, err = choicesFor(args, r); err != nil {
			return "", err
		}
	}
	writeChoices(cmd.OutOrStdout(), all)
	words := []string{programName(), "train"}
	for _, dir := range args {
		words = append(words, quoted(absolute(dir)))
	}
	for _, flag := range []string{"data-class", "strict", "max-pixels"} {
		if f := cmd.Flags().Lookup(flag); f.Changed {
			words = append(words, "--"+flag+"="+quoted(strings.Trim(f.Value.String(), "[]")))
		}
	}
	for _, c := range all {
		words = append(words, c.Flag)
	}
	return strings.Join(words, " "), nil
}

// choicesFor are the settings that train chooses for folders of images, the batch among them.
func choicesFor(args []string, r *data.Report) (all []train.Choice, err error) {
	nothing := func(string) bool { return false }
	c, err := config.Preset(config.Presets.Names()[0])
	if err != nil {
		return nil, err
	}
	if c.Data, err = source.Resolve(args); err != nil {
		return nil, err
	}
	all = train.FitSurvey(&c, r.Survey, nothing)
	batch, err := train.FitBatch(&c, r.Training, nothing)
	switch {
	case err != nil:
		batch = []train.Choice{{Flag: fmt.Sprintf("--batch %d --val 0", r.Images), Reason: english.Plural(r.Images, "image", "") + ": too few to hold any out"}}
	case batch == nil:
		batch = []train.Choice{{Flag: fmt.Sprintf("--batch %d", c.Batch), Reason: english.Plural(r.Training/c.Batch, "step", "") + " to an epoch"}}
	}
	return append(all, batch...), nil
}

// dataName says where images are from.
func dataName(roots []string) string {
	if len(roots) == 0 {
		return "the emoji inside the program"
	}
	return strings.Join(roots, ", ")
}

func examine(cmd *cobra.Command, roots []string, o data.Options) (*data.Report, error) {
	if len(roots) == 0 {
		r, err := data.ExamineEmbedded(cmd.Context(), o)
		if cmd.Context().Err() == nil {
			err = usage(err) // nothing but the command line can be wrong
		}
		return r, err
	}
	bar := newBar(cmd.ErrOrStderr(), -1, "reading images")
	defer bar.done()
	o.Progress = bar.set
	return data.Examine(cmd.Context(), roots, o)
}
