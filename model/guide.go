package model

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/guide"
)

// guiding is what guides may use in a walk under process p.
func (m *Model) guiding(o Options, space *engine.Recycler, p reverie.Process) guide.Setup[*tensors.Tensor] {
	weaker := func(run string) (reverie.Denoiser[*tensors.Tensor], error) {
		weak, err := m.other(run)
		if err != nil {
			return nil, err
		}
		var d reverie.Denoiser[*tensors.Tensor] = weak.Denoiser(space, o.Mode)
		if !reflect.DeepEqual(weak.Process, p) {
			d = reverie.Transfer(space, weak.Process, p, d)
		}
		return d, nil
	}
	classifying := func(path string) (guide.Classifier[*tensors.Tensor], error) {
		labels, err := m.Labels(o)
		if err != nil {
			return nil, err
		}
		return m.guidingClassifier(path, labels, space, p)
	}
	return guide.Setup[*tensors.Tensor]{Space: space, Process: p, Class: m.Kind.ClassNumber, Denoiser: weaker, Classifier: classifying}
}

// other is another model, of the same samples, that a guide asks for: loaded once, and closed with
// m.
func (m *Model) other(run string) (*Loaded, error) {
	if l, ok := m.others[run]; ok {
		return l, nil
	}
	if err := hasStep(run); err != nil {
		return nil, err
	}
	l, err := Load(m.Engine, AtStep(run), false)
	if err != nil {
		return nil, err
	}
	if err := m.alike(l.Model); err != nil {
		l.Close()
		return nil, fmt.Errorf("%s: %w", l.Found.Model, err)
	}
	if m.others == nil {
		m.others = map[string]*Loaded{}
	}
	m.others[run] = l
	return l, nil
}

// alike says whether o is a model of the samples that m is of, with the same classes.
func (m *Model) alike(o *Model) error {
	h, w := max(m.Kind.H, o.Kind.H), max(m.Kind.W, o.Kind.W)
	a, b := m.Kind.Sized(h, w), o.Kind.Sized(h, w)
	switch {
	case o.Spec.Patch > 0:
		return ErrPatch
	case (m.VAE == nil) != (o.VAE == nil) || m.VAE != nil && !sameLatents(m.VAE, o.VAE):
		return errors.New("it works on other latents")
	case a.Interchangeable(b) != nil:
		return a.Interchangeable(b)
	case sameNoise(m.Spec, o.Spec) != nil:
		return sameNoise(m.Spec, o.Spec)
	case m.Conditional() && !o.Conditional():
		return errors.New("it was trained without classes, and the model with: expected a weaker model of the same classes")
	case o.Conditional() && !slices.Equal(a.ClassNames(), b.ClassNames()):
		return errors.New("it was trained on other classes")
	}
	return nil
}

// sameLatents says whether two autoencoders scale as many numbers alike, as one and the same does.
func sameLatents(a, b *Autoencoder) bool {
	shift, factor := a.Net.Scale()
	shift2, factor2 := b.Net.Scale()
	_, _, z := a.Net.Latent(1, 1)
	_, _, z2 := b.Net.Latent(1, 1)
	return shift == shift2 && factor == factor2 && z == z2
}

// AtStep is the path that a name of a run stands for: of RUN@STEP the checkpoint of that step, else
// the path itself.
func AtStep(path string) string {
	run, step, ok := cutStep(path)
	if !ok {
		return path
	}
	return filepath.Join(run, "checkpoints", fmt.Sprintf("step-%06d", step))
}

// cutStep parts RUN@STEP.
func cutStep(path string) (run string, step uint64, ok bool) {
	i := strings.LastIndex(path, "@")
	if i < 0 {
		return path, 0, false
	}
	step, err := strconv.ParseUint(path[i+1:], 10, 40)
	return path[:i], step, err == nil
}

// hasStep is an error for RUN@STEP of a run that has no checkpoint of that step, with those that it
// has.
func hasStep(path string) error {
	run, step, ok := cutStep(path)
	if !ok || isFolder(AtStep(path)) || !isFolder(run) {
		return nil
	}
	all, err := checkpoint.List(run)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("%s: there is no checkpoint of step %d: %s has none", path, step, run)
	}
	var steps []string
	for _, e := range all {
		steps = append(steps, fmt.Sprint(e.Step))
	}
	return fmt.Errorf("%s: there is no checkpoint of step %d: %s has %s %s", path, step, run, english.PluralWord(len(steps), "that of step", "those of steps"), english.WordSeries(steps, "and"))
}

// IsRun says whether there is a folder at a path, or of RUN@STEP at RUN.
func IsRun(path string) bool {
	run, _, ok := cutStep(path)
	return isFolder(AtStep(path)) || ok && isFolder(run)
}

func isFolder(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}
