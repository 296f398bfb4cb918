package data

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"
)

// pairs are what a set's images go with, one each.
type pairs struct {
	of   *store
	item []int // in of, of each item of the set; -1: none
}

// Pair makes s a set of pairs: each image with that of other which is called the same, whatever its
// folder and its ending are, or which has its number, where both are arrays. Batches have it then,
// see [Batch.Pair]. Images of s without one leave the set, and Remarks counts them and those of
// other that nothing goes with. Other is closed with s, also where Pair fails.
//
// It is an error where the samples are not of one kind and shape, where two of one set are called
// the same, and where nothing is left. Call it before parts of the set are taken.
func (s *Set) Pair(other *Set) error {
	closing := s.st.close
	s.st.close = func() {
		if other.Close(); closing != nil {
			closing()
		}
	}
	if err := s.Kind().Interchangeable(other.Kind()); err != nil {
		return fmt.Errorf("data: pairs: %w", err)
	}
	mine, err := s.names()
	if err != nil {
		return err
	}
	theirs, err := other.names()
	if err != nil {
		return err
	}
	p := &pairs{of: other.st, item: slices.Repeat([]int{-1}, len(s.st.items))}
	had := s.Len()
	var alone string // the first without a pair
	for name, i := range mine {
		if j, ok := theirs[name]; ok {
			p.item[i] = j
			delete(theirs, name)
		} else if alone == "" || s.st.items[i].Path < alone {
			alone = s.st.items[i].Path
		}
	}
	s.index = slices.DeleteFunc(slices.Clone(s.index), func(i int) bool { return p.item[i] < 0 })
	if s.Len() == 0 {
		return fmt.Errorf("data: pairs: no image goes with another: %s has none of its name, and %s neither; expected the same names in both, such as a/1.png and a/1.jpg", clean(alone), clean(other.Info(0).Path))
	}
	s.st.pairs = p
	for _, remark := range other.Remarks() {
		if !strings.HasPrefix(remark, labelsRemark) { // those of s count
			s.st.remarks = append(s.st.remarks, "pairs: "+remark)
		}
	}
	if n := had - s.Len(); n > 0 {
		s.st.remarks = append(s.st.remarks, fmt.Sprintf("left out %s without a pair, such as %s", english.Plural(n, s.Kind().Noun(1), s.Kind().Noun(2)), clean(alone)))
	}
	if n := len(theirs); n > 0 {
		s.st.remarks = append(s.st.remarks, fmt.Sprintf("left out %s of the pairs that nothing goes with", english.Plural(n, s.Kind().Noun(1), s.Kind().Noun(2))))
	}
	return nil
}

// Paired says whether the set is one of pairs.
func (s *Set) Paired() bool { return s.st.pairs != nil || s.st.drawn != nil && s.st.drawn.Paired }

// names are the items of the set by what a pair is known by: the path below the root without its
// ending, the number of what has no file.
func (s *Set) names() (map[string]int, error) {
	all := make(map[string]int, len(s.index))
	for _, i := range s.index {
		it := &s.st.items[i]
		name := fmt.Sprint(i)
		if it.fsys != nil {
			name = strings.TrimSuffix(it.name, path.Ext(it.name))
		}
		if other, ok := all[name]; ok {
			return nil, fmt.Errorf("data: pairs: %s and %s have one name, and which is meant is not known: rename one", clean(s.st.items[other].Path), clean(it.Path))
		}
		all[name] = i
	}
	return all, nil
}

// errPair says of an image that its pair cannot be read.
var errPair = errors.New("its pair cannot be read")

// values returns the numbers of the pair of an item.
func (p *pairs) values(ctx context.Context, item int) (values, error) {
	v, err := p.of.values(ctx, p.item[item])
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errPair, p.of.items[p.item[item]].Path, err)
	}
	return v, nil
}
