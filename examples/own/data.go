package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/table"
)

// Spiral is a data source: spiral:TURNS is 2,000 points on a spiral of so many turns.
type Spiral struct{ table.Info }

func (Spiral) Claim(name string) (source.Claim, bool) {
	return source.Claim{Kind: kind.OfPoints(2)}, strings.HasPrefix(name, "spiral:")
}

func (Spiral) Open(_ context.Context, names []string, o source.Options) (*data.Set, error) {
	turns, err := strconv.ParseFloat(strings.TrimPrefix(names[0], "spiral:"), 64)
	if err != nil || !(turns > 0 && turns < 100) {
		return nil, fmt.Errorf("%s: expected a number of turns, up to 100, such as spiral:3", names[0])
	}
	const n = 2000
	x := make([]float32, 0, 2*n)
	for i := range n {
		r := math.Sqrt((float64(i) + 0.5) / n)
		sin, cos := math.Sincos(2 * math.Pi * turns * r)
		x = append(x, float32(2*r*cos), float32(2*r*sin))
	}
	return data.FromMemory(data.Memory{Name: names[0], Kind: kind.OfPoints(2), X: x}, data.Options{Val: o.Val})
}
