//go:build unix

package cli

import (
	"syscall"
	"testing"
)

// A pipe in the place of any file that a command is to read is refused: nobody writes into it, so
// opening it would wait for ever.
func TestPipesAreRefused(t *testing.T) {
	workshop(t)
	if err := syscall.Mkfifo("pipe", 0o666); err != nil {
		t.Skip("no pipes here:", err)
	}
	for _, ending := range []string{".csv", ".npz", ".png", ".json", ".onnx"} {
		if err := syscall.Link("pipe", "pipe"+ending); err != nil {
			t.Skip("a pipe has one name here:", err)
		}
	}
	for _, c := range [][]string{
		{"train", "pipe.csv"}, {"train", "pipe.npz"}, {"train", "points:pipe.png"}, {"train", "pipe"},
		{"train", "--config", "pipe.json"}, {"train", "imgs", "--vae", "pipe"}, {"train", "points:moons", "--process", "flow", "--from", "points:pipe.png"},
		{"data", "pipe.csv"}, {"noise", "pipe.png"}, {"eval", "pipe.npz"}, {"eval", "run", "-n", "8", "--metrics", "fid", "--features", "pipe.onnx"}, {"eval", "run", "pipe.csv"},
		{"import", "--weights", "pipe", "--resolution", "8", "--out", "new"}, {"predict", "--model", "model", "--in", "pipe.npz", "--out", "x.npz"},
		{"sample", "pipe"}, {"info", "pipe"}, {"lab", "--data", "pipe.csv"},
	} {
		if r := cli(c...); r.code == 0 {
			t.Errorf("reverie %v: exit code 0", c)
		}
	}
}
