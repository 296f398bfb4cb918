package cli

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/reverie-go/reverie/config"
)

// TestConfigFile: a run's config.json fed back makes the same run, and a flag beside it replaces
// what it says.
func TestConfigFile(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	ok(t, with([]string{"train", images(t)}, "--steps", "2", "--seed", "5", "--run", at("a"))...)
	given := filepath.Join(at("a"), "config.json")
	ok(t, "train", "--config", given, "--run", at("b"))
	if !bytes.Equal(readBytes(t, given), readBytes(t, filepath.Join(at("b"), "config.json"))) {
		t.Error("the second run has another configuration")
	}
	ok(t, "train", "--config", given, "--steps", "1", "--seed", "6", "--run", at("c"))
	c, err := config.Read(at("c"))
	if err != nil || c.Steps != 1 || c.Seed != 6 || c.Batch != 4 {
		t.Errorf("%+v, %v", c, err)
	}
	for _, line := range [][]string{{"--config", given, "--preset", "small"}, {"--config", given, "--resume", "nowhere"}, {"--config", at("none.json")}, {"--config", given, "--lr", "nan"}} {
		refused(t, exitUsage, []string{line[len(line)-2]}, append([]string{"train"}, line...)...)
	}
}
