package data

import (
	"context"
	"crypto/sha256"
	"io/fs"
	"sort"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/kind"
)

// store is what the Sets cut from one opened set share.
type store struct {
	o       Options // with defaults
	kind    kind.Kind
	source  []float64 // the samples in the kind's units
	remarks []string
	classes []string
	left    left
	tally   tally
	builtIn bool // the images inside the program
	items   []item
	pairs   *pairs       // nil: the set is none of pairs, or drawn
	drawn   *Drawn       // nil: the samples are read
	room    atomic.Int64 // bytes of Options.CacheBytes still free
	// decoding bounds the memory of all decoders together; see decodeCost.
	decoding *semaphore.Weighted
	most     int64        // of decodeCost at one moment
	limit    memory.Limit // of this process
	close    func()       // lets go of the folders; nil: there are none
	closed   atomic.Bool

	mu   sync.Mutex
	bad  []Skip
	late map[int]bool // items in bad since Open
}

// item is a readable image.
type item struct {
	Info
	fsys fs.FS
	name string // in fsys
	deep bool   // of more than 8 bits
	by   int    // what its class is from, see tally
	kept values
	key  [sha256.Size]byte // decides on which side of the hold-out it lies
}

// values are an image's numbers as a store holds them.
type values interface {
	// float writes them to dst, [H,W,C] of width w and c channels, mirrored left to right if flip.
	float(dst []float32, w, c int, flip bool)
	bytes() int64
}

func newStore(o Options) *store {
	st := &store{o: o, late: map[int]bool{}, limit: memory.Available(), most: o.MaxPixels}
	if have := st.limit.Bytes; have > 0 {
		st.most = min(st.most, max(1, have/(2*8))) // half of what there is
	}
	st.decoding = semaphore.NewWeighted(st.most)
	st.room.Store(max(o.CacheBytes, 0))
	return st
}

// values returns the numbers of an item, from memory where they are kept.
func (st *store) values(ctx context.Context, i int) (values, error) {
	it := &st.items[i]
	if it.kept != nil {
		return it.kept, nil
	}
	p, _, err := st.read(ctx, it.fsys, it.name)
	return p, err
}

// keep holds p in memory if the budget has room.
func (st *store) keep(it *item, p values) {
	if n := p.bytes(); st.room.Add(-n) >= 0 {
		it.kept = p
	} else {
		st.room.Add(n)
	}
}

func (st *store) cached() (images int, bytes int64) {
	for i := range st.items {
		if p := st.items[i].kept; p != nil {
			images++
			bytes += p.bytes()
		}
	}
	return images, bytes
}

// skip notes that an item of the set cannot be read any more, once.
func (st *store) skip(i int, err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.late[i] {
		st.late[i] = true
		st.bad = append(st.bad, Skip{st.items[i].Path, err})
	}
}

func (st *store) skipped() []Skip {
	st.mu.Lock()
	defer st.mu.Unlock()
	s := append([]Skip(nil), st.bad...)
	sort.SliceStable(s, func(i, j int) bool { return s[i].Path < s[j].Path })
	return s
}
