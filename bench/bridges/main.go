// Command bridges measures unpaired Schroedinger bridges of Gaussians, of which all is known: round
// by round the covariance of the ends and the far variance of walks in both directions, beside
// those of the algorithm without any network and of the bridge.
//
//	go run ./bench/bridges
//
// The data are N(-0.1, I) and N(0.1, I) over Brownian motion (Shi et al. 2023, arXiv:2303.16852,
// section 6.1), in 1, 3 and 20 dimensions. What is said of a covariance and of a variance is the
// mean over the dimensions; block is the mean of the block between the ends of their joint
// precision, which of the bridge is -1/sigma^2.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
	"github.com/reverie-go/reverie/train"
	"gonum.org/v1/gonum/mat"
)

func main() {
	b := bench{ctx: context.Background()}
	flag.StringVar(&b.bridges, "bridges", "sf2m;imf;imf --first reference;ipf", "algorithms with their flags, ; between")
	flag.StringVar(&b.dims, "dims", "1,3,20", "dimensions")
	flag.Float64Var(&b.sigma, "sigma", 1, "of the Brownian motion")
	flag.IntVar(&b.rounds, "rounds", 5, "rounds")
	flag.IntVar(&b.steps, "round-steps", 2000, "training steps of a round")
	flag.StringVar(&b.more, "train", "", "more flags of train")
	flag.IntVar(&b.n, "n", 10000, "walks that are measured")
	flag.Parse()
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "bridges:", err)
		os.Exit(1)
	}
}

type bench struct {
	ctx                 context.Context
	engine              *engine.Engine
	bridges, dims, more string
	sigma               float64
	rounds, steps, n    int
}

func (b *bench) run() (err error) {
	if b.engine, err = engine.Open(""); err != nil {
		return err
	}
	defer b.engine.Close()
	fmt.Println("| d | bridge | round | exact covariance | back | forward | exact far variance | back | forward | block back | forward | mean back | forward |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, d := range strings.Split(b.dims, ",") {
		dim, err := strconv.Atoi(d)
		if err != nil {
			return err
		}
		for _, bridge := range strings.Split(b.bridges, ";") {
			if err := b.measure(dim, bridge); err != nil {
				return err
			}
		}
	}
	return nil
}

// ends are the two laws.
func ends(dim int) (from, to *mixture.Mixture, err error) {
	mean := func(m float64) [][]float64 {
		v := make([]float64, dim)
		for i := range v {
			v[i] = m
		}
		return [][]float64{v}
	}
	if from, err = mixture.New(nil, mean(-0.1), []mixture.Cov{{Var: 1}}); err != nil {
		return nil, nil, err
	}
	to, err = mixture.New(nil, mean(0.1), []mixture.Cov{{Var: 1}})
	return from, to, err
}

// exact are, of one dimension, the bridge after each round of the algorithm without a network; of
// [SF]2M there is one round, and it is the Schroedinger bridge.
func (b *bench) exact(bridge string) (all []*mixture.Bridge, err error) {
	from, to, err := ends(1)
	if err != nil {
		return nil, err
	}
	whole, err := mixture.Schroedinger(reverie.Bridge{C: b.sigma}.Pinned(), from, to)
	if err != nil {
		return nil, err
	}
	name, more, _ := strings.Cut(bridge, " ")
	switch {
	case name == "sf2m" && strings.Contains(more, "none"):
		return []*mixture.Bridge{whole.With(nil).Match()}, nil
	case name == "imf" && !strings.Contains(more, "reference"):
		for at, r := whole.With(nil), 0; r < b.rounds; r++ {
			at = at.Match()
			all = append(all, at)
		}
	case name == "imf" || name == "ipf":
		for r := range b.rounds {
			all = append(all, whole.Fit(r+1))
		}
	default:
		all = []*mixture.Bridge{whole}
	}
	return all, nil
}

