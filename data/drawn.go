package data

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/random"
)

// Drawn is a data set whose samples are drawn anew for each epoch, such as segments of recordings
// at random places.
type Drawn struct {
	// Kind says what the samples are, their shape among it.
	kind.Kind
	// Info is what is known of each sample; its Hash decides on which side of the hold-out it lies.
	Info []Info
	// Of says what else the samples depend on, for Set.Fingerprint.
	Of string
	// Seed is of the samples outside of epochs: those of Set.All and Set.Load are the same at each
	// call.
	Seed uint64
	// Draw writes sample i to x, [H,W,C], and of pairs what it goes with to pair, else nil, by the
	// numbers of a stream that is of this sample in this epoch. It is called by several goroutines.
	Draw func(ctx context.Context, i int, draws random.Stream, x, pair []float32) error
	// Paired says that the samples are pairs.
	Paired bool
	// Skipped are files that were left out, and Remarks say what a person should know of how the
	// others were read: see Set.Skipped and Set.Remarks.
	Skipped []Skip
	Remarks []string
}

// FromDrawn makes a Set of d's samples in their order. It behaves as one that Open has opened, but
// the values are taken as they are. Of o, Val, Strict, Workers and Prefetch count.
//
// An error names what in d or o cannot be used.
func FromDrawn(d Drawn, o Options) (*Set, error) {
	if err := o.validateUse(); err != nil {
		return nil, err
	}
	switch err := d.Kind.Validate(); {
	case err != nil:
		return nil, fmt.Errorf("data: %w", err)
	case d.Size() < 1:
		return nil, fmt.Errorf("data: %v: expected sides and channels of at least 1", d.Kind)
	case len(d.Info) == 0 || d.Draw == nil:
		return nil, errors.New("data: no samples to draw")
	}
	st := newStore(Options{
		Height: d.H, Width: d.W, Channels: d.C,
		Val: o.Val, Strict: o.Strict, Workers: o.Workers, Prefetch: o.Prefetch, CacheBytes: -1,
	}.withDefaults())
	st.kind, st.drawn, st.remarks, st.bad = d.Kind, &d, d.Remarks, d.Skipped
	s := &Set{st: st, index: make([]int, len(d.Info))}
	st.items = make([]item, len(d.Info))
	for i, info := range d.Info {
		s.index[i] = i
		st.items[i] = item{Info: info, key: info.Hash}
		st.items[i].Class = -1
	}
	return s, nil
}

// A pass is how images are read: as they are, or, of an epoch, mirrored and drawn at random.
type pass struct {
	seed  uint64
	epoch int // outside: of none
}

// outside is the epoch of what is read outside of epochs, for no epoch reaches it.
const outside = -1

// asIs reads images as they are.
var asIs = pass{epoch: outside}

// flips says whether the pass mirrors an item.
func (p pass) flips(o Options, item int) bool {
	return p.epoch != outside && o.Flip && mirrored(p.seed, p.epoch, item)
}

// draws is the stream that an item of d is drawn by: outside of epochs that of a sample that no
// epoch has.
func (p pass) draws(d *Drawn, item int) random.Stream {
	s := random.Stream{Seed: p.seed, Domain: random.Augment, Sample: uint64(item), Step: uint32(p.epoch)}
	if p.epoch == outside {
		s.Seed, s.Step = d.Seed, 0
		s.Sample += math.MaxUint32 + 1
	}
	return s
}
