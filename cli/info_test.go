package cli

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/reverie-go/reverie/internal/terminal"
)

// rowOf is the text of a row of info, its lines joined; "" if there is none.
func rowOf(out, name string) string {
	var text []string
	for line := range strings.Lines(out) {
		key, rest, _ := strings.Cut(strings.TrimRight(line, "\n"), "  ")
		switch {
		case key == name:
			text = append(text, strings.TrimSpace(rest))
		case text != nil && strings.HasPrefix(line, " "):
			text = append(text, strings.TrimSpace(line))
		case text != nil:
			return strings.Join(text, " ")
		}
	}
	return strings.Join(text, " ")
}

// TestInfoRun: info tells of a run its data, split, losses, checkpoints and what it is doing, in 80
// columns whatever the model.
func TestInfoRun(t *testing.T) {
	t.Chdir(t.TempDir())
	ok(t, "train", "points:moons", "--channels", "8", "--steps", "300", "--save-every", "100", "--batch", "512", "--best", "val", "--sample-every", "0", "--run", "a")
	r := ok(t, "info", "a")
	for name, want := range map[string]string{
		"state": "finished: 300 steps", "data": "points:moons: 9,062 points of 2 numbers in 2 classes for training, 938 held out", "split": "10% held out, by their bytes",
		"loss": "each the mean of 100 steps", "validation": "at step 289; least ", "checkpoints": "of step 200, 300: ", "best": "by val, ",
	} {
		if !strings.Contains(rowOf(r.out, name), want) {
			t.Errorf("row %s lacks %q:\n%s", name, want, r.out)
		}
	}
	if got := rowOf(ok(t, "info", filepath.Join("a", "checkpoints", "step-000200")).out, "state"); got != "of an earlier step than the run's newest, 300" {
		t.Errorf("state of an earlier checkpoint: %s", got)
	}
	if got := rowOf(ok(t, "info", interrupted(t)).out, "state"); !strings.HasPrefix(got, "interrupted before its stop, 400 steps; go on with: ") {
		t.Errorf("state of an interrupted run: %s", got)
	}
	writeBytes(t, filepath.Join("a", "config.json"), []byte("{"))
	if got := rowOf(ok(t, "info", "a").out, "run"); !strings.Contains(got, "config.json") {
		t.Errorf("of a damaged configuration it says %q", got)
	}
	for _, run := range []string{"a", trained(t), trainedVAE(t), trainedLatent(t)} {
		for line := range strings.Lines(ok(t, "info", run).out) {
			if n := utf8.RuneCountInString(line) - 1; n > terminal.Width && strings.Contains(strings.TrimSpace(line[14:]), " ") {
				t.Errorf("%d columns: %s", n, line)
			}
		}
	}
}

// interrupted is the run of points of the folder, as it was 100 steps before a stop.
func interrupted(t *testing.T) string {
	t.Helper()
	dir := copyOf(t, "a")
	name := filepath.Join(dir, "config.json")
	writeBytes(t, name, []byte(strings.Replace(string(readBytes(t, name)), `"steps": 300`, `"steps": 400`, 1)))
	return dir
}
