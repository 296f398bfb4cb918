package onnx

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/kind"
)

// outsideFile is a network that multiplies by a number of another file.
func outsideFile(entries ...string) []byte {
	all := [][]byte{varint(2, 1), text(8, "w"), varint(1, 1), varint(14, 1)}
	for i := 0; i < len(entries); i += 2 {
		all = append(all, field(13, text(1, entries[i]), text(2, entries[i+1])))
	}
	return file(nodeText("Mul", "w", "z", text(1, "x")), nodeText("GlobalAveragePool", "z", "y"), field(5, all...))
}

// outsideFeature writes the network and gives the first feature of images of 1.
func outsideFeature(t *testing.T, e *engine.Engine, dir string, entries ...string) (feature float64, name string, err error) {
	path := filepath.Join(dir, "a.onnx")
	if err := os.WriteFile(path, outsideFile(entries...), 0o666); err != nil {
		t.Fatal(err)
	}
	m, err := Open(e, path)
	if err != nil {
		return 0, "", err
	}
	defer m.Close()
	ones := eval.Images{N: 2, Kind: kind.OfImages(4, 4, 3).Real(), Pix: make([]float32, 2*4*4*3)}
	for i := range ones.Pix {
		ones.Pix[i] = 1
	}
	rows, err := m.Rows(context.Background(), ones)
	if err != nil {
		t.Fatal(err)
	}
	return rows.X[0], m.Name(), nil
}

// Tensors are read from files in the network's folder and from no other, and count for the name of
// the features.
func TestOutside(t *testing.T) {
	e := open(t)
	dir, other := t.TempDir(), t.TempDir()
	write := func(path string, values ...float32) {
		var b []byte
		for _, v := range values {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	inside := filepath.Join(dir, "sub", "w")
	write(inside, 3, 5)
	write(filepath.Join(other, "w"), 7)
	for _, x := range []struct {
		entries []string
		want    float64
	}{{[]string{"location", "sub/w", "length", "4"}, 3}, {[]string{"location", "sub/w", "offset", "4", "length", "4"}, 5}, {[]string{"location", "sub/w"}, 3}} {
		if got, _, err := outsideFeature(t, e, dir, x.entries...); err != nil || got != x.want {
			t.Errorf("%v: %v, %v, want %v", x.entries, got, err, x.want)
		}
	}
	_, before, err := outsideFeature(t, e, dir, "location", "sub/w")
	write(inside, 4, 5)
	if _, after, err2 := outsideFeature(t, e, dir, "location", "sub/w"); err != nil || err2 != nil || before == after {
		t.Errorf("other numbers have the name %s, as before", after)
	}
	if err := os.Symlink(filepath.Join(other, "w"), filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	back, err := filepath.Rel(dir, filepath.Join(other, "w"))
	if err != nil {
		t.Fatal(err)
	}
	for want, entries := range map[string][]string{
		"escapes":             {"location", "out"},
		"inside the network":  {"location", back},
		"inside the network'": {"location", filepath.Join(other, "w")},
		"is not there":        {"location", "none"},
		"no file of":          {"location", "sub"},
		"no file of 104":      {"location", "sub/w", "offset", "100"},
		"expected 4":          {"location", "sub/w", "length", "8"},
		"offset \"-1\"":       {"location", "sub/w", "offset", "-1"},
	} {
		if _, _, err := outsideFeature(t, e, dir, entries...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", entries, err, want)
		}
	}
}
