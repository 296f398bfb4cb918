package formulation

import (
	"fmt"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// DDPM is the discrete chain over a table of betas, reverie.DDPM.
type DDPM struct {
	Timesteps int      `flag:"timesteps" range:"[1,100000]" help:"T, the number of time steps" group:"Formulation"`
	Schedule  Schedule `flag:"schedule" of:"schedule" help:"noise schedule" group:"Formulation"`

	Betas   []float64 // the table itself, in place of the schedule's; nil: the schedule's
	ZeroSNR bool      // the table is rescaled by reverie.ZeroSNR
}

// Row implements table.Row.
func (*DDPM) Row() table.Info {
	return table.Info{Name: "ddpm", Text: "discrete chain over a table of betas, Ho et al. 2020"}
}

// Process implements Process.
func (d *DDPM) Process() (reverie.Process, error) { return d.Chain() }

// Chain is Process by its own type.
func (d *DDPM) Chain() (*reverie.DDPM, error) {
	beta, err := d.Betas, error(nil)
	if beta == nil {
		beta, err = d.Schedule.Betas(d.Timesteps)
	}
	if err != nil {
		return nil, err
	}
	if d.ZeroSNR {
		beta = reverie.ZeroSNR(beta)
	}
	return reverie.NewDDPM(beta)
}

// String implements Process.
func (d *DDPM) String() string {
	switch {
	case d.ZeroSNR:
		plain := *d
		plain.ZeroSNR = false
		return plain.String() + ", rescaled to no signal at the end"
	case d.Betas != nil:
		return fmt.Sprintf("ddpm, T = %d, a table of betas of its own", d.Timesteps)
	}
	return fmt.Sprintf("ddpm, T = %d, %v", d.Timesteps, d.Schedule)
}

// MoreSignal says what leaves more of it at the end.
func (d *DDPM) MoreSignal() string {
	if is(d.Schedule, "cosine") {
		return "another --process"
	}
	return "a smaller --beta-end or fewer --timesteps"
}

// Validate reports a schedule that is no table of betas.
func (d *DDPM) Validate() error {
	_, err := d.Schedule.Betas(d.Timesteps)
	return err
}
