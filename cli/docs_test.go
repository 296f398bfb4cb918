package cli

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/train"
	"github.com/spf13/pflag"
)

// pages are the project's pages by their paths.
func pages(t *testing.T) map[string]string {
	t.Helper()
	root := ".."
	paths, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(paths) < 8 {
		t.Fatalf("pages %q, %v", paths, err)
	}
	all := map[string]string{}
	for _, path := range append(paths, filepath.Join(root, "README.md"), filepath.Join(root, "CONTRIBUTING.md")) {
		all[path] = string(readBytes(t, path))
	}
	return all
}

// written finds a command in a line of its own, up to a remark after three spaces, and between
// backquotes.
var written = regexp.MustCompile("(?m)^(?:    )?reverie ([^`\n#]+?)(?:$|   .*$|#.*$)|`reverie ([^`\n]+)`")

// Every command in the pages parses, with flags that exist and arguments in the right number.
func TestCommandsOfPages(t *testing.T) {
	found := 0
	for path, page := range pages(t) {
		for _, m := range written.FindAllStringSubmatch(page, -1) {
			if line := m[1] + m[2]; !strings.Contains(line, "...") {
				found++
				parses(t, path, line)
			}
		}
	}
	if found < 80 {
		t.Errorf("%d commands found, expected at least 80", found)
	}
}

func parses(t *testing.T, page, line string) {
	t.Helper()
	cmd, rest, err := newRoot().Find(strings.Fields(line))
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if err == nil && len(rest) > 0 { // a command alone is spoken of
		err = cmd.ValidateArgs(cmd.Flags().Args())
	}
	if err != nil {
		t.Errorf("%s: reverie %s: %v", page, line, err)
	}
}

// Every flag that a page names is one of some command.
func TestFlagsOfPages(t *testing.T) {
	known := map[string]bool{"help": true, "version": true}
	for _, cmd := range newRoot().Commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known[f.Name] = true })
	}
	found := 0
	for path, page := range pages(t) {
		for _, m := range regexp.MustCompile("`--([a-z][a-z0-9-]*)").FindAllStringSubmatch(page, -1) {
			found++
			if !known[m[1]] {
				t.Errorf("%s: no command has a flag --%s", path, m[1])
			}
		}
	}
	if found < 60 {
		t.Errorf("%d flags found, expected at least 60", found)
	}
}

// The README's table of commands is that of the program.
func TestCommandsOfReadme(t *testing.T) {
	_, rows, _ := strings.Cut(string(readBytes(t, filepath.Join("..", "README.md"))), "\n| command | |\n")
	rows, _, _ = strings.Cut(rows, "\n\n")
	var told []string
	have := []string{"completion"} // which the library of commands adds when it runs
	for line := range strings.Lines(rows) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "|"), "|")
		for _, m := range regexp.MustCompile("`([a-z]+)").FindAllStringSubmatch(cell, -1) {
			told = append(told, m[1])
		}
	}
	for _, cmd := range newRoot().Commands() {
		have = append(have, cmd.Name())
	}
	slices.Sort(told)
	slices.Sort(have)
	if !slices.Equal(told, have) {
		t.Errorf("README.md's commands are %q, the program's %q", told, have)
	}
}

// Every test that a page names is there.
func TestTestsOfPages(t *testing.T) {
	found := 0
	for path, page := range pages(t) {
		for _, m := range regexp.MustCompile("`([a-z0-9_/]+_test\\.go):(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(page, -1) {
			found++
			source, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(m[1])))
			if err != nil || !strings.Contains(string(source), "func "+m[2]+"(t *testing.T)") {
				t.Errorf("%s: %s has no test %s: %v", path, m[1], m[2], err)
			}
		}
	}
	if found < 100 {
		t.Errorf("%d tests found, expected at least 100", found)
	}
}

// Every page, picture and other file that a page links to is there, and every heading.
func TestLinkedPages(t *testing.T) {
	found := 0
	all := pages(t)
	for path, page := range all {
		for _, m := range regexp.MustCompile(`\]\(([a-zA-Z0-9_/.-]*)(#[^)]*)?\)`).FindAllStringSubmatch(page, -1) {
			found++
			to := path
			if m[1] != "" {
				to = filepath.Join(filepath.Dir(path), filepath.FromSlash(m[1]))
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			if m[2] != "" && !slices.Contains(anchors(all[to]), m[2]) {
				t.Errorf("%s: %s has no heading %s", path, to, m[2])
			}
		}
	}
	if found < 30 {
		t.Errorf("%d links found", found)
	}
}

// anchors are what links to a page's headings end with.
func anchors(page string) (all []string) {
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1) {
		words := regexp.MustCompile(`[^\w -]`).ReplaceAllString(strings.ToLower(m[1]), "")
		all = append(all, "#"+strings.ReplaceAll(words, " ", "-"))
	}
	return all
}

// keysOf are the names that a struct's fields have in JSON; of a configuration those of all rows.
func keysOf(v any) (keys []string) {
	if _, ok := v.(config.Run); ok {
		for _, f := range config.Flags() {
			keys = append(keys, f.Name)
		}
		return keys
	}
	for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		keys = append(keys, name)
	}
	return keys
}

// TestRunsPage: docs/runs.md says what every key of a run's files is, in the part on that file, and
// of no other; what a run writes is listed.
func TestRunsPage(t *testing.T) {
	page := string(readBytes(t, filepath.Join("..", "docs", "runs.md")))
	for file, v := range map[string]any{"config.json": config.Run{}, "log.jsonl": train.Record{}, "best.json": train.Best{}} {
		_, part, found := strings.Cut(page, "\n## "+file+"\n")
		part, _, _ = strings.Cut(part, "\n## ")
		var told []string
		for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| .").FindAllStringSubmatch(part, -1) {
			told = append(told, m[1])
		}
		keys := keysOf(v)
		slices.Sort(keys)
		slices.Sort(told)
		if !found || len(keys) < 4 || !slices.Equal(keys, told) {
			t.Errorf("%s has the keys %q, and the page tells of %q", file, keys, told)
		}
	}
	entries, err := os.ReadDir(trained(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.Contains(page, "| `"+e.Name()) {
			t.Errorf("the page lacks %s", e.Name())
		}
	}
}
