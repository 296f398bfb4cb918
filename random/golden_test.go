package random

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// The streams against an independent implementation, with math's logarithm, sine and cosine.
func TestStreamsAgainstPython(t *testing.T) {
	var golden struct { // what testdata/gen_streams.py wrote
		Streams []struct {
			Seed            uint64 `json:",string"`
			Domain          Domain
			Sample          uint64 `json:",string"`
			Step            uint32
			Normal, Uniform []float64
		}
	}
	b, err := os.ReadFile("testdata/streams.json")
	if err == nil {
		err = json.Unmarshal(b, &golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(golden.Streams) != 3 {
		t.Fatalf("%d streams", len(golden.Streams))
	}
	for _, g := range golden.Streams {
		s := Stream{g.Seed, g.Domain, g.Sample, g.Step}
		z, u := make([]float64, len(g.Normal)), make([]float64, len(g.Uniform))
		s.Normal(z)
		s.Uniforms(u)
		for i := range z {
			if !(math.Abs(z[i]-g.Normal[i]) <= 1e-14*max(math.Abs(g.Normal[i]), 1)) {
				t.Errorf("normal = %.17g, want %.17g", z[i], g.Normal[i])
			}
		}
		for i := range u {
			if u[i] != g.Uniform[i] {
				t.Errorf("uniform = %.17g, want %.17g", u[i], g.Uniform[i])
			}
		}
	}
}
