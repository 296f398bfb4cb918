package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
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
	x, t, err := readTask(o.in, m)
	if err != nil {
		return err
	}
	if err := o.load(m, x.Shape[0], x.Shape[2], x.Shape[3]).check(); err != nil {
		return fmt.Errorf("%s: %w", o.in, err)
	}
	fmt.Fprintln(cmd.ErrOrStderr(), describe(m))
	began := time.Now()
	out, err := predict(cmd.Context(), m, x, t, o.batch)
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

// readTask reads x and t, and checks that the model can take them.
func readTask(path string, m *model.Loaded) (x checkpoint.Tensor, t []float64, err error) {
	z, err := checkpoint.OpenNPZ(path)
	if err != nil {
		return x, nil, inputError("in", path, err)
	}
	defer z.Close()
	if x, err = z.Array("x", checkpoint.F32, 4); err != nil {
		return x, nil, err
	}
	if t, err = readTimes(z, path, m.Process); err != nil {
		return x, nil, err
	}
	in, _ := m.Net.Channels()
	switch {
	case len(t) != x.Shape[0]:
		return x, nil, fmt.Errorf("%s: t has %d elements and x %d images; give one time for each", path, len(t), x.Shape[0])
	case x.Shape[0] == 0:
		return x, nil, fmt.Errorf("%s: x has no images", path)
	case x.Shape[1] != in:
		return x, nil, fmt.Errorf("%s: x has %d channels, and the model takes %d: x is [N,C,H,W]", path, x.Shape[1], in)
	}
	if err := m.Net.Check(x.Shape[2], x.Shape[3]); err != nil {
		return x, nil, fmt.Errorf("%s: %w", path, err)
	}
	return x, t, nil
}

// readTimes reads t, which lies in the process's span: whole indices of a table of betas, else numbers.
func readTimes(z *checkpoint.NPZ, path string, p reverie.Process) ([]float64, error) {
	var t []float64
	if _, ok := p.(reverie.Discrete); ok {
		times, err := z.Array("t", checkpoint.I64, 1)
		if err != nil {
			return nil, err
		}
		whole, err := times.I64s()
		if err != nil {
			return nil, err
		}
		for _, v := range whole {
			t = append(t, float64(v))
		}
	} else {
		times, err := z.Array("t", checkpoint.F32, 1)
		if err != nil {
			return nil, err
		}
		single, err := times.F32s()
		if err != nil {
			return nil, err
		}
		for _, v := range single {
			t = append(t, float64(v))
		}
	}
	lo, hi := p.Span()
	for i, v := range t {
		if !(v >= float64(float32(lo)) && v <= float64(float32(hi))) {
			return nil, fmt.Errorf("%s: t[%d] is %v; the model's times are %v to %v", path, i, v, lo, hi)
		}
	}
	return t, nil
}

// predict runs the network on x [N,C,H,W] in batches.
func predict(ctx context.Context, m *model.Loaded, x checkpoint.Tensor, t []float64, batch int) (checkpoint.Tensor, error) {
	n, c, h, w := x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]
	_, outC := m.Net.Channels()
	pixels, err := x.F32s()
	if err != nil {
		return checkpoint.Tensor{}, err
	}
	out := make([]float32, n*outC*h*w)
	for i := 0; i < n; i += batch {
		if err := ctx.Err(); err != nil {
			return checkpoint.Tensor{}, err
		}
		k := min(batch, n-i)
		cond := make([]float32, k)
		for j := range cond {
			cond[j] = float32(m.Process.Cond(t[i+j]))
		}
		images := engine.New(m.Engine, moveChannels(pixels[i*c*h*w:(i+k)*c*h*w], k, c, h*w), k, h, w, c)
		y, err := m.Forward(net.Eval, images, cond)
		engine.Free(images)
		if err != nil {
			return checkpoint.Tensor{}, err
		}
		err = tensors.ConstFlatData(y, func(flat []float32) { copy(out[i*outC*h*w:], moveChannels(flat, k, h*w, outC)) })
		engine.Free(y)
		if err != nil {
			return checkpoint.Tensor{}, err
		}
	}
	return checkpoint.FromF32s(out, n, outC, h, w), nil
}

// moveChannels transposes each of n matrices of rows by columns: [N,C,HW] to
// [N,HW,C] and back.
func moveChannels(x []float32, n, rows, columns int) []float32 {
	out := make([]float32, len(x))
	for i := range n {
		at := i * rows * columns
		for r := range rows {
			for c := range columns {
				out[at+c*rows+r] = x[at+r*columns+c]
			}
		}
	}
	return out
}
