package sound

import (
	"bytes"
	"encoding/json"
	"log"
	"os"
	"slices"
	"testing"
)

// file is what testdata/gen_files.py wrote of one recording.
type file struct {
	Form   string
	Coding string
	Rate   int
	File   []byte
	X      [][]float64
}

func files(t testing.TB) []file {
	t.Helper()
	var golden struct{ Cases []file }
	b, err := os.ReadFile("testdata/files.json")
	if err == nil {
		err = json.Unmarshal(b, &golden)
	}
	if err != nil || len(golden.Cases) != 16 {
		t.Fatal(len(golden.Cases), err)
	}
	return golden.Cases
}

// Recordings that libsndfile wrote are read as it reads them, to the bit.
func TestAgainstLibsndfile(t *testing.T) {
	var logged bytes.Buffer
	defer log.SetOutput(log.Writer())
	log.SetOutput(&logged)
	codings := map[string]Coding{"PCM_S8": "pcm8", "PCM_U8": PCM8, "PCM_16": PCM16, "PCM_24": PCM24, "PCM_32": PCM32, "FLOAT": Float32, "DOUBLE": Float64}
	for _, g := range files(t) {
		c, err := Read(bytes.NewReader(g.File))
		if err != nil {
			t.Errorf("%s %s: %v", g.Form, g.Coding, err)
			continue
		}
		if c.Rate != g.Rate || c.Channels != len(g.X) || c.Coding != codings[g.Coding] || (c.File == "FLAC") != (g.Form == "FLAC") {
			t.Errorf("%s %s: read as %+v", g.Form, g.Coding, c.Format)
		}
		if !slices.EqualFunc(c.X, g.X, slices.Equal[[]float64]) {
			t.Errorf("%s %s: got %v, want %v", g.Form, g.Coding, c.X, g.X)
		}
		if len(c.Notes) > 0 {
			t.Errorf("%s %s: notes %q", g.Form, g.Coding, c.Notes)
		}
	}
	if logged.Len() > 0 || log.Writer() != &logged {
		t.Errorf("the decoder logged %q", &logged)
	}
}

// Blocks of any length give the samples of the whole, and io.EOF at the end, again and again.
func TestBlocks(t *testing.T) {
	for _, g := range files(t) {
		for _, n := range []int{1, 7, 1000} {
			r, err := NewReader(bytes.NewReader(g.File))
			if err != nil {
				t.Fatal(err)
			}
			if r.Len != int64(len(g.X[0])) {
				t.Errorf("%s %s: %d samples announced, want %d", g.Form, g.Coding, r.Len, len(g.X[0]))
			}
			if got := drain(t, r, n); !slices.EqualFunc(got, g.X, slices.Equal[[]float64]) {
				t.Errorf("%s %s by %d: got %v", g.Form, g.Coding, n, got)
			}
		}
	}
}
