package cli

import (
	"fmt"
	"time"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/noise"
	"github.com/reverie-go/reverie/table"
	"github.com/reverie-go/reverie/train"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const backendHelp = "compute backend, such as simd or simd:threads=1 (default $REVERIE_BACKEND, then simd)"

// maxPixelsVar defines the flag that admits large images.
func maxPixelsVar(f *pflag.FlagSet, n *int) {
	numberVar(f, n, "max-pixels", config.RangeOf("max-pixels"), 0, "leave out images with more pixels, unread (0: 100 million); decoding takes up to 8 bytes for each")
}

// processFlags are the flags that describe a table of betas, the settings of process ddpm, and the
// noise.
type processFlags struct {
	formulation.DDPM
	Noise  noise.Noise `flag:"noise" of:"noise" help:"noise that the process adds" group:"Formulation"`
	fields []*table.Field
}

// add gives cmd the flags, with the lecture's values as defaults.
func (p *processFlags) add(cmd *cobra.Command) {
	row, err := formulation.Processes.New("ddpm")
	if err != nil {
		panic(err) // it is one of the rows
	}
	p.DDPM = *row.(*formulation.DDPM)
	p.Timesteps = 300
	p.Noise = noise.Gaussian
	p.fields = table.All(p)
	for _, f := range p.fields {
		fieldVar(cmd.Flags(), f)
	}
}

// spec is the table of betas with the prediction and variance of Ho et al.
func (p *processFlags) spec() formulation.Spec {
	return formulation.Spec{Process: &p.DDPM, Prediction: formulation.Eps, Noise: p.Noise, Variance: "posterior"}
}

// process checks the flags of cmd and returns the chain; its errors are usage errors.
func (p *processFlags) process(cmd *cobra.Command) (*reverie.DDPM, error) {
	given := changed(p.fields, cmd.Flags())
	err := table.Take(p, given)
	for _, f := range given {
		if err == nil {
			err = table.Unused(p, f.Name)
		}
	}
	if err == nil {
		err = table.Check(p)
	}
	if err == nil {
		err = p.Validate()
	}
	if err != nil {
		return nil, usage(err)
	}
	chain, err := p.Chain()
	return chain, usage(err)
}

// of names the schedule, and the noise where it is not the standard normal.
func (p *processFlags) of() string {
	of := p.Schedule.Row().Name
	if !noise.Standard(p.Noise) {
		of += ", " + noise.Name(p.Noise) + " noise"
	}
	return of
}

// text are the chunks of a picture that say which table it was made with.
func (p *processFlags) text() []picture.Text {
	return append([]picture.Text{{Key: "Software", Value: "reverie " + version()}}, picture.Texts(p.spec().Text())...)
}

// tableLength is the length of a process's table of betas, 0 where it has none.
func tableLength(p reverie.Process) int {
	if d, ok := p.(reverie.Discrete); ok {
		return d.Steps()
	}
	return 0
}

// openEngine opens the backend that --backend names, or the default one. Only the flag makes a bad
// name the command line's fault.
func openEngine(backend string) (*engine.Engine, error) {
	e, err := engine.Open(backend)
	if err != nil && backend != "" {
		return nil, usagef("--backend: %w", err)
	}
	return e, err
}

// took is a duration as it is printed.
func took(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

const bestHelp = "the run's best checkpoint, which train --best keeps, not its newest"

// bestOf is the best checkpoint of a run if asked for, else the path itself.
func bestOf(path string, best bool) (string, error) {
	if !best {
		return path, nil
	}
	return train.BestCheckpoint(path)
}

// cropOf is how a run's images were made to fit; CropNone where there is no run, "".
func cropOf(run string) (data.Crop, error) {
	if run == "" {
		return data.CropNone, nil
	}
	c, err := config.Read(run)
	if err != nil || c.Crop != "center" {
		return data.CropNone, err
	}
	return data.CropCenter, nil
}

// needSize refuses options without the size of images, of a model that does not say it.
func needSize(p model.Options, m *model.Loaded) error {
	if p.Height == 0 && m.Kind.H == 0 {
		return fmt.Errorf("%s does not say which size its images have; give --resolution", m.Found.Model)
	}
	return nil
}
