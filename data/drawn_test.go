package data

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/random"
)

// drawn is a set of pairs of n uniform numbers and their negatives, sample 3 being unreadable where
// bad.
func drawn(t *testing.T, n int, bad bool, o Options) *Set {
	t.Helper()
	d := Drawn{Kind: kind.OfFields(1, 2, 1), Paired: true, Seed: 9, Draw: func(_ context.Context, i int, s random.Stream, x, pair []float32) error {
		if bad && i == 3 {
			return errors.New("gone")
		}
		x[0], x[1] = float32(i), float32(s.Uniform())
		pair[0], pair[1] = -x[0], -x[1]
		return nil
	}}
	for i := range n {
		d.Info = append(d.Info, Info{Path: fmt.Sprint("sound", i), Hash: sha256.Sum256([]byte{byte(i)})})
	}
	s, err := FromDrawn(d, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// epochOf are the numbers of an epoch by their sample.
func epochOf(t *testing.T, s *Set, e Epoch) map[float32]float32 {
	t.Helper()
	all := map[float32]float32{}
	for b, err := range s.Batches(t.Context(), e) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.N {
			x := b.Image(i)
			if all[x[0]] = x[1]; b.Pair[2*i] != -x[0] || b.Pair[2*i+1] != -x[1] {
				t.Fatalf("pair %v of %v", b.Pair, b.X)
			}
		}
	}
	return all
}

// Each epoch draws each sample anew, the same for the same seed whatever the batch is, and resumed;
// outside of epochs it is always one draw.
func TestDrawn(t *testing.T) {
	s := drawn(t, 12, false, Options{})
	first := epochOf(t, s, Epoch{Seed: 1, Epoch: 0, Batch: 3})
	if len(first) != 12 {
		t.Fatalf("%d samples", len(first))
	}
	for i, u := range epochOf(t, s, Epoch{Seed: 1, Epoch: 0, Batch: 4}) {
		if first[i] != u {
			t.Errorf("sample %v is %v, then %v", i, first[i], u)
		}
	}
	for i, u := range epochOf(t, s, Epoch{Seed: 1, Epoch: 0, Batch: 3, Start: 2}) {
		if first[i] != u {
			t.Errorf("resumed: sample %v is %v, then %v", i, first[i], u)
		}
	}
	seen := map[float32]bool{}
	for _, e := range []Epoch{{Seed: 1, Batch: 3}, {Seed: 1, Epoch: 1, Batch: 3}, {Seed: 2, Batch: 3}, {Seed: 9, Batch: 3}} {
		for _, u := range epochOf(t, s, e) {
			seen[u] = true
		}
	}
	fixed, err := s.Load(t.Context(), 5, 2)
	if err != nil {
		t.Fatal(err)
	}
	for b, err := range s.All(t.Context(), 12) {
		if err != nil || b.Image(5)[1] != fixed.Image(0)[1] || b.Image(2)[1] != fixed.Image(1)[1] {
			t.Errorf("%v, then %v, %v", fixed.X, b.X, err)
		}
		for i := range b.N {
			seen[b.Image(i)[1]] = true
		}
	}
	if len(seen) != 5*12 {
		t.Errorf("%d different numbers of 60 draws", len(seen))
	}
}

// A drawn set is held out, fingerprinted and read as others are.
func TestDrawnSet(t *testing.T) {
	s := drawn(t, 40, true, Options{Val: .3})
	train, val := s.Train(), s.Val()
	if !s.Paired() || train.Len()+val.Len() != 40 || val.Len() < 4 || val.Len() > 25 {
		t.Errorf("%d held out, %d of training", val.Len(), train.Len())
	}
	if b, err := s.Load(t.Context(), 3); err != nil || b.X[0] != 4 {
		t.Errorf("%v, %v: want the next readable one", b, err)
	}
	if k := s.Skipped(); len(k) != 1 || k[0].Path != "sound3" {
		t.Errorf("skipped %v", k)
	}
	strict := drawn(t, 4, true, Options{Strict: true})
	if _, err := strict.Load(t.Context(), 3); err == nil || !strings.Contains(err.Error(), "sound3: gone") {
		t.Error(err)
	}
	prints := []string{s.Fingerprint(), train.Fingerprint(), val.Fingerprint()}
	s.st.drawn.Of = "another noise"
	prints = append(prints, s.Fingerprint())
	slices.Sort(prints)
	if len(slices.Compact(prints)) != 4 {
		t.Errorf("fingerprints %q", prints)
	}
	for want, d := range map[string]Drawn{
		"no samples":  {Kind: kind.OfFields(1, 2, 1)},
		"expected si": {Kind: kind.OfFields(0, 2, 1)},
		"form is":     {Kind: kind.Kind{Form: "smell", H: 1, W: 1, C: 1}},
	} {
		if _, err := FromDrawn(d, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
