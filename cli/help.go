package cli

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/table"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/reverie-go/reverie/internal/terminal"
)

// A flagGroup is a part of a command's help. A name with a command before it, such as
// "train:steps", is that command's flag alone.
type flagGroup struct {
	title  string
	common []string
	rare   []string // shown by --help-all
}

// flagGroups are the parts of the help in their order, with the flags that are no settings of
// package table, which say theirs themselves. What is in none comes last.
var flagGroups = []flagGroup{
	{"Data", []string{"data", "data-class", "resolution", "image-channels", "crop", "flip", "val", "train:from", "weights", "model", "in", "decode:from", "to", "held-out", "only"},
		[]string{"labels", "label-column", "split", "strict", "cache", "max-pixels"}},
	{"Network", []string{"arch", "channels", "layers", "vae", "latent-channels", "likelihood", "beta"}, []string{"beta-warmup", "energy"}},
	{"Formulation", []string{"train:process", "timesteps", "schedule", "prediction", "objective", "loss", "weighting"},
		[]string{"beta-start", "beta-end", "sigma-min", "sigma-max", "sigma-data", "coupling", "train:level", "times"}},
	{"Optimiser", []string{"preset", "config", "epochs", "train:steps", "lab:steps", "time", "seconds", "train:batch", "lr", "ema"},
		[]string{"warmup", "lr-schedule", "adam-betas", "clip-norm"}},
	{"Measures", []string{"metrics", "per-class", "sweep", "draws", "features", "judge", "images"}, []string{"eval:times", "probes", "exact", "no-cache"}},
	{"Editing", nil, nil}, // the settings of edit
	{"Mapping", []string{"map", "healthy", "anomaly:from", "baseline", "learn"}, []string{"shrink"}}, // and the settings of maps
	{"Judging", []string{"masks", "valid", "valid-masks", "rate", "median", "share"}, []string{"replicates"}},
	{"Explaining", []string{"classifier", "explain:labels", "target", "explain:from", "explain:judge", "judge-labels", "target-images", "seeds", "source", "toward"}, nil}, // and the settings of counterfactuals
	{"Sampling", []string{"n", "first", "solver", "steps", "sample-steps", "path", "seed", "best", "from"},
		[]string{"spacing", "clamp", "process", "batchnorm", "raw"}}, // and the settings of solvers and guides
	{"Output", []string{"run", "resume", "out", "dir", "strip", "gif", "npz", "csv", "plot", "nearest", "terms", "json", "reconstruct", "format", "save-every", "sheet"},
		[]string{"keep", "train:best", "sample-every", "sample-n"}},
	{"Machine", []string{"batch"}, []string{"backend"}},
}

// place says where a command's flag stands in its help: settings after the others of their group.
func place(cmd string, flag *pflag.Flag) (group, at int, rare bool) {
	if title, rare := groupOf(flag); title != "" {
		group = slices.IndexFunc(flagGroups, func(g flagGroup) bool { return g.title == title })
		if group < 0 {
			group = len(flagGroups)
		}
		at = settingsAfter
		if rare {
			at++
		}
		return group, at, rare
	}
	for _, name := range []string{cmd + ":" + flag.Name, flag.Name} {
		for i, g := range flagGroups {
			if k := slices.Index(g.common, name); k >= 0 {
				return i, k, false
			}
			if k := slices.Index(g.rare, name); k >= 0 {
				return i, len(g.common) + k, true
			}
		}
	}
	return len(flagGroups), 0, false
}

// groupOf is the group that a flag says itself that it is in, "" where it says none.
func groupOf(flag *pflag.Flag) (title string, rare bool) {
	if f, ok := flag.Value.(*table.Field); ok {
		return f.Group, f.Rare
	}
	if said := flag.Annotations[inGroup]; said != nil {
		return said[0], false
	}
	return "", false
}

// inGroup is the annotation by which a flag that is no setting says its group.
const inGroup = "group"

// settingsAfter is more than the flags of a group.
const settingsAfter = 1000

// addHelp gives every command below root its grouped help, and --help-all beside --help.
func addHelp(root *cobra.Command) {
	for _, cmd := range root.Commands() {
		if hasRare(cmd) {
			f := cmd.Flags()
			f.Var(&helpAll{cmd: cmd}, "help-all", "show the rare flags too")
			f.Lookup("help-all").NoOptDefVal = "true"
		}
	}
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		fmt.Fprintf(cmd.OutOrStdout(), "%s\n\n%s", wrap(strings.TrimSpace(cmp.Or(cmd.Long, cmd.Short))), cmd.UsageString())
	})
	root.SetUsageFunc(func(cmd *cobra.Command) error { return writeUsage(cmd.OutOrStderr(), cmd) })
}

