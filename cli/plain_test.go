package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Names that commands print come from anywhere: files, classes, flags, what stands in configurations.
func TestNothingDrivesTheTerminal(t *testing.T) {
	dir := t.TempDir()
	evil := filepath.Join(dir, "da\x1b[31mta")
	if err := os.MkdirAll(filepath.Join(evil, "cl\x1b[5mass"), 0o777); err != nil {
		t.Skip("the file system has no such names: ", err)
	}
	for _, name := range []string{"bro\x1b]0;ken.png", "a\rb.jpg"} {
		if err := os.WriteFile(filepath.Join(evil, "cl\x1b[5mass", name), []byte("\x1b[2J"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"data", evil}, {"train", evil, "--run", filepath.Join(dir, "r")}, {"train", "--preset", "\x1b[2J"}, {"train", "--data-class", "\x1b[2J", evil},
		{"info", evil}, {"sample", evil}, {"noise", filepath.Join(evil, "cl\x1b[5mass", "a\rb.jpg")}, {"\x1b[2J"}, {"list", "\x1b[2J"},
		{"import", "--weights", evil, "--out", filepath.Join(dir, "m")}, {"eval", evil}, {"train", "--\x1b[2J"},
	} {
		r := cli(args...)
		if r.code == 0 {
			t.Errorf("%q succeeded", args)
		}
		if text := r.out + r.err; strings.ContainsAny(text, "\x1b\r\a") {
			t.Errorf("%q prints %q", args, text)
		}
	}
}
