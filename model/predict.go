package model

import (
	"context"
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/net"
)

// A Task is what the raw network is to be run on: as numpy and PyTorch lay arrays out.
type Task struct {
	X checkpoint.Tensor // float32 [N,C,H,W]
	T []float64         // the time of each, in the process's own
	// Class is what the network is told of each, [N] numbers or [N,K]: of a model that takes a
	// class, else it has no shape.
	Class checkpoint.Tensor
}

// ReadTask reads x and t of an npz file, and checks that the model can take them and that there is
// memory to run the network on them, batch at once. t is int64 of a table of betas, whose code
// indices it has, and float32 of a continuous process.
func (m *Model) ReadTask(z *checkpoint.NPZ, batch int) (task Task, err error) {
	if task.X, err = z.Array("x", checkpoint.F32, 4); err != nil {
		return task, err
	}
	if task.T, err = readTimes(z, m.Process); err != nil {
		return task, err
	}
	if task.Class, err = m.readClass(z, task.X.Shape[0]); err != nil {
		return task, err
	}
	in, _ := m.Net.Channels()
	switch n := task.X.Shape[0]; {
	case len(task.T) != n:
		err = fmt.Errorf("t has %d elements and x %d images; give one time for each", len(task.T), n)
	case n == 0:
		err = fmt.Errorf("x has no images")
	case task.X.Shape[1] != in:
		err = fmt.Errorf("x has %d channels, and the model takes %d: x is [N,C,H,W]", task.X.Shape[1], in)
	default:
		if err = m.Net.Check(task.X.Shape[2], task.X.Shape[3]); err == nil {
			err = m.load(n, task.X.Shape[2], task.X.Shape[3], batch).Check()
		}
	}
	if err != nil {
		return task, fmt.Errorf("%s: %w", z.Path(), err)
	}
	return task, nil
}

// load is what running the network on n images takes, batch at once.
func (m *Model) load(n, h, w, batch int) memory.Load {
	in, out := m.Net.Channels()
	l := memory.Load{Images: n, Height: h, Width: w, Batch: batch, Held: memory.Floats(h, w, in) + 2*memory.Floats(h, w, out), Fewer: "give fewer images at a time"}
	if m.VAE == nil { // x of a latent model are latents, which are small
		l.Network = func(n int) (int64, error) { return m.Memory(net.Eval, n, h, w) }
	}
	return l
}

// readClass reads class, what n samples are told to be: int64 [N] from 0 to under the number of
// them for a table, float32 [N] for numbers that are embedded as the time is, and float32 [N,K] for
// vectors. A model without classes takes none.
func (m *Model) readClass(z *checkpoint.NPZ, n int) (class checkpoint.Tensor, err error) {
	c, ok := net.ClassesOf(m.Net)
	switch {
	case !ok && slices.Contains(z.Keys(), "class"):
		return class, fmt.Errorf("%s: it has an array class, and the model was trained without classes", z.Path())
	case !ok:
		return class, nil
	case c.Numbers > 0:
		class, err = z.Array("class", checkpoint.I64, 1)
	case c.Width > 0:
		class, err = z.Array("class", checkpoint.F32, 2)
	default:
		class, err = z.Array("class", checkpoint.F32, 1)
	}
	if err != nil {
		return class, fmt.Errorf("%w; the model takes %v", err, c)
	}
	if s := class.Shape; s[0] != n || c.Width > 0 && s[1] != c.Width {
		return class, fmt.Errorf("%s: class has shape %v for %d images; the model takes %v, one for each", z.Path(), s, n, c)
	}
	if c.Numbers == 0 {
		return class, nil
	}
	numbers, err := class.I64s()
	for i, k := range numbers {
		if k < 0 || k >= int64(c.Numbers) {
			return class, fmt.Errorf("%s: class[%d] is %d; the model's are 0 to %d", z.Path(), i, k, c.Numbers-1)
		}
	}
	return class, err
}

// told is what the network is told of the k samples from number i on, as Forward takes it.
func (m *Model) told(task Task, i, k int) ([]*tensors.Tensor, error) {
	switch {
	case task.Class.Shape == nil:
		return nil, nil
	case task.Class.DType == checkpoint.I64:
		numbers, err := task.Class.I64s()
		if err != nil {
			return nil, err
		}
		return []*tensors.Tensor{engine.Vector(m.Engine, wide(numbers[i:i+k]))}, nil
	}
	flat, err := task.Class.F32s()
	if err != nil {
		return nil, err
	}
	width := len(flat) / task.Class.Shape[0]
	shape := append([]int{k}, task.Class.Shape[1:]...)
	return []*tensors.Tensor{engine.New(m.Engine, flat[i*width:(i+k)*width], shape...)}, nil
}

// readTimes reads t, which lies in the process's span: whole indices of a table of betas, else
// numbers.
func readTimes(z *checkpoint.NPZ, p reverie.Process) ([]float64, error) {
	t, err := timesOf(z, p)
	if err != nil {
		return nil, err
	}
	lo, hi := p.Span()
	for i, v := range t {
		if !(v >= float64(float32(lo)) && v <= float64(float32(hi))) {
			return nil, fmt.Errorf("%s: t[%d] is %v; the model's times are %v to %v", z.Path(), i, v, lo, hi)
		}
	}
	return t, nil
}

// timesOf reads t as the process counts time.
func timesOf(z *checkpoint.NPZ, p reverie.Process) ([]float64, error) {
	if _, ok := p.(reverie.Discrete); ok {
		times, err := z.Array("t", checkpoint.I64, 1)
		if err != nil {
			return nil, err
		}
		whole, err := times.I64s()
		return wide(whole), err
	}
	times, err := z.Array("t", checkpoint.F32, 1)
	if err != nil {
		return nil, err
	}
	single, err := times.F32s()
	return wide(single), err
}

// wide are numbers in float64.
func wide[T int64 | float32](x []T) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// Predict returns what the network says of a task, unscaled and in evaluation mode, in batches:
// float32 [N,C,H,W], or with a learned variance [N,2C,H,W], the prediction first.
func (m *Model) Predict(ctx context.Context, task Task, batch int) (checkpoint.Tensor, error) {
	n, c, h, w := task.X.Shape[0], task.X.Shape[1], task.X.Shape[2], task.X.Shape[3]
	_, outC := m.Net.Channels()
	pixels, err := task.X.F32s()
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
			cond[j] = float32(m.Process.Cond(task.T[i+j]))
		}
		images := engine.New(m.Engine, moveChannels(pixels[i*c*h*w:(i+k)*c*h*w], k, c, h*w), k, h, w, c)
		told, err := m.told(task, i, k)
		if err != nil {
			return checkpoint.Tensor{}, err
		}
		y, err := m.Forward(net.Eval, images, cond, told...)
		engine.Free(append(told, images)...)
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

// moveChannels transposes each of n matrices of rows by columns: [N,C,HW] to [N,HW,C] and back.
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