// wrap breaks lines that are longer than the help. What follows a name in a list goes on below
// itself.
func wrap(text string) string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		if n := len(out); n > 0 && flows(out[n-1]) && flows(line) {
			out[n-1] += " " + line
		} else {
			out = append(out, line)
		}
	}
	for i, line := range out {
		out[i] = terminal.Fold(line, len(item.FindString(line)))
	}
	return strings.Join(out, "\n")
}

// flows says whether a line belongs to a paragraph, not to a list.
func flows(line string) bool { return line != "" && line[0] != ' ' }

// item is the beginning of a line of a list: spaces, a name and two spaces at least.
var item = regexp.MustCompile(`^  +\S+  +|^ *`)

// helpAll is the value of --help-all, which is --help of all flags.
type helpAll struct {
	cmd   *cobra.Command
	given bool
}

// Set implements pflag.Value.
func (h *helpAll) Set(string) error {
	h.given = true
	return h.cmd.Flags().Set("help", "true")
}

// String implements pflag.Value.
func (h *helpAll) String() string { return "" }

// Type implements pflag.Value.
func (h *helpAll) Type() string { return "bool" }

// hasRare says whether a command has flags that --help leaves out.
func hasRare(cmd *cobra.Command) (rare bool) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if _, _, is := place(cmd.Name(), f); is {
			rare = true
		}
	})
	return rare
}

// writeUsage writes all of a command's help but its description.
func writeUsage(w io.Writer, cmd *cobra.Command) error {
	fmt.Fprintf(w, "Usage:\n  %s\n", cmd.UseLine())
	if cmd.HasExample() {
		fmt.Fprintf(w, "\nExamples:\n%s\n", strings.ReplaceAll(cmd.Example, "  reverie ", "  "+ownName+" "))
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprint(w, "\nCommands:\n")
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() || c.Name() == "help" {
				fmt.Fprintf(w, "  %-*s %s\n", cmd.NamePadding(), c.Name(), c.Short)
			}
		}
	}
	writeFlags(w, cmd)
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\nOf a command: '%s COMMAND --help'.\n", cmd.CommandPath())
	}
	return nil
}

// writeFlags writes the flags by their groups.
func writeFlags(w io.Writer, cmd *cobra.Command) {
	all := false
	if f := cmd.Flags().Lookup("help-all"); f != nil {
		all = f.Value.(*helpAll).given
	}
	groups, hidden := grouped(cmd, all)
	for i, flags := range groups {
		if len(flags) == 0 {
			continue
		}
		title := "Other"
		if i < len(flagGroups) {
			title = flagGroups[i].title
		}
		set := pflag.NewFlagSet("", pflag.ContinueOnError)
		set.SortFlags = false
		for _, f := range flags {
			set.AddFlag(f)
		}
		fmt.Fprintf(w, "\n%s:\n%s", title, set.FlagUsagesWrapped(terminal.Width))
	}
	if hidden > 0 {
		fmt.Fprintf(w, "\n%d more flags: --help-all. The names that flags take: %s list.\n", hidden, ownName)
	}
}

// grouped are the flags of a command that are shown, group by group, those of no group last, and
// how many are not.
func grouped(cmd *cobra.Command, all bool) (groups [][]*pflag.Flag, hidden int) {
	groups = make([][]*pflag.Flag, len(flagGroups)+1)
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		i, _, rare := place(cmd.Name(), f)
		switch {
		case f.Hidden:
		case rare && !all:
			hidden++
		default:
			groups[i] = append(groups[i], f)
		}
	})
	for _, g := range groups {
		slices.SortStableFunc(g, func(a, b *pflag.Flag) int {
			_, i, _ := place(cmd.Name(), a)
			_, k, _ := place(cmd.Name(), b)
			return i - k
		})
	}
	return groups, hidden
}

// listed is the number of names up to which help shows what a flag takes; reverie list shows all.
const listed = 4

// oneOf is a flag's help: what it is and, where they are few, the values that it takes.
func oneOf(what string, values []string) string {
	if len(values) > listed {
		return what
	}
	return what + ": " + strings.Join(values, ", ")
}

// nearest is the one of names with the fewest edits from what was typed (insert, delete or change a
// letter), "" where that is as good as another name altogether.
func nearest(typed string, names []string) string {
	best, least := "", max(2, len(typed)/3)+1
	for _, name := range names {
		if d := edits(typed, name); d < least {
			best, least = name, d
		}
	}
	return best
}

// edits is the edit distance of two names (Levenshtein 1966).
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for k := range row {
		row[k] = k
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for k := range len(b) {
			change := diagonal
			if a[i] != b[k] {
				change++
			}
			diagonal = row[k+1]
			row[k+1] = min(change, row[k]+1, row[k+1]+1)
		}
	}
	return row[len(b)]
}
