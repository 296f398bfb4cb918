package cli

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/reverie-go/reverie/internal/terminal"
)

// own are the commands that are not cobra's.
func own() (all []*cobra.Command) {
	for _, c := range newRoot().Commands() {
		if c.Name() != "completion" && c.Name() != "help" {
			all = append(all, c)
		}
	}
	return all
}

// TestHelpFits: no line of any help is longer than a terminal, whether of the common flags or of
// all.
func TestHelpFits(t *testing.T) {
	lines := [][]string{{"--help"}, {"help", "train"}}
	for _, c := range own() {
		lines = append(lines, []string{c.Name(), "--help"})
		if c.Flags().Lookup("help-all") != nil {
			lines = append(lines, []string{c.Name(), "--help-all"})
		}
	}
	for _, args := range lines {
		for line := range strings.Lines(ok(t, args...).out) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > terminal.Width {
				t.Errorf("reverie %v: %d columns: %s", args, n, line)
			}
		}
	}
}

// TestHelpIsWhole: --help-all has every flag, --help those that are not rare, under the title of
// their group.
func TestHelpIsWhole(t *testing.T) {
	for _, c := range own() {
		common := ok(t, c.Name(), "--help").out
		all := common
		if c.Flags().Lookup("help-all") != nil {
			all = ok(t, c.Name(), "--help-all").out
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			shown := regexp.MustCompile(`(?m)^  (    |-., )--` + f.Name + `\b`)
			if _, _, rare := place(c.Name(), f); !shown.MatchString(all) || shown.MatchString(common) == rare {
				t.Errorf("reverie %s: --%s is not where it belongs", c.Name(), f.Name)
			}
		})
	}
	titles := regexp.MustCompile(`(?m)^(\w+):$`).FindAllString(ok(t, "train", "--help").out, -1)
	if want := []string{"Usage:", "Examples:", "Data:", "Network:", "Formulation:", "Optimiser:", "Sampling:", "Output:", "Other:"}; !slices.Equal(titles, want) {
		t.Errorf("train's help has the parts %q, want %q", titles, want)
	}
}

// TestGroupsAreFlags: what the groups name is a flag of some command.
func TestGroupsAreFlags(t *testing.T) {
	known := map[string]bool{}
	for _, c := range own() {
		c.Flags().VisitAll(func(f *pflag.Flag) { known[f.Name], known[c.Name()+":"+f.Name] = true, true })
	}
	for _, g := range flagGroups {
		for _, name := range append(g.common, g.rare...) {
			if !known[name] {
				t.Errorf("group %s names --%s, which no command has", g.title, name)
			}
		}
	}
}

func TestWrap(t *testing.T) {
	long := strings.Repeat("word ", 20)
	got := wrap("a\n  name   " + long + "end")
	want := "a\n  name   " + strings.TrimSpace(strings.Repeat("word ", 14)) + "\n         " + strings.Repeat("word ", 6) + "end"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
	paragraph := strings.Repeat("word ", 17) + "\n" + strings.Repeat("more ", 4) + "end\n\n  name  alone\nnext"
	want = strings.TrimSpace(strings.Repeat("word ", 16)) + "\nword  " + strings.Repeat("more ", 4) + "end\n\n  name  alone\nnext"
	if got := wrap(paragraph); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestEdits(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"stpes", "steps", 2}, {"step", "steps", 1}, {"flaw", "lawn", 2}} {
		if got, back := edits(c.a, c.b), edits(c.b, c.a); got != c.want || back != c.want {
			t.Errorf("%q and %q: %d and %d, want %d", c.a, c.b, got, back, c.want)
		}
	}
}

// TestSuggestions: a mistyped flag or command is answered with the nearest one, and one that is
// like none with none.
func TestSuggestions(t *testing.T) {
	for _, c := range []struct{ line, near string }{
		{"train nowhere --step 3", "--steps?"}, {"train nowhere --resoluton 64", "--resolution?"}, {"sample nowhere --sover ddim", "--solver?"},
		{"eval nowhere --metric swd", "--metrics?"}, {"trian", `"train"?`}, {"smaple", `"sample"?`},
	} {
		refused(t, exitUsage, []string{"did you mean " + c.near}, strings.Fields(c.line)...)
	}
	if r := cli("train", "--wholly-other"); strings.Contains(r.err, "did you mean") {
		t.Error(r.err)
	}
}

// TestVersionFlag: --version prints what the command's first line begins with.
func TestVersionFlag(t *testing.T) {
	if flag, cmd := ok(t, "--version").out, ok(t, "version").out; flag != "reverie "+version()+"\n" || !strings.HasPrefix(cmd, strings.TrimSpace(flag)) {
		t.Errorf("%q and %q", flag, cmd)
	}
}
