package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/reverie-go/reverie/data/points"
	"github.com/reverie-go/reverie/lab"
	"github.com/reverie-go/reverie/table"
	"github.com/spf13/cobra"
)

// labFlags are what a tour of the lab takes.
type labFlags struct {
	data, out, format, backend string
	only                       []string
	steps                      int
	seconds                    float64
	seed                       uint64
}

func newLab() *cobra.Command {
	var f labFlags
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "See diffusion at work on points of the plane",
		Long: `Train small networks on points of the plane, and paint what diffusion models do there:
how noise diffuses the density, the score that undoes it, the paths of samplers, where
Langevin dynamics fails, what the losses of score matching cost, and one network as noise,
score and drift. Where the data is a mixture of Gaussians the exact answers are beside.

The figures, for --only:
` + labFigures() + `
The data: a named set (` + strings.Join(points.Names(), ", ") + `),
a file of points (.csv, .npz), or a .png, of whose dark pixels points are drawn.
docs/three-formulations.md walks through the figures.`,
		Example: `  reverie lab                                  all of it, on eight Gaussians
  reverie lab --data moons --only score,paths  two figures of two moons
  reverie lab --data cat.png --seconds 30      longer trainings, on a drawing`,
		Args: exactly(0, "flags only"),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.data, "data", "8gaussians", "the points: a named set, or a file .csv, .npz or .png")
	fl.StringVar(&f.out, "out", "", "folder for the files, made if need be; files of the same names are replaced (default lab-NAME)")
	fl.StringSliceVar(&f.only, "only", nil, "only these figures, with commas between")
	numberVar(fl, &f.steps, "steps", within(1, 1<<30), 3000, "training steps of each network")
	numberVar(fl, &f.seconds, "seconds", table.Range{Hi: 1e6, Above: true}, 0, "train each network for so many seconds instead; the result then depends on the machine")
	fl.StringVar(&f.format, "format", lab.PNG, oneOf("format of the pictures", []string{lab.PNG, lab.SVG}))
	fl.Uint64Var(&f.seed, "seed", 0, "seed of points, weights and noise")
	fl.StringVar(&f.backend, "backend", "", backendHelp)
	return cmd
}

// labFigures lists the figures, a line each.
func labFigures() string {
	var b strings.Builder
	for _, f := range lab.Figures() {
		fmt.Fprintf(&b, "  %-12s %s\n", f.Name, f.Shows)
	}
	return b.String()
}

func (f labFlags) run(cmd *cobra.Command) error {
	o, err := f.options(cmd)
	if err != nil {
		return err
	}
	d, err := f.open()
	if err != nil {
		return err
	}
	writeNotes(cmd.ErrOrStderr(), d.Notes)
	if o.Out == "" {
		o.Out = "lab-" + d.Name
	}
	if err := makeFolder("out", o.Out); err != nil {
		return err
	}
	if o.Engine, err = openEngine(f.backend); err != nil {
		return err
	}
	defer o.Engine.Close()
	say := &labConsole{out: cmd.OutOrStdout(), err: cmd.ErrOrStderr(), spoke: time.Now()}
	say.bar = newBar(say.err, barUnits, "")
	o.Progress, o.Made = say.progress, say.made
	began := time.Now()
	err = lab.Run(cmd.Context(), d, o)
	say.bar.done()
	if err == nil {
		fmt.Fprintf(say.err, "%s in %s\n", o.Out, took(time.Since(began)))
	}
	return err
}

// options checks the flags; its errors are usage errors.
func (f labFlags) options(cmd *cobra.Command) (lab.Options, error) {
	changed := cmd.Flags().Changed
	o := lab.Options{Out: f.out, Only: f.only, Format: f.format, Seed: f.seed, Budget: lab.Budget{Steps: f.steps}}
	switch {
	case changed("only") && len(f.only) == 0:
		return o, usagef("--only is empty; give figures of %s", strings.Join(lab.FigureNames(), ", "))
	case changed("seconds") && changed("steps"):
		return o, usagef("--steps and --seconds both end a training; give one of them")
	}
	if changed("seconds") {
		o.Budget.Time = time.Duration(f.seconds * float64(time.Second))
	}
	return o, usage(o.Validate())
}

// open opens the points. A name that is no set and no file is the command line's fault.
func (f labFlags) open() (lab.Data, error) {
	d, err := lab.Open(f.data, f.seed)
	if err == nil {
		return d, nil
	}
	if errors.Is(err, os.ErrNotExist) {
		return d, inputError("data", f.data, err)
	}
	err = fmt.Errorf("--data: %w", err)
	if filepath.Ext(f.data) == "" {
		err = usage(err)
	}
	return d, err
}

// A labConsole shows a tour: the files on stdout, all else on stderr.
type labConsole struct {
	out, err io.Writer
	bar      bar
	spoke    time.Time // when the last plain line was printed
}

// progress shows what is going on.
func (c *labConsole) progress(what string, done float64) {
	if c.bar.ProgressBar != nil {
		c.bar.Describe(what)
		c.bar.set(int(done*barUnits), barUnits)
		return
	}
	if time.Since(c.spoke) >= every {
		c.spoke = time.Now()
		fmt.Fprintf(c.err, "%s, %.0f%%\n", what, 100*done)
	}
}

// made names a file.
func (c *labConsole) made(p lab.Picture) {
	if c.bar.ProgressBar != nil {
		_ = c.bar.Clear()
	}
	fmt.Fprintf(c.out, "%s: %s\n", p.File, p.Shows)
}
