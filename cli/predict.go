package cli

import (
	"fmt"
	"time"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/spf13/cobra"
)

// predictOptions are the flags of predict.
type predictOptions struct {
	model, in, out, backend string
	raw                     bool
	batch                   int
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
learned variance it is [N,2C,H,W], the prediction first.
Any size that the network takes will do, whatever it was trained on. In Python:

  numpy.savez("in.npz", x=x.astype("float32"), t=t.astype("int64"))`,
		Example: `  reverie predict --model runs/emoji-1 --in in.npz --out out.npz
  reverie predict --model models/lecture --in in.npz --out out.npz --batch 4`,
		Args: exactly(0, "no arguments, only flags"),
		RunE: func(cmd *cobra.Command, _ []string) error { return predictFunc(cmd, o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.model, "model", "", "a run, checkpoint or model folder")
	f.StringVar(&o.in, "in", "", "the npz file with x and t")
	f.StringVar(&o.out, "out", "", "write the npz file with out here")
	f.BoolVar(&o.raw, "raw", false, "the last weights, not their average")
	numberVar(f, &o.batch, "batch", batches, 16, "images at once")
	f.StringVar(&o.backend, "backend", "", backendHelp)
	return cmd
}

func predictFunc(cmd *cobra.Command, o *predictOptions) error {
	for _, f := range []struct{ name, value string }{{"model", o.model}, {"in", o.in}, {"out", o.out}} {
		if f.value == "" {
			return usagef("--%s is missing", f.name)
		}
	}
	if err := checkNames(output{"in", o.in}, output{"out", o.out}); err != nil {
		return err
	}
	e, err := openEngine(o.backend)
	if err != nil {
		return err
	}
	defer e.Close()
	if err := checkWritable(output{"out", o.out}); err != nil {
		return err
	}
	m, err := model.Load(e, o.model, o.raw)
	if err != nil {
		return err
	}
	defer m.Close()
	task, err := o.read(m)
	if err != nil {
		return err
	}
	fmt.Fprintln(cmd.ErrOrStderr(), describe(m))
	began := time.Now()
	out, err := m.Predict(cmd.Context(), task, o.batch)
	if err != nil {
		return err
	}
	if err := checkpoint.WriteNPZ(nil, o.out, checkpoint.NamedTensor{Key: "out", Tensor: out}); err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), o.out)
	fmt.Fprintln(cmd.ErrOrStderr(), "took", took(time.Since(began)))
	return nil
}

// load is what running the network on n images takes.
func (o *predictOptions) load(m *model.Loaded, n, h, w int) load {
	in, out := m.Net.Channels()
	l := load{images: n, h: h, w: w, batch: o.batch, held: floats(h, w, in) + 2*floats(h, w, out), fewer: "give fewer images at a time"}
	if m.VAE == nil { // x of a latent model are latents, which are small
		l.network = networkOf(m, net.Eval, h, w)
	}
	return l
}

// read reads the arrays of --in, for whose running there must be memory.
func (o *predictOptions) read(m *model.Loaded) (task model.Task, err error) {
	z, err := checkpoint.OpenNPZ(o.in)
	if err != nil {
		return task, inputError("in", o.in, err)
	}
	defer z.Close()
	if task, err = m.ReadTask(z); err != nil {
		return task, err
	}
	x := task.X.Shape
	if err := o.load(m, x[0], x[2], x[3]).check(); err != nil {
		return task, fmt.Errorf("%s: %w", o.in, err)
	}
	return task, nil
}
