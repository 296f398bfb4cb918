package cli

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/reverie-go/reverie/data/points"
	"github.com/reverie-go/reverie/lab"
	"github.com/spf13/cobra"
)

// labFlags are what a tour of the lab takes.
type labFlags struct {
	Data    string   `flag:"data" help:"the points: a named set, or a file .csv, .npz or .png"`
	Out     string   `flag:"out" help:"folder for the files, made if need be; files of the same names are replaced (default lab-NAME)"`
	Only    []string `flag:"only" help:"only these figures, with commas between"`
	Steps   int      `flag:"steps" range:"[1,2^30]" help:"training steps of each network"`
	Seconds float64  `flag:"seconds" range:"(0,1e6]" help:"train each network for so many seconds instead; the result then depends on the machine"`
	Seed    uint64   `flag:"seed" help:"seed of points, weights and noise"`
	format  string
	backend string
}

func newLab() *cobra.Command {
	f := labFlags{Data: "8gaussians", Steps: 3000}
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
	fieldsVar(fl, &f)
	fl.StringVar(&f.format, "format", lab.PNG, oneOf("format of the pictures", []string{lab.PNG, lab.SVG}))
	fl.StringVar(&f.backend, "backend", "", backendHelp)
	return cmd
}

// labFigures lists the figures, a line each.
func labFigures() string {
	var b strings.Builder
	for _, f := range lab.Figures() {
		fmt.Fprintf(&b, "  %-14s %s\n", f.Name, f.Shows)
	}
	return b.String()
}

func (f *labFlags) run(cmd *cobra.Command) error {
	o, err := f.options(cmd.Flags().Changed)
	if err != nil {
		return usage(err)
	}
	d, err := lab.Open(f.Data, f.Seed)
	if err != nil {
		if err = inputError("data", f.Data, err); filepath.Ext(f.Data) == "" { // a name, not a file
			err = usage(err)
		}
		return err
	}
	writeNotes(cmd.ErrOrStderr(), d.Notes)
	o.Out = cmp.Or(o.Out, "lab-"+d.Name)
	if o.Engine, err = openEngine(f.backend); err != nil {
		return err
	}
	defer o.Engine.Close()
	dir, err := makeFolder("out", o.Out)
	if err != nil {
		return err
	}
	t := newTeller(cmd.ErrOrStderr())
	o.Progress = func(what string, done float64) { t.tell(what, int(done*barUnits), barUnits) }
	o.Made = func(p lab.Picture) {
		t.clear()
		fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", p.File, p.Shows)
	}
	began := time.Now()
	err = lab.Run(cmd.Context(), d, o)
	t.clear()
	if err != nil {
		dir.takeBack()
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s in %s\n", o.Out, took(time.Since(began)))
	return nil
}

// options are those of a tour, as far as the command line shows them to be sound.
func (f *labFlags) options(given func(flag string) bool) (lab.Options, error) {
	o := lab.Options{Out: f.Out, Only: f.Only, Format: f.format, Seed: f.Seed, Budget: lab.Budget{Steps: f.Steps}}
	if given("seconds") && given("steps") {
		return o, errors.New("--steps and --seconds both end a training; give one of them")
	}
	o.Budget.Time = time.Duration(f.Seconds * float64(time.Second))
	return o, o.Validate()
}
