package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/sample"
)

// longCalls is from how many calls on a row has the fewer draws.
const longCalls = 100

// A row is one way to sample.
type row struct {
	solver, spacing string
	steps           int     // 0: the solver's own
	tolerance       float64 // of rk45
	calls           int     // about how many
	draws           int
}

// String names the row.
func (r row) String() string {
	if r.tolerance > 0 {
		return fmt.Sprintf("%s to %g", r.solver, r.tolerance)
	}
	return fmt.Sprintf("%s, %s, %d steps", r.solver, r.spacing, r.steps)
}

// options are what the model is asked for.
func (r row) options(n, batch int, seed uint64) model.Options {
	return model.Options{N: n, Batch: batch, Seed: seed, Solver: r.made(), Steps: max(1, r.steps), Spacing: r.spacing}
}

// made is the row's solver. The names of rows are all known.
func (r row) made() model.Solver {
	if r.tolerance > 0 {
		return &sample.RK45[*tensors.Tensor]{RTol: r.tolerance, ATol: r.tolerance}
	}
	s, err := sample.New[*tensors.Tensor](r.solver)
	if err != nil {
		panic(err)
	}
	return s
}

// compared are the solvers, with the spacings in which they are compared and about how often they
// call the network in a step.
var compared = []struct {
	solver   string
	spacings []string
	calls    int
}{
	{"ddpm", []string{"linear"}, 1},
	{"ddim", []string{"linear"}, 1},
	{"euler", []string{"linear"}, 1},
	{"heun", []string{"linear", "logsnr", "karras"}, 2},
	{"dpm++2m", []string{"linear", "logsnr", "karras"}, 1},
	{"dpm++2m-sde", []string{"linear", "logsnr"}, 1},
	{"unipc", []string{"linear", "logsnr", "karras"}, 1},
	{"euler-maruyama", []string{"linear"}, 1},
	{"reverse-diffusion", []string{"linear"}, 1},
	{"pc", []string{"linear"}, 2},
}

// tolerances are those of rk45, relative and absolute, and about how many calls each takes.
var tolerances = []struct {
	value float64
	calls int
}{{1e-1, 30}, {1e-2, 60}, {1e-3, 150}}

// plan lists the rows, and what is left out with the reason.
func (b *bench) plan(steps []int, only string) (rows []row, left []string) {
	wanted := func(solver string) bool { return only == "" || slices.Contains(strings.Split(only, ","), solver) }
	for _, c := range compared {
		if !wanted(c.solver) {
			continue
		}
		if err := b.model.Fits(row{solver: c.solver, steps: 1}.options(1, 1, 0)); err != nil {
			left = append(left, fmt.Sprintf("%s: %v", c.solver, err))
			continue
		}
		for _, n := range steps {
			fresh, why := spacings(b.model.Process, c.spacings, n)
			if why != "" {
				left = append(left, fmt.Sprintf("%s, %d steps: %s", c.solver, n, why))
			}
			for _, s := range fresh {
				rows = append(rows, b.row(row{solver: c.solver, spacing: s, steps: n, calls: n * c.calls}))
			}
		}
	}
	for _, t := range tolerances {
		if wanted("rk45") {
			rows = append(rows, b.row(row{solver: "rk45", spacing: "trailing", tolerance: t.value, calls: t.calls}))
		}
	}
	return rows, left
}

// row gives r its draws, fewer where they are dear.
func (b *bench) row(r row) row {
	r.draws = b.draws
	if r.calls > longCalls {
		r.draws = min(b.long, b.draws)
	}
	return r
}

// spacings returns those whose grids of n steps differ from the ones before, and why others fail.
func spacings(p reverie.Process, names []string, n int) (fresh []string, why string) {
	var seen [][]float64
	for _, name := range names {
		g, err := sample.Grid(name, p, n)
		switch {
		case err != nil:
			why = cmp.Or(why, err.Error())
		case !slices.ContainsFunc(seen, func(o []float64) bool { return slices.Equal(o, g) }):
			fresh, seen = append(fresh, name), append(seen, g)
		}
	}
	return fresh, why
}
