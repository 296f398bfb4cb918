package terminal

import (
	"bytes"
	"testing"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"a name\tand a line\n":        "a name\tand a line\n",
		"Bücher 日本語 🙂":                "Bücher 日本語 🙂",
		"\x1b[2Jgone":                 `\x1b[2Jgone`,
		"over\rwritten\x07":           `over\rwritten\a`,
		"c1 \u009b31m":                `c1 \u009b31m`,
		"no text \xff\x9b":            `no text \xff\x9b`,
		"gpj.\u202eexe \u2066x\u2069": `gpj.\u202eexe \u2066x\u2069`,
	} {
		if got := Text(in); got != want {
			t.Errorf("%q is printed as %q, want %q", in, got, want)
		}
	}
	if got := Line("a\nb\tc \x1b"); got != `a\nb\tc \x1b` {
		t.Errorf("a line is printed as %q", got)
	}
}

// A character that two writes share comes out whole, and nothing else waits for the next.
func TestWriterCut(t *testing.T) {
	text := []byte("ü日🙂\x1bx\xf0")
	for at := range len(text) + 1 {
		var out bytes.Buffer
		p := &Writer{To: &out}
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
