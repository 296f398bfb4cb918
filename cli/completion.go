package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/table"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// addCompletion lets a shell complete the names that flags take, and run folders where a command
// takes a run.
func addCompletion(root *cobra.Command) error {
	all := sections()
	for _, cmd := range root.Commands() {
		var err error
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			rows := namesOf(all, f.Name)
			if cmd.Name() == "import" && f.Name == "arch" {
				rows = slices.DeleteFunc(slices.Clone(rows), func(r table.Info) bool { return !slices.Contains(model.Importable(), r.Name) })
			}
			if rows != nil && err == nil {
				err = cmd.RegisterFlagCompletionFunc(f.Name, completeNames(rows, strings.HasSuffix(f.Value.Type(), "Slice")))
			}
		})
		if err != nil {
			return err
		}
		if slices.Contains(takeRun, cmd.Name()) {
			cmd.ValidArgsFunction = completeRuns
		}
	}
	return nil
}

// takeRun are the commands whose first argument is a run.
var takeRun = []string{"sample", "edit", "explain", "info", "eval", "encode", "decode"}

// namesOf are the names that a flag takes, of all sections; nil: it takes no names.
func namesOf(all []table.Section, flag string) []table.Info {
	if i := slices.IndexFunc(all, func(s table.Section) bool { return s.Flag == flag }); i >= 0 {
		return all[i].Rows
	}
	return nil
}

// completeNames offers names; in a list the next one, after a comma.
func completeNames(rows []table.Info, list bool) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) (all []string, _ cobra.ShellCompDirective) {
		before := ""
		if list {
			before = typed[:strings.LastIndex(typed, ",")+1]
		}
		for _, r := range rows {
			if name := before + r.Name; strings.HasPrefix(name, typed) {
				all = append(all, cobra.CompletionWithDesc(name, r.Text))
			}
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeRuns offers the runs below runs/, and else files.
func completeRuns(_ *cobra.Command, args []string, typed string) (runs []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	found, err := filepath.Glob("runs/*/config.json") // the pattern is good, so that there is no error
	if err != nil {
		return nil, cobra.ShellCompDirectiveDefault
	}
	for _, path := range found {
		dir := filepath.ToSlash(filepath.Dir(path))
		if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() && strings.HasPrefix(dir, typed) {
			runs = append(runs, dir)
		}
	}
	return runs, cobra.ShellCompDirectiveDefault
}
