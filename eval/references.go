package eval

import (
	"context"
	"errors"
	"fmt"

	"github.com/dustin/go-humanize"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/random"
)

// References are what samples are compared with.
type References struct {
	HeldOut, Training *Set // nil: none
	Withheld          *Set // the model's own held-out samples, by which memorisation is judged; nil: none
	Changed           bool // the data have changed since the training: Training is not what was trained on
}

// Of is one of the sets, for what all have in common; nil if there is none.
func (r *References) Of() *Set {
	if r.HeldOut != nil {
		return r.HeldOut
	}
	return r.Training
}

// A Reader reads references. Note is told what a person should know, Warn what the numbers cannot
// be read without.
type Reader struct {
	Seed       uint64 // of what is left out of very large sets
	Note, Warn func(text string)
}

// All compares with all of a set: nobody knows what was trained on.
func (r *Reader) All(ctx context.Context, s *data.Set) (*References, error) {
	all, err := r.read(ctx, s, "held-out")
	return &References{HeldOut: all}, err
}

// Own compares with the data that the model of that name was trained on, what was held out apart
// from the rest. changed says that they are not the same any more, which the reader warns of.
func (r *Reader) Own(ctx context.Context, s *data.Set, name string, changed bool) (*References, error) {
	if changed {
		r.Warn(fmt.Sprintf("the data are not those that %s was trained on, which have changed since: to training is to what they are now, and nothing is said of memorisation", name))
	}
	training, err := r.read(ctx, s.Train(), "training")
	if err != nil {
		return nil, err
	}
	out := &References{Training: training, Changed: changed}
	if s.Val().Len() == 0 {
		r.Note("nothing was held out (train --val): what compares with that is left out")
		return out, nil
	}
	out.HeldOut, err = r.read(ctx, s.Val(), "held-out")
	if !changed {
		out.Withheld = out.HeldOut
	}
	return out, err
}

// Foreign compares with all of a set that the model of that name was not trained on, and beside it
// with the model's own data, which own opens, if their training samples still have the fingerprint.
func (r *Reader) Foreign(ctx context.Context, s *data.Set, name, of string, own func() (*data.Set, error), fingerprint string) (*References, error) {
	r.Note(fmt.Sprintf("%s was not trained on %s: all of it is compared with, and the data of the run beside", name, of))
	out, err := r.All(ctx, s)
	if err != nil {
		return nil, err
	}
	s, err = own()
	if err == nil && s.Train().Fingerprint() != fingerprint {
		err = errors.New("they have changed since the training")
	}
	if err != nil {
		r.Warn(fmt.Sprintf("the run's own data cannot be compared with, so nothing is said of memorisation: %v", err))
		return out, nil
	}
	if out.Training, err = r.read(ctx, s.Train(), "training"); err != nil || s.Val().Len() == 0 {
		return out, err
	}
	out.Withheld, err = r.read(ctx, s.Val(), "withheld")
	return out, err
}

// mostReferences is how many samples of so many bytes a set that is compared with has at most:
// those of a quarter of the memory that there is, for there are up to three sets, and room is left
// for what the metrics make of them.
func mostReferences(have memory.Limit, each int64) int {
	const share, unknown = 4, 2 << 30
	bytes := have.Bytes / share
	if bytes <= 0 {
		bytes = unknown
	}
	return int(max(1, bytes/each))
}

// read reads a set; of a very large one as much as fits, drawn at random.
func (r *Reader) read(ctx context.Context, s *data.Set, name string) (*Set, error) {
	k := s.Kind()
	each := memory.Product(k.Size(), 4)
	if k.Scale != nil {
		each *= 3 // beside what the network takes, float64 in their own units
	}
	if most := mostReferences(memory.Available(), each); s.Len() > most {
		r.Note(fmt.Sprintf("of the %s in the %s set %s are compared with, drawn at random", humanize.Comma(int64(s.Len())), name, humanize.Comma(int64(most))))
		s = s.Subset(random.Stream{Seed: r.Seed, Domain: random.Evaluation, Sample: 1 << 40}.Perm(s.Len())[:most])
	}
	m, err := Read(ctx, s)
	if err != nil {
		return nil, err
	}
	return NewSet(name, m, s.Fingerprint()), nil
}
