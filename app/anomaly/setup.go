package anomaly

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// A Setup is what a method may use. What is left nil has a default, but for the Run and, of methods
// that walk, the Solver and the Grid.
type Setup[X any] struct {
	// Run has the Denoiser of what is healthy: of a model of healthy data that one, of a model with
	// classes that of the healthy class (reverie.OfClass), guided as one likes. Its Space must be a
	// reverie.Rower. One that frees what it made, as engine.Recycler does, leaves alone what
	// FromRows returns, until it is given it by its method Own(X) X.
	Run    *sample.Run[X]
	Solver sample.Solver[X] // of which each walk has a copy
	// Grid is one for the whole process. A walk from a level takes the level itself, and then the
	// times of the grid below it.
	Grid  []float64
	Clamp sample.Clamp                // of all x0hat; the zero value clamps nothing
	Shape edit.Shape                  // of a sample, for the methods that have patches or masks
	Hook  func(sample.State[X]) error // called after each step, which are numbered through

	Noise    func(like X) X      // the eps by which data are noised, of variance 1; nil: the Space's. A solver's own is the Space's
	Encoder  reverie.Denoiser[X] // by which Translate encodes; nil: the Run's
	Inverter edit.Inverter[X]    // which encodes; nil: edit.DDIMInversion
	Fill     edit.Method[X]      // which draws what a mask leaves out; nil: edit.RePaint of 5 passes over 5 steps
}

// A Finding is what a method finds in a batch. Its tensors are the caller's: the Space does not
// recycle them.
type Finding[X any] struct {
	Healed X // what the model would have instead of x, on average over what was drawn
	// Map says of each number of x how far it departs: |x - Healed|, in the data's units, but of
	// ANDi, and of DAE's median.
	Map    X
	Levels []Level // at which x was noised, in the order in which they were come to
}

// A Level is a time, and its noise level sigma/alpha, which means the same under every process.
type Level struct {
	T     float64 `json:"t"`
	Ratio float64 `json:"ratio"`
}

// A Method is a row of Methods, with its settings, that works on batches of type X.
type Method[X any] interface {
	table.Row
	// Find maps x, data at time 0. An error names what does not do of the settings or the setup.
	Find(ctx context.Context, s Setup[X], x X) (Finding[X], error)
}

// spaces are what methods ask of a Space.
type spaces[X any] interface {
	reverie.Space[X]
	reverie.Rower[X]
}

// A look is a method at work on a batch.
type look[X any] struct {
	Setup[X]
	run    sample.Run[X] // the Setup's, clamped
	space  spaces[X]
	x      X
	rows   [][]float64 // of x
	levels []Level
	sum    [][]float64 // of the rows of what was drawn
	drawn  int
	// deviation is the map where it is not |x - Healed|.
	deviation [][]float64
}

// find checks what a method is given and has it draw. What it drew is averaged and compared with x.
func (s Setup[X]) find(method table.Row, x X, draw func(*look[X]) error) (f Finding[X], err error) {
	l, err := s.look(method, x)
	if err == nil {
		err = draw(l)
	}
	if err != nil {
		return f, fmt.Errorf("anomaly: %s: %w", method.Row().Name, err)
	}
	healed := each(l.sum, func(n, i int) float64 { return l.sum[n][i] / float64(l.drawn) })
	if l.deviation == nil {
		l.deviation = each(healed, func(n, i int) float64 { return math.Abs(l.rows[n][i] - healed[n][i]) })
	}
	return Finding[X]{Healed: l.space.FromRows(l.x, healed), Map: l.space.FromRows(l.x, l.deviation), Levels: l.levels}, nil
}

// look checks the settings and the setup.
func (s Setup[X]) look(method any, x X) (*look[X], error) {
	if err := table.Check(method); err != nil {
		return nil, err
	}
	if s.Run == nil {
		return nil, errors.New("a Setup needs a Run")
	}
	if err := edit.Noised(s.Run); err != nil {
		return nil, err
	}
	space, ok := s.Run.Space.(spaces[X])
	if !ok {
		return nil, fmt.Errorf("maps are made of the numbers themselves: %T lacks Rows(x) and FromRows(like, rows)", s.Run.Space)
	}
	l := &look[X]{Setup: s, run: *s.Run, space: space, x: x, rows: space.Rows(x)}
	if err := numbers(l.rows); err != nil {
		return nil, err
	}
	return l, l.run.Apply(s.Clamp)
}

// numbers reports data that are none.
func numbers(rows [][]float64) error {
	if len(rows) == 0 {
		return errors.New("no samples: give at least one")
	}
	for n, row := range rows {
		for i, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("number %d of sample %d is %v: expected finite ones", i, n, v)
			}
		}
	}
	return nil
}

// add adds rows that were drawn.
func (l *look[X]) add(rows [][]float64) {
	if l.drawn++; l.drawn == 1 {
		l.sum = rows
		return
	}
	l.sum = each(rows, func(n, i int) float64 { return l.sum[n][i] + rows[n][i] })
}

// shaped reports samples of another shape than the Setup's.
func (l *look[X]) shaped() error {
	if size := l.Shape.Size(); size != len(l.rows[0]) || size == 0 {
		return fmt.Errorf("samples of %d numbers are no images of %v: give the Setup their Shape", len(l.rows[0]), l.Shape)
	}
	return nil
}

// noised returns data at t, of fresh noise.
func (l *look[X]) noised(x X, t float64) X {
	c, noise := l.run.Process.At(t), l.Noise
	if noise == nil {
		noise = l.space.Noise
	}
	return l.space.Sum([]float64{c.Alpha, c.Sigma}, x, noise(x))
}

// walk samples from x at grid[0].
func (l *look[X]) walk(ctx context.Context, x X, grid []float64, hook func(sample.State[X]) error) (X, error) {
	return sample.Sample(ctx, &l.run, sample.Fresh(l.Solver), x, grid, hook)
}

// part is the hook of walk i of n like ones.
func (l *look[X]) part(i, n int) func(sample.State[X]) error {
	return l.renumbered(func(s *sample.State[X]) { s.Step, s.Steps = i*s.Steps+s.Step, n*s.Steps })
}

// renumbered is the hook with states whose steps are renumbered.
func (l *look[X]) renumbered(by func(*sample.State[X])) func(sample.State[X]) error {
	if l.Hook == nil {
		return nil
	}
	return func(s sample.State[X]) error {
		by(&s)
		return l.Hook(s)
	}
}

// each returns new rows of the shape of some, of numbers that f gives.
func each(shape [][]float64, f func(n, i int) float64) [][]float64 {
	rows := make([][]float64, len(shape))
	for n := range rows {
		rows[n] = make([]float64, len(shape[n]))
		for i := range rows[n] {
			rows[n][i] = f(n, i)
		}
	}
	return rows
}
