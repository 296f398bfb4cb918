package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/table"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// offered are the completions of a command line's last word.
func offered(t *testing.T, args ...string) (all []string) {
	t.Helper()
	for line := range strings.Lines(ok(t, append([]string{cobra.ShellCompNoDescRequestCmd}, args...)...).out) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, ":") {
			all = append(all, line)
		}
	}
	return all
}

func TestCompletion(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"moons-1", "emoji-2", "no-run"} {
		if err := os.MkdirAll(filepath.Join("runs", name), 0o777); err != nil {
			t.Fatal(err)
		}
		if name != "no-run" {
			writeBytes(t, filepath.Join("runs", name, "config.json"), []byte("{}"))
		}
	}
	for _, c := range []struct{ line, want string }{
		{"train --solver un", "unipc"}, {"train --process v", "vp ve"}, {"sample runs/moons-1 --spacing=kar", "karras"}, {"eval runs/x --metrics swd,near", "swd,nearest"},
		{"sample runs/", "runs/emoji-2 runs/moons-1"}, {"info runs/m", "runs/moons-1"}, {"info ", "runs/emoji-2 runs/moons-1"}, {"decode r --path s", "spherical"}, {"train --arch vae", "vae vae-mlp"},
		{"import --arch ", strings.Join(model.Importable(), " ")},
	} {
		if got := strings.Join(offered(t, strings.Split(c.line, " ")...), " "); got != c.want {
			t.Errorf("reverie %s: offered %q, want %q", c.line, got, c.want)
		}
	}
}

// TestListedFlags: what is listed for a flag is a flag of some command; each name is one that the
// flag takes.
func TestListedFlags(t *testing.T) {
	flags := map[string]bool{}
	for _, c := range own() {
		c.Flags().VisitAll(func(f *pflag.Flag) { flags[f.Name] = true })
	}
	for _, s := range sections() {
		if !flags[s.Flag] && s.Flag != ofArgument || len(s.Rows) == 0 {
			t.Errorf("%s: --%s with %d names", s.Title, s.Flag, len(s.Rows))
		}
	}
	c, err := config.Preset("small")
	if err != nil {
		t.Fatal(err)
	}
	for _, flag := range []string{"process", "arch", "loss", "clamp", "crop", "split", "best"} {
		field := table.Find(c.Fields(), flag)
		for _, row := range namesOf(sections(), flag) {
			if err := field.Set(row.Name); err != nil {
				t.Errorf("--%s %s: %v", flag, row.Name, err)
			}
		}
	}
}
