package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestEvalJudge: the classifier that a run learned judges in place of one that is trained for it:
// right on held-out images as often as its own training said, and nothing is trained. One that
// guides, or that is of other images, is refused.
func TestEvalJudge(t *testing.T) {
	plain, imgs := evalRun(t)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	train := func(name string, more ...string) result {
		return ok(t, append([]string{"train", imgs, "--resolution", "8", "--batch", "4", "--steps", "6", "--val", "0.4", "--run", at(name)}, more...)...)
	}
	small := []string{"--arch", "classifier", "--channels", "8,16"}
	train("told", "--class-cond", "--channels", "8,16")
	said := train("judge", small...)
	train("guide", append(small, "--noised")...)
	train("grey", append(small, "--image-channels", "1")...)

	judged := func(name string) []string {
		return []string{"eval", at("told"), "-n", "4", "--draws", "1", "--steps", "1", "--metrics", "accuracy,pr", "--judge", at(name)}
	}
	r := ok(t, judged("judge")...)
	if strings.Contains(r.err, "trained, right on") {
		t.Errorf("a classifier was trained:\n%s", r.err)
	}
	j := reportOf(t, append(judged("judge"), "--json")...)
	if !strings.HasPrefix(j.Features, "classifier "+at("judge")) {
		t.Errorf("features: %s", j.Features)
	}
	row := j.row(t, "accuracy")
	if row.Real == nil {
		t.Fatalf("accuracy: %+v", row)
	}
	if want := fmt.Sprintf("right on held-out samples: %.1f%%", 100*row.Real.Value); !strings.Contains(said.err, want) {
		t.Errorf("want %q in\n%s", want, said.err)
	}
	for _, c := range []struct {
		code  int
		texts []string
		args  []string
	}{
		{exitFailure, []string{"--judge", "knows noised images, to guide with", "without --noised"}, judged("guide")},
		{exitUsage, []string{"--judge", "is of other images", "8x8x1"}, judged("grey")},
		{exitFailure, []string{"--judge", "it is no classifier"}, append(judged("x")[:len(judged("x"))-1], plain)},
		{exitFailure, []string{"--judge", "nowhere"}, judged("nowhere")},
		{exitUsage, []string{"--judge belongs to --metrics"}, []string{"eval", at("told"), "--metrics", "swd", "--judge", at("judge")}},
	} {
		refused(t, c.code, c.texts, c.args...)
	}
}
