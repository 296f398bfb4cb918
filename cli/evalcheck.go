package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/table"
)

// check finds what the command line alone shows to be wrong.
func (o *evalOptions) check(cmd *cobra.Command, args []string) error {
	if err := o.solverFlags.check(); err != nil {
		return usage(err)
	}
	f := cmd.Flags()
	if f.Changed("nearest") && o.nearest != "" && !strings.EqualFold(filepath.Ext(o.nearest), ".png") {
		return usagef("--nearest %s: pictures are written as PNG; end the name with .png", o.nearest)
	}
	if err := o.choose(f, args[0]); err != nil {
		return usage(err)
	}
	if err := o.checkUsed(f, args[0]); err != nil {
		return err
	}
	if err := checkTerms(o.terms); err != nil {
		return err
	}
	return checkNames(output{"nearest", o.nearest}, output{"npz", o.npz}, output{"terms", o.terms})
}

// choose finds the metrics that are asked for, and gives them their settings.
func (o *evalOptions) choose(f *pflag.FlagSet, path string) (err error) {
	if o.metrics, err = eval.Choose(o.names...); err != nil {
		return err
	}
	given := slices.DeleteFunc(slices.Clone(o.settings), func(s *table.Field) bool { return !f.Changed(s.Name) })
	for _, m := range o.metrics {
		if isSamples(path) && m.About().Subject == eval.ModelOnly {
			return fmt.Errorf("--metrics %s judges a model, and %s holds samples; give a run", m.Row().Name, path)
		}
		if err := table.Take(m, given); err != nil {
			return err
		}
		if v, ok := m.(eval.Validator); ok {
			if err := v.Validate(); err != nil {
				return err
			}
		}
	}
	return nil
}

// metricSettings are the settings of all metrics.
func metricSettings() []*table.Field {
	var any struct {
		Metric eval.Metric `flag:"metrics" of:"metrics"`
	}
	return table.All(&any)[1:] // behind the metric itself
}

// names are the names of those of the metrics that f holds for.
func names(metrics []eval.Metric, f func(eval.Metric) bool) (all []string) {
	for _, m := range metrics {
		if f(m) {
			all = append(all, m.Row().Name)
		}
	}
	return all
}

func ofModel(m eval.Metric) bool   { return m.About().Subject == eval.ModelOnly }
func ofSamples(m eval.Metric) bool { return !ofModel(m) }

// ofModels are the names of the metrics of a model.
func ofModels() []string { return names(eval.Metrics.Rows(), ofModel) }

// readers are the names of the metrics that use a flag, its settings or others.
func readers(flag string) []string {
	return names(eval.Metrics.Rows(), func(m eval.Metric) bool { return reads(m, flag) })
}

func reads(m eval.Metric, flag string) bool {
	return slices.Contains(m.About().Reads, flag) || table.Find(table.Fields(m), flag) != nil
}

// drawsSamples says whether samples are judged.
func (o *evalOptions) drawsSamples() bool { return slices.ContainsFunc(o.metrics, ofSamples) }

// drawingFlags are the names of the flags that say how samples are drawn: metrics of samples use
// them, of a model those that read them.
func drawingFlags() []string { return append(solverNames(), "n", "npz", "from", "draws") }

// solverNames are the names of the flags of solvers.
func solverNames() (names []string) {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(solverFlags).add(f)
	f.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// checkUsed refuses a flag that nothing would use.
func (o *evalOptions) checkUsed(f *pflag.FlagSet, path string) error {
	samples := drawingFlags()
	switch {
	case isSamples(path):
		ofRuns := append(slices.Clone(samples), "best", "raw", "batch", "terms")
		for _, s := range o.settings {
			ofRuns = append(ofRuns, s.Name)
		}
		for _, name := range ofRuns {
			if f.Changed(name) {
				return usagef("--%s belongs to a run, and %s holds samples; leave it out", name, path)
			}
		}
		if f.Changed("nearest") && o.val == 0 {
			return usagef("--nearest shows the training images nearest to the samples; say by --val which share of DATA was held out of the training")
		}
	case f.Changed("val"):
		return usagef("--val belongs to SAMPLES.npz; what a run held out is in its configuration")
	}
	if own := names(o.metrics, func(m eval.Metric) bool { return ofModel(m) && !reads(m, "process") }); f.Changed("process") && len(own) > 0 {
		return usagef("--process does not go with --metrics %s, which is of the process that was trained; measure vlb, or leave it out", own[0])
	}
	var err error
	f.VisitAll(func(f *pflag.Flag) {
		users := func(m eval.Metric) bool { return reads(m, f.Name) || ofSamples(m) && slices.Contains(samples, f.Name) }
		if all := names(eval.Metrics.Rows(), users); err == nil && f.Changed && len(all) > 0 && !slices.ContainsFunc(o.metrics, users) {
			err = usagef("--%s belongs to --metrics %s, and none of these is asked for; leave it out", f.Name, strings.Join(all, ", "))
		}
	})
	return err
}
