package data

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"math"

	"golang.org/x/sync/errgroup"

	"github.com/reverie-go/reverie/kind"
)

// A Batch is N samples of one kind.
type Batch struct {
	// Kind is the set's, with the shape of a sample.
	kind.Kind
	N int
	// X holds the samples, [N,H,W,C].
	X []float32
	// Pair holds what each sample goes with, [N,H,W,C], of a set of pairs, see Set.Pair; else nil.
	Pair []float32
	// Class indexes Set.Classes, -1 for none; [N].
	Class []int
	// Index are the images' positions in the Set that made the batch; [N].
	Index []int
}

// Image returns the pixels of image i, [H,W,C], sharing X.
func (b *Batch) Image(i int) []float32 {
	n := b.Size()
	return b.X[i*n : (i+1)*n : (i+1)*n]
}

// Epoch names one pass over a Set.
type Epoch struct {
	// Seed and Epoch, from 0 to 2^32-1, determine the order of the images, their flips, and what is
	// drawn of them.
	Seed  uint64
	Epoch int
	// Start is the number of batches to leave out: resumed at Start, the rest of the epoch is what
	// it would have been, bit for bit.
	Start int
	// Batch is the number of images in a batch.
	Batch int
}

// Steps returns the batches in an epoch, floor(Len/batch): what remains at its end is dropped.
func (s *Set) Steps(batch int) int { return s.Len() / batch }

// CheckBatch reports a batch that is not positive or larger than the set.
func (s *Set) CheckBatch(batch int) error {
	if batch < 1 {
		return fmt.Errorf("data: batch %d: must be at least 1", batch)
	}
	if n := s.Len(); batch > n {
		return fmt.Errorf("data: batch %d is larger than the training set of %d %s: lower the batch to at most %d, or add %[3]s", batch, n, s.Kind().Noun(2), n)
	}
	return nil
}

// Batches returns the shuffled batches of an epoch. They are made ahead of the loop that takes
// them, Options.Prefetch at most, and the making stops when that loop does. A file that has become
// unreadable since Open is replaced by the next readable image and added to Skipped; with
// Options.Strict it ends the epoch. An error is the last thing yielded.
func (s *Set) Batches(ctx context.Context, e Epoch) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		if err := s.checkEpoch(e); err != nil {
			yield(nil, err)
			return
		}
		perm := order(s.Len(), e.Seed, e.Epoch)[e.Start*e.Batch : s.Steps(e.Batch)*e.Batch]
		s.ahead(ctx, perm, e.Batch, pass{e.Seed, e.Epoch}, yield)
	}
}

func (s *Set) checkEpoch(e Epoch) error {
	if err := s.CheckBatch(e.Batch); err != nil {
		return err
	}
	if uint64(e.Epoch) > math.MaxUint32 {
		return fmt.Errorf("data: epoch %d: must be from 0 to %d", e.Epoch, uint32(math.MaxUint32))
	}
	if n := s.Steps(e.Batch); e.Start < 0 || e.Start > n {
		return fmt.Errorf("data: start at batch %d of epoch %d: the epoch has %d batches of %d", e.Start, e.Epoch, n, e.Batch)
	}
	return nil
}

// All returns every image once, in order, not flipped and always drawn alike, in batches of which
// the last may be smaller.
func (s *Set) All(ctx context.Context, batch int) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		if batch < 1 {
			yield(nil, fmt.Errorf("data: batch %d: must be at least 1", batch))
			return
		}
		at := make([]int, s.Len())
		for i := range at {
			at[i] = i
		}
		s.ahead(ctx, at, batch, asIs, yield)
	}
}

// Load returns the images at the given positions, in that order, not flipped and always drawn
// alike.
func (s *Set) Load(ctx context.Context, at ...int) (*Batch, error) {
	return s.load(ctx, at, asIs)
}

// ahead makes the batches of at in a goroutine and yields them.
func (s *Set) ahead(ctx context.Context, at []int, batch int, how pass, yield func(*Batch, error) bool) {
	type made struct {
		b   *Batch
		err error
	}
	ctx, cancel := context.WithCancel(ctx)
	// One batch waits in the sender's hand, the others in the channel.
	c := make(chan made, s.st.o.Prefetch-1)
	go func() {
		defer close(c)
		for len(at) > 0 {
			n := min(batch, len(at))
			b, err := s.load(ctx, at[:n], how)
			select {
			case c <- made{b, err}:
			case <-ctx.Done():
			}
			if err != nil || ctx.Err() != nil {
				return
			}
			at = at[n:]
		}
	}()
	defer func() {
		cancel()
		for range c { // until the goroutine has ended
		}
	}()
	for m := range c {
		if !yield(m.b, m.err) || m.err != nil {
			return
		}
	}
	if err := ctx.Err(); err != nil {
		yield(nil, context.Cause(ctx))
	}
}

// errClosed is the error of reading images of a set that was closed.
var errClosed = fmt.Errorf("data: read images: the set is closed: %w", fs.ErrClosed)

// chunkValues is the least that is worth a goroutine of its own.
const chunkValues = 4096

// load makes one batch, its images in parallel.
func (s *Set) load(ctx context.Context, at []int, how pass) (*Batch, error) {
	if s.st.closed.Load() {
		return nil, errClosed
	}
	size := s.Kind().Size()
	b := &Batch{
		Kind: s.Kind(), N: len(at), X: make([]float32, len(at)*size),
		Class: make([]int, len(at)), Index: make([]int, len(at)),
	}
	if s.Paired() {
		b.Pair = make([]float32, len(b.X))
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(s.st.o.Workers)
	chunk := max(1, chunkValues/size)
	for first := 0; first < len(at); first += chunk {
		g.Go(func() error {
			for k := first; k < min(first+chunk, len(at)); k++ {
				if err := s.fill(ctx, b, k, at[k], how); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return b, nil
}

// fill makes place k of b image i, or the next that is readable.
func (s *Set) fill(ctx context.Context, b *Batch, k, i int, how pass) error {
	for try := range s.Len() {
		j := (i + try) % s.Len()
		item := s.index[j]
		err := s.read(ctx, b, k, item, how)
		if err == nil {
			b.Class[k], b.Index[k] = s.st.items[item].Class, j
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if s.st.closed.Load() { // the file is not to blame
			return errClosed
		}
		if s.st.skip(item, err); s.st.o.Strict {
			return fmt.Errorf("data: %s: %w", s.st.items[item].Path, err)
		}
	}
	return fmt.Errorf("data: none of the %d images can be read any more; the last was %s", s.Len(), s.Info(i).Path)
}

// read makes place k of b an item.
func (s *Set) read(ctx context.Context, b *Batch, k, item int, how pass) error {
	n := b.Size()
	var other []float32
	if s.Paired() {
		other = b.Pair[k*n : (k+1)*n : (k+1)*n]
	}
	if d := s.st.drawn; d != nil {
		return d.Draw(ctx, item, how.draws(d, item), b.Image(k), other)
	}
	flip := how.flips(s.st.o, item)
	p, err := s.st.values(ctx, item)
	if err == nil && other != nil {
		var pair values
		if pair, err = s.st.pairs.values(ctx, item); err == nil {
			pair.float(other, b.W, b.C, flip)
		}
	}
	if err == nil {
		p.float(b.Image(k), b.W, b.C, flip)
	}
	return err
}
