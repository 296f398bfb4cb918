package eval

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/likelihood"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
)

// TestTermsFiles: the table's steps sum to its totals, and the picture is well-formed and names
// each bound.
func TestTermsFiles(t *testing.T) {
	m, err := mixture.Named("two-modes")
	if err != nil {
		t.Fatal(err)
	}
	p, err := reverie.NewDDPM(reverie.LinearBetas(12, 1e-3, 0.5))
	if err != nil {
		t.Fatal(err)
	}
	s := random.Stream{Seed: 5, Domain: random.Evaluation}
	b, err := likelihood.Bound(t.Context(), &reverie.Host[float64]{Stream: s}, p, m.Denoiser(p), m.Sample(s, 20), likelihood.BoundOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(TermsCSV(b.Named()))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	sums, got := map[string]float64{}, map[string]map[string]float64{}
	for _, r := range rows[1:] {
		v, err := strconv.ParseFloat(r[4], 64)
		if err != nil {
			t.Fatal(err)
		}
		if got[r[0]] == nil {
			got[r[0]] = map[string]float64{}
		}
		got[r[0]][r[1]] = v
		if r[1] == "step" {
			sums[r[0]] += v
		}
	}
	if want := 1 + 3*(11+4); len(rows) != want {
		t.Errorf("%d rows, want %d", len(rows), want)
	}
	for _, n := range b.Named() {
		g := got[n.Name]
		if !(math.Abs(sums[n.Name]-g["steps"]) < 1e-5) || !(math.Abs(g["reconstruction"]+g["steps"]+g["prior"]-g["total"]) < 1e-5) {
			t.Errorf("%s: steps sum to %v, table %v", n.Name, sums[n.Name], g)
		}
		if want := n.Bound.Total().Value / 2 / math.Ln2; !(math.Abs(g["total"]-want) < 1e-5) {
			t.Errorf("%s: total %v, want %v", n.Name, g["total"], want)
		}
	}
	svg, err := TermsSVG(b.Named())
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range b.Named() {
		if !bytes.Contains(svg, []byte(">"+n.Name+"<")) {
			t.Errorf("the picture does not name %s", n.Name)
		}
	}
}
