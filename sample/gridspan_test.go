package sample_test

import (
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/sample"
)

// Every grid of every process lies in its span, whatever rounding does: VP's linear one of 200
// steps once ended an ulp below lo.
func TestGridsStayInTheSpan(t *testing.T) {
	for _, p := range []reverie.Process{reverie.VP{}, reverie.SubVP{}, reverie.VE{}, reverie.EDM{}, reverie.Flow{}} {
		lo, hi := p.Span()
		for _, spacing := range sample.Spacings.Names() {
			for n := 1; n <= 300; n++ {
				grid, err := sample.Grid(spacing, p, n)
				if err != nil {
					t.Fatal(err)
				}
				for i, at := range grid[:n] {
					if !(at >= lo && at <= hi) {
						t.Fatalf("%T, %s, %d steps: time %d is %v, outside %v..%v", p, spacing, n, i, at, lo, hi)
					}
				}
			}
		}
	}
}