func (b *bench) measure(dim int, bridge string) error {
	exact, err := b.exact(bridge)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bridges-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	run := filepath.Join(dir, "run")
	if err := b.train(run, dim, bridge, len(exact)); err != nil {
		return err
	}
	for i, law := range exact {
		m, err := model.Load(b.engine, filepath.Join(run, "checkpoints", fmt.Sprintf("step-%06d", (i+1)*b.steps)), false)
		if err != nil {
			return err
		}
		back, err := b.walk(m, dim, false)
		if err == nil {
			var forth joint
			if forth, err = b.walk(m, dim, true); err == nil {
				fmt.Printf("| %d | %s | %d | %.4f | %.4f | %.4f | %.4f | %.4f | %.4f | %.3f | %.3f | %.3f | %.3f |\n", dim, bridge, i+1,
					law.Coupling()[0][0], back.cov, forth.cov, law.At(1).CovOf(0)[0][0], back.far, forth.far, back.block, forth.block, back.mean, forth.mean)
			}
		}
		m.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// cloud are samples of a law as a data set.
func (b *bench) cloud(m *mixture.Mixture, seed uint64, n int) (x []float32) {
	for _, p := range m.Sample(random.Stream{Seed: seed, Domain: 128}, n) {
		for _, v := range p {
			x = append(x, float32(v))
		}
	}
	return x
}

// points is the number of those of each set.
const points = 50_000

// train trains a bridge and leaves a checkpoint of each round in dir.
func (b *bench) train(dir string, dim int, bridge string, rounds int) (err error) {
	given := config.Given{}
	flags := config.Flags()
	set := func(name, value string) error {
		f := table.Find(flags, name)
		if f == nil {
			return fmt.Errorf("no flag --%s", name)
		}
		given = append(given, f)
		return f.Set(value)
	}
	steps := strconv.Itoa(rounds * b.steps)
	words := []string{"--data", "points:moons", "--from", "points:moons", "--process", "bridge", "--diffusion", fmt.Sprint(b.sigma), "--steps", steps,
		"--save-every", strconv.Itoa(b.steps), "--keep", "0", "--sample-n", "0", "--sample-every", "0", "--val", "0", "--image-channels", strconv.Itoa(dim), "--bridge"}
	words = append(append(words, strings.Fields(bridge)...), strings.Fields(b.more)...)
	if strings.Contains(bridge, "imf") || strings.Contains(bridge, "ipf") {
		words = append(words, "--rounds", strconv.Itoa(rounds), "--round-steps", strconv.Itoa(b.steps))
	}
	for i := 0; i+1 < len(words); i += 2 {
		if err := set(strings.TrimPrefix(words[i], "--"), words[i+1]); err != nil {
			return err
		}
	}
	c, err := config.Begin("small", given)
	if err != nil {
		return err
	}
	if err := c.Validate(); err != nil {
		return err
	}
	from, to, err := ends(dim)
	if err != nil {
		return err
	}
	sets := make([]*data.Set, 2)
	for i, m := range []*mixture.Mixture{from, to} {
		if sets[i], err = data.FromMemory(data.Memory{Kind: kind.OfPoints(dim), X: b.cloud(m, uint64(i+1), points)}, data.Options{}); err != nil {
			return err
		}
	}
	t, err := train.New(b.ctx, b.engine, c, train.Parts{Data: sets[0], From: sets[1]})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	if err := t.Create(dir, ""); err != nil {
		return err
	}
	if err := t.Run(b.ctx); err != nil {
		return err
	}
	_, err = checkpoint.Latest(dir)
	return err
}

// joint is what is measured of walks: the covariance of the ends, the variance and the mean where
// they lead, and the block between the ends of the joint precision.
type joint struct{ cov, far, mean, block float64 }

// walk walks from fresh samples of one end.
func (b *bench) walk(m *model.Loaded, dim int, forward bool) (j joint, err error) {
	from, to, err := ends(dim)
	if err != nil {
		return j, err
	}
	start := to
	if forward {
		start = from
	}
	x := b.cloud(start, 99, b.n)
	y, err := m.Sample(b.ctx, model.Options{
		N: b.n, Batch: 2000, Seed: 7, Solver: sample.EulerMaruyama[*tensors.Tensor]{}, Steps: 50, Spacing: "linear", Forward: forward,
		Start: func(first, n int) ([]float32, error) { return x[first*dim : (first+n)*dim], nil },
	})
	if err != nil {
		return j, err
	}
	all := mat.NewDense(b.n, 2*dim, nil)
	for i := range b.n {
		for k := range dim {
			all.Set(i, k, float64(x[i*dim+k]))
			all.Set(i, dim+k, float64(y[i*dim+k]))
		}
	}
	mean := make([]float64, 2*dim)
	for k := range mean {
		for i := range b.n {
			mean[k] += all.At(i, k) / float64(b.n)
		}
		for i := range b.n {
			all.Set(i, k, all.At(i, k)-mean[k])
		}
	}
	var cov, precision mat.Dense
	cov.Mul(all.T(), all)
	cov.Scale(1/float64(b.n), &cov)
	if err := precision.Inverse(&cov); err != nil {
		return j, err
	}
	for k := range dim {
		j.cov += cov.At(k, dim+k) / float64(dim)
		j.far += cov.At(dim+k, dim+k) / float64(dim)
		j.mean += mean[dim+k] / float64(dim)
		j.block += precision.At(k, dim+k) / float64(dim)
	}
	if math.IsNaN(j.cov) {
		return j, errors.New("the walks are not finite")
	}
	return j, nil
}
