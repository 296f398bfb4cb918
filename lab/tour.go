// Package lab shows what diffusion models do, on points of the plane: it trains small networks in
// seconds, and paints densities, score fields, the paths of samplers and what the losses cost. It
// is what `reverie lab` runs; docs/three-formulations.md walks through its pictures.
//
// Where the data's law is a mixture of Gaussians everything has an exact answer (package mixture),
// which is shown beside the learned one. Data are centred and scaled so that their mean square
// distance from the origin is 2: pictures show the square of half-width 3.
package lab

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/internal/chart"
)

// Options of a tour.
type Options struct {
	Out    string   // the folder of the files, which exists
	Only   []string // names of Figures, none for all
	Format string   // of pictures: PNG (also ""), SVG
	Budget Budget   // of each network
	Seed   uint64

	Engine *engine.Engine
	// Progress, if any, is told what is going on and what share of it is done.
	Progress func(what string, done float64)
	// Made, if any, is told of every file once it is written.
	Made func(Picture)

	divisor int // of the numbers of points, for quick tests; 0: 1
}

// A Picture is a file that a tour has written.
type Picture struct {
	File  string // its path
	Shows string // in a line
}

// A Figure is one part of a tour.
type Figure struct {
	Name  string
	Shows string
	make  func(ctx context.Context, l *lab) ([]output, error)
}

// An output is a file to be written: the drawing, or else the bytes.
type output struct {
	file    string // without a path; a drawing's without its ending
	shows   string
	drawing chart.Drawing
	bytes   []byte
}

// Figures are the parts of a tour, in its order.
func Figures() []Figure {
	return []Figure{
		{"density", "the data's density, and how noise diffuses it", densityFigure},
		{"animation", "the learned flow between noise and data, as a GIF that repeats", animationFigure},
		{"score", "the score at several noise levels, exact and learned", scoreFigure},
		{"paths", "the same noise carried to the data by six samplers", pathsFigure},
		{"langevin", "where Langevin dynamics fails and annealing does not", langevinFigure},
		{"losses", "explicit, exact, sliced and denoising score matching against their cost", lossesFigure},
		{"coupling", "flow matching between two data sets, plain and coupled by optimal transport", couplingFigure},
		{"bridge", "bridges between two data sets without pairs, both ways: independent and Schroedinger", bridgeFigure},
		{"inversion", "data to noise and back: DDIM inversion and fixed points, on the exact denoiser", inversionFigure},
		{"inverse", "points of which one number is known: the posterior, and what five methods draw", inverseFigure},
		{"guidance", "what guidance draws from: three laws and samples, and what it does to a class", guidanceFigure},
		{"anomaly", "maps of anomalies by noise level: what of a lesion is seen, and what of the healthy", anomalyFigure},
		{"counterfactual", "the least change that a classifier takes for the other class, by four methods", counterfactualFigure},
		{"equivalence", "one network as noise, score and drift: three samplers", equivalenceFigure},
	}
}

// FigureNames are the names of Figures.
func FigureNames() []string {
	var names []string
	for _, f := range Figures() {
		names = append(names, f.Name)
	}
	return names
}

// lab is a tour under way.
type lab struct {
	Options
	data Data

	diffusion, flow *Network // trained when they are first asked for
}

// Run makes the pictures of a tour. It stops at the first error, and when ctx ends; files are whole
// or absent.
func Run(ctx context.Context, d Data, o Options) error {
	if err := o.Validate(); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	if o.Engine == nil {
		return errors.New("lab: no engine")
	}
	if o.Format == "" {
		o.Format = PNG
	}
	l := &lab{Options: o, data: d}
	for _, f := range o.figures() {
		outs, err := f.make(ctx, l)
		if err != nil {
			return fmt.Errorf("lab: %s: %w", f.Name, err)
		}
		for _, out := range outs {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := l.save(out); err != nil {
				return err
			}
		}
	}
	return nil
}

// Validate reports an option that is out of range or unknown. It does not look at Out and Engine.
func (o Options) Validate() error {
	if o.Format != "" && o.Format != PNG && o.Format != SVG {
		return fmt.Errorf("unknown format %q of pictures: expected %s or %s", o.Format, PNG, SVG)
	}
	if b := o.Budget; b.Time < 0 || b.Time == 0 && b.Steps < 1 {
		return fmt.Errorf("a training of %d steps and %v: expected a positive number of steps, or a time", b.Steps, b.Time)
	}
	for _, name := range o.Only {
		if !slices.Contains(FigureNames(), name) {
			return fmt.Errorf("unknown figure %q: expected one of %s", name, strings.Join(FigureNames(), ", "))
		}
	}
	return nil
}

// figures returns those that are asked for, in the tour's order.
func (o Options) figures() []Figure {
	return slices.DeleteFunc(Figures(), func(f Figure) bool { return len(o.Only) > 0 && !slices.Contains(o.Only, f.Name) })
}

// save writes an output.
func (l *lab) save(out output) error {
	if out.drawing != nil {
		text := []picture.Text{
			{Key: "Software", Value: "reverie"}, {Key: "Description", Value: out.shows},
			{Key: "data", Value: l.data.Name}, {Key: "seed", Value: fmt.Sprint(l.Seed)},
		}
		var err error
		if out.bytes, err = encode(out.drawing, l.Format, text); err != nil {
			return fmt.Errorf("lab: %s: %w", out.file, err)
		}
		out.file += "." + l.Format
	}
	path := filepath.Join(l.Out, out.file)
	if err := write(path, out.bytes); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	if l.Made != nil {
		l.Made(Picture{File: path, Shows: out.shows})
	}
	return nil
}

// few is n, or less in quick tests.
func (l *lab) few(n int) int { return n / max(1, l.divisor) }

// progress tells what is going on.
func (l *lab) progress(what string, done float64) {
	if l.Progress != nil {
		l.Progress(what, done)
	}
}
