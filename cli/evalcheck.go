package cli

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/kind"
)

// check finds what the command line alone shows to be wrong.
func (o *evalOptions) check(cmd *cobra.Command, args []string) error {
	if err := o.solverFlags.check(); err != nil {
		return usage(err)
	}
	f := cmd.Flags()
	switch {
	case o.times%2 == 1:
		return usagef("--times %d: times are drawn in pairs, which show how far they vary; give an even number, or 0 for the default", o.times)
	case o.exact && f.Changed("probes"):
		return usagef("--exact takes the whole divergence, and --probes estimates it; give one of them")
	case f.Changed("nearest") && o.nearest != "" && !strings.EqualFold(filepath.Ext(o.nearest), ".png"):
		return usagef("--nearest %s: pictures are written as PNG; end the name with .png", o.nearest)
	}
	if err := o.checkMetrics(args[0]); err != nil {
		return err
	}
	if err := o.checkUsed(f, args[0]); err != nil {
		return err
	}
	if err := checkTerms(o.terms); err != nil {
		return err
	}
	return checkNames(output{"nearest", o.nearest}, output{"npz", o.npz}, output{"terms", o.terms})
}

// checkMetrics reports metrics that there are not, or that do not judge samples.
func (o *evalOptions) checkMetrics(path string) error {
	list := append(eval.Metrics(), modelMetrics(nil)...)
	for _, name := range o.metrics {
		// Of points or images is not known yet: a name fits one of them.
		_, images := eval.Choose(list, []string{name}, kind.OfImages(0, 0, 3))
		_, points := eval.Choose(list, []string{name}, kind.OfPoints(2))
		if images != nil && points != nil {
			return usagef("--metrics: %w", images)
		}
		if isSamples(path) && slices.Contains(modelNames(), name) {
			return usagef("--metrics %s judges a model, and %s holds samples; give a run", name, path)
		}
	}
	return nil
}

// asked says whether one of the metrics is measured, as far as the command line
// tells.
func (o *evalOptions) asked(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return slices.Contains(o.metrics, name) || len(o.metrics) == 0 && slices.Contains(sampleNames(), name)
	})
}

// drawsSamples says whether samples are judged.
func (o *evalOptions) drawsSamples() bool { return o.asked(sampleNames()...) }

// sampleNames are the names of the metrics of samples.
func sampleNames() []string {
	var names []string
	for _, m := range eval.Metrics() {
		names = append(names, m.Name)
	}
	return names
}

// solverNames are the names of the flags that say how samples are drawn.
func solverNames() (names []string) {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(solverFlags).add(f)
	f.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// users are the metrics that use a flag. Those not listed all of them use.
func users() map[string][]string {
	m := map[string][]string{
		"terms": {"elbo", "vlb"}, "times": {"elbo", "vlb"}, "images": modelNames(), "exact": {"likelihood"}, "probes": {"likelihood"}, "tolerance": {"likelihood"},
		"features": {"fid", "kid", "pr"}, "nearest": {"nearest"}, "n": sampleNames(), "npz": sampleNames(), "from": sampleNames(),
		"draws": append(sampleNames(), "elbo", "vlb"),
	}
	for _, name := range solverNames() {
		m[name] = sampleNames()
	}
	m["variance"] = append(m["variance"], "elbo")
	m["clamp"] = append(m["clamp"], "elbo", "vlb")
	m["process"] = append(m["process"], "vlb", "likelihood")
	return m
}

// checkUsed refuses a flag that nothing would use.
func (o *evalOptions) checkUsed(f *pflag.FlagSet, path string) error {
	if isSamples(path) {
		ofModels := append(solverNames(), "best", "raw", "batch", "images", "times", "exact", "probes", "tolerance", "terms", "from", "n", "draws")
		for _, name := range ofModels {
			if f.Changed(name) {
				return usagef("--%s belongs to a run, and %s holds samples; leave it out", name, path)
			}
		}
		if f.Changed("nearest") && o.val == 0 {
			return usagef("--nearest shows the training images nearest to the samples; say by --val which share of DATA was held out of the training")
		}
	} else if f.Changed("val") {
		return usagef("--val belongs to SAMPLES.npz; what a run held out is in its configuration")
	}
	if f.Changed("process") && o.asked("elbo") {
		return usagef("--process does not go with --metrics elbo, which is the bound of the chain that was trained; measure vlb, or leave it out")
	}
	of := users()
	var unused string
	f.Visit(func(f *pflag.Flag) {
		if names, ok := of[f.Name]; ok && unused == "" && !o.asked(names...) {
			unused = f.Name
		}
	})
	if unused != "" {
		return usagef("--%s belongs to --metrics %s, and none of these is asked for; leave it out", unused, strings.Join(of[unused], ", "))
	}
	return nil
}
