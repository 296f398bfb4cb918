package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"a name\tand a line\n":        "a name\tand a line\n",
		"Bücher 日本語 🙂":                "Bücher 日本語 🙂",
		"\x1b[2Jgone":                 `\x1b[2Jgone`,
		"over\rwritten\x07":           `over\rwritten\a`,
		"c1 \u009b31m":                `c1 \u009b31m`,
		"no text \xff\x9b":            `no text \xff\x9b`,
		"gpj.\u202eexe \u2066x\u2069": `gpj.\u202eexe \u2066x\u2069`,
	} {
		if got := visible(in); got != want {
			t.Errorf("%q is printed as %q, want %q", in, got, want)
		}
	}
}

// A character that two writes share comes out whole, and nothing else waits for the next.
func TestPlainTextCut(t *testing.T) {
	text := []byte("ü日🙂\x1bx\xf0")
	for at := range len(text) + 1 {
		var out bytes.Buffer
		p := &plainText{to: &out}
		for _, part := range [][]byte{text[:at], text[at:], []byte("end\n")} {
			if n, err := p.Write(part); n != len(part) || err != nil {
				t.Fatalf("%d of %d, %v", n, len(part), err)
			}
		}
		if want := `ü日🙂\x1bx\xf0` + "end\n"; out.String() != want {
			t.Errorf("cut at %d: %q, want %q", at, out.String(), want)
		}
	}
}

// Names that commands print come from anywhere: files, classes, flags, what stands in
// configurations.
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
