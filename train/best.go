package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/internal/jsonfile"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/sample"
)

// bestFile is the record of the best checkpoint in a run folder. The checkpoint stays where it is,
// and pruning spares it: nothing is copied.
const bestFile = "best.json"

// maxBest bounds a best.json that is read back.
const maxBest = 1 << 12

// A Best says which checkpoint of a run was the best by the metric of --best.
type Best struct {
	Metric string  `json:"metric"`
	Value  float64 `json:"value"` // lower is better
	Step   int64   `json:"step"`
	Judged int64   `json:"judged"` // step of the last checkpoint that was compared with it
}

// ReadBest reads a run's record; nil if it has none.
func ReadBest(runDir string) (*Best, error) {
	text, err := checkpoint.ReadRunFile(runDir, bestFile, maxBest)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w; without it the next checkpoint begins a new record", err)
	}
	b := new(Best)
	if err := jsonfile.Strict(text, b); err != nil {
		return nil, fmt.Errorf("%s: %w; remove it, and the next checkpoint begins a new record", filepath.Join(runDir, bestFile), err)
	}
	return b, nil
}

// BestCheckpoint returns the folder of a run's best checkpoint.
func BestCheckpoint(runDir string) (string, error) {
	b, err := ReadBest(runDir)
	if err != nil {
		return "", err
	}
	if b == nil {
		return "", fmt.Errorf("%s keeps no best checkpoint: train with --best, such as --best swd", runDir)
	}
	list, err := checkpoint.List(runDir)
	if err != nil {
		return "", err
	}
	for _, e := range list {
		if e.Step == b.Step {
			return e.Path, nil
		}
	}
	return "", fmt.Errorf("%s: its best checkpoint, of step %d, is gone", runDir, b.Step)
}

// The samples that are drawn to judge a checkpoint: images by 25 steps of DDIM, points by 50.
const (
	judgedImages, judgedPoints = 128, 1000
	judgedSteps                = 25
)

// readBest takes up a resumed run's record, if it is of this metric and its checkpoint is still
// there. Of another metric it is put aside: numbers of different metrics do not compare.
func (t *Trainer) readBest() error {
	b, err := ReadBest(t.Dir)
	if err != nil || b == nil {
		return err
	}
	_, err = BestCheckpoint(t.Dir)
	if err != nil || b.Metric != t.Config.Best {
		return nil
	}
	t.best, t.judged = b, int(max(b.Judged, b.Step)) // an older record does not say
	return nil
}

// spared are the steps whose checkpoints pruning leaves.
func (t *Trainer) spared() []int64 {
	if t.best == nil {
		return nil
	}
	return []int64{t.best.Step}
}

// judge measures the weights of the checkpoint that was just saved, unless that was done, and
// records it if it is the best so far. A failure is noted: it must not end a run.
func (t *Trainer) judge(ctx context.Context) {
	if t.Config.Best == "" || t.lost || t.saved != t.learner.Steps || t.judged == t.saved || ctx.Err() != nil {
		return
	}
	lost := t.lost
	value, err := t.measured(ctx)
	t.lost = lost // a loss of held-out images that is not finite is no reason to stop
	if err == nil && (math.IsNaN(value) || math.IsInf(value, 0)) {
		err = fmt.Errorf("it is %v", value)
	}
	if err == nil {
		err = t.record(t.compared(value))
	}
	switch {
	case err == nil:
		t.judged = t.saved
	case ctx.Err() == nil:
		t.note("--best %s: the checkpoint of step %d was not judged: %v", t.Config.Best, t.saved, err)
	}
}

// compared is the record after the checkpoint that was just saved was found to have that value.
func (t *Trainer) compared(value float64) *Best {
	b := &Best{Metric: t.Config.Best, Value: value, Step: int64(t.saved)}
	if t.best != nil && !(value < t.best.Value) {
		*b = *t.best
	}
	b.Judged = int64(t.saved)
	return b
}

// record writes best.json: also where the best one stays the best, so that a run which stops
// between a save and its judgement knows on resume what is left to do.
func (t *Trainer) record(b *Best) error {
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	if err := writeFile(t.files, filepath.Join(t.Dir, bestFile), append(text, '\n')); err != nil {
		return err
	}
	t.best = b
	return nil
}

// measured is what the judge says of the weights that would be sampled from: the validation loss,
// or the distance of samples to the held-out images.
func (t *Trainer) measured(ctx context.Context) (float64, error) {
	judge, err := eval.Judges.Find(t.Config.Best)
	if err != nil {
		return 0, err
	}
	if judge.Metric == nil {
		v, err := t.validate()
		if err != nil || v == nil {
			return 0, err
		}
		return *v, nil
	}
	if err := t.preview.Use(t.learner.State.Sampling(false)); err != nil {
		return 0, err
	}
	o := t.judgedOptions()
	x, err := t.preview.Sample(ctx, o)
	if err != nil {
		return 0, err
	}
	heldOut, err := evalImages(ctx, t.heldOut)
	if err != nil {
		return 0, err
	}
	samples := eval.Images{N: o.N, Kind: heldOut.Kind, Pix: x}
	return judge.Rank(ctx, samples.Rounded(), heldOut, t.Config.Seed)
}

// judgedOptions are the same for every checkpoint, and so is the noise.
func (t *Trainer) judgedOptions() model.Options {
	c := t.Config
	o := model.Options{
		N: judgedImages, Height: c.Resolution.H, Width: c.Resolution.W, Batch: min(c.Batch, judgedImages),
		Seed: c.Seed + pictureSeed, Solver: new(sample.DDIM[*tensors.Tensor]), Steps: judgedSteps, Clamp: "x0", Start: t.start,
	}
	if t.images.Kind().Vector() {
		o.N, o.Batch, o.Steps = judgedPoints, judgedPoints, 2*judgedSteps
	}
	if !t.train.Kind().Ranged {
		o.Clamp = "none"
	}
	if n := c.TableLength(); n > 0 {
		o.Steps = min(o.Steps, n)
	}
	return o
}

// maxJudged bounds the held-out images that are compared with.
const maxJudged = 2048

// evalImages reads images spread evenly over a set, maxJudged at most.
func evalImages(ctx context.Context, s *data.Set) (eval.Images, error) {
	h, w, c := s.Shape()
	m := eval.Images{N: min(s.Len(), maxJudged), Kind: kind.OfImages(h, w, c).Real()}
	at := make([]int, m.N)
	for i := range at {
		at[i] = i * s.Len() / m.N // evenly: the order is that of the paths, class by class
	}
	b, err := s.Load(ctx, at...)
	if err != nil {
		return m, err
	}
	m.Pix = b.X
	return m, nil
}

// suitsJudge says whether --best can judge samples of a kind.
func suitsJudge(c *config.Run, k kind.Kind) error {
	if c.Best == "" {
		return nil
	}
	judge, err := eval.Judges.Find(c.Best)
	if err != nil {
		return err
	}
	if err := judge.Suits(k); err != nil {
		return fmt.Errorf("--best %w", err)
	}
	return nil
}

// checkBest says whether the run has what --best compares with.
func (t *Trainer) checkBest() error {
	if t.Config.Best != "" && t.heldOut.Len() == 0 {
		return fmt.Errorf("--best %s compares with held-out images, and none of these are: give a larger --val, or leave it out", t.Config.Best)
	}
	return suitsJudge(t.Config, t.images.Kind())
}
