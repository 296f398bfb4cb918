package cli

import (
	"fmt"
	"time"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/model"
	"github.com/spf13/cobra"
)

// predictOptions are the flags of predict.
type predictOptions struct {
	Model   string `flag:"model" help:"a run, checkpoint or model folder"`
	In      string `flag:"in" help:"the npz file with x and t"`
	Out     string `flag:"out" help:"write the npz file with out here"`
	Raw     bool   `flag:"raw" help:"the last weights, not their average"`
	batch   int
	backend string
}

func newPredict() *cobra.Command {
	o := new(predictOptions)
	cmd := &cobra.Command{
		Use:   "predict --model RUN --in in.npz --out out.npz",
		Short: "Run the raw network on arrays",
		Long: `Run the network, in evaluation mode, on the arrays of an npz file: x float32
[N,C,H,W] and t [N]: of a table of betas int64, the code index 0 to T-1; of a
continuous process float32, in its own time. The output, out float32 [N,C,H,W],
is what the network says, unscaled: to compare with other programs; with a
learned variance it is [N,2C,H,W], the prediction first. Of a model that is told
classes the file has class, too: int64 [N], the class's number, or float32, the
number or the vector [N,K] that stands for it.
Any size that the network takes will do, whatever it was trained on. In Python:

  numpy.savez("in.npz", x=x.astype("float32"), t=t.astype("int64"))`,
		Example: `  reverie predict --model runs/emoji-1 --in in.npz --out out.npz
  reverie predict --model models/lecture --in in.npz --out out.npz --batch 4`,
		Args: exactly(0, "no arguments, only flags"),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	fieldsVar(f, o)
	numberVar(f, &o.batch, "batch", batches, 16, "images at once")
	f.StringVar(&o.backend, "backend", "", backendHelp)
	return cmd
}

func (o *predictOptions) run(cmd *cobra.Command) error {
	in, out := output{"in", o.In}, output{"out", o.Out}
	if err := missing(output{"model", o.Model}, in, out); err != nil {
		return err
	}
	e, err := begin(o.backend, in, out)
	if err != nil {
		return err
	}
	defer e.Close()
	m, err := model.Load(e, o.Model, o.Raw)
	if err != nil {
		return err
	}
	defer m.Close()
	task, err := readNPZ(o.In, func(z *checkpoint.NPZ) (model.Task, error) { return m.ReadTask(z, o.batch) })
	if err != nil {
		return err
	}
	fmt.Fprintln(cmd.ErrOrStderr(), m.Describe())
	began := time.Now()
	y, err := m.Predict(cmd.Context(), task, o.batch)
	if err != nil {
		return err
	}
	if err := writeArray(cmd, o.Out, "out", y); err != nil {
		return err
	}
	fmt.Fprintln(cmd.ErrOrStderr(), "took", took(time.Since(began)))
	return nil
}
