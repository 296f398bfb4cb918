package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/train"
)

// work is our side: it builds the workload's model and makes one step for each line of its standard
// input.
func work(spec string, threads int, profile string) error {
	var w workload
	if err := json.Unmarshal([]byte(spec), &w); err != nil {
		return err
	}
	before, err := resident("VmRSS")
	if err != nil {
		return err
	}
	step, err := newStep(w, threads)
	if err != nil {
		return err
	}
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	out := json.NewEncoder(os.Stdout)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		began := time.Now()
		if err := step(); err != nil {
			return err
		}
		took := time.Since(began).Seconds()
		peak, err := resident("VmHWM")
		if err != nil {
			return err
		}
		if err := out.Encode(reply{Seconds: took, Bytes: peak - before}); err != nil {
			return err
		}
	}
	return nil
}

// newStep returns the workload's step.
func newStep(w workload, threads int) (func() error, error) {
	c, err := config.Preset(w.Preset)
	if err != nil {
		return nil, err
	}
	c.Resolution, c.Batch, c.EMA = data.Size{H: w.Size, W: w.Size}, w.Batch, 0 // PyTorch keeps no average
	e, err := engine.Open(fmt.Sprintf("simd:threads=%d", threads))
	if err != nil {
		return nil, err
	}
	images := make([]float32, w.Batch*w.Size*w.Size*3)
	for i := range images {
		images[i] = float32(i%255)/127.5 - 1
	}
	cond := make([]float32, w.Batch)
	for i := range cond {
		cond[i] = float32(i * 7 % 300)
	}
	if w.Kind == "train" {
		return newTraining(e, &c, images, cond)
	}
	return newForward(e, &c, images, cond)
}

// newTraining returns a training step from host memory to host memory, towards the images
// themselves.
func newTraining(e *engine.Engine, c *config.Run, images, cond []float32) (func() error, error) {
	n, err := denoiser(c)
	if err != nil {
		return nil, err
	}
	ones := slices.Repeat([]float64{1}, len(cond))
	how := learn.Plain{
		In: func(*data.Batch, learn.Place) ([]*tensors.Tensor, error) {
			x := func() *tensors.Tensor {
				return engine.New(e, images, len(cond), c.Resolution.H, c.Resolution.W, c.ImageChannels)
			}
			return []*tensors.Tensor{x(), engine.New(e, cond, len(cond)), x(), engine.Vector(e, ones)}, nil
		},
		Of: func(v *net.Vars, in []*graph.Node) *graph.Node {
			return learn.Each(c.Loss.(learn.Loss), n.Forward(v, net.Input{X: in[0], Cond: in[1]}), in[2], in[3])
		},
	}
	l := learn.New(e, n, how, train.Options(c))
	return func() error {
		_, err := l.Step(nil, c.LR)
		return err
	}, l.Draw()
}

// denoiser is the network of a configuration.
func denoiser(c *config.Run) (net.Model, error) {
	n, err := train.Network(c, c.Kind())
	if err != nil {
		return nil, err
	}
	m, ok := n.(net.Model)
	if !ok {
		return nil, fmt.Errorf("architecture %s makes no predictions", n.Arch())
	}
	return m, nil
}

// newForward returns a forward pass from host memory to host memory.
func newForward(e *engine.Engine, c *config.Run, images, cond []float32) (func() error, error) {
	n, err := denoiser(c)
	if err != nil {
		return nil, err
	}
	m := model.New(e, n, nil, nil, net.Initial(n, c.Seed, dtypes.Float32))
	out := make([]float32, len(images))
	return func() error {
		x := engine.New(e, images, len(cond), c.Resolution.H, c.Resolution.W, c.ImageChannels)
		defer engine.Free(x)
		y, err := m.Forward(net.Eval, x, cond)
		if err != nil {
			return err
		}
		defer engine.Free(y)
		return tensors.ConstFlatData(y, func(flat []float32) { copy(out, flat) })
	}, nil
}

// resident reads a field of /proc/self/status, in bytes.
func resident(field string) (int64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("memory is measured on Linux: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(line, field+":"); ok {
			var kib int64
			_, err := fmt.Sscan(v, &kib)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/self/status has no %s", field)
}
