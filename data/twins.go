package data

import (
	"bytes"
	"crypto/sha256"
	"math"
)

// patterns are signs over the luma. The mean of the luma under each changes by no more than the
// root mean square of the change of the luma, since they are orthogonal: so looks that are near lie
// in neighbouring cells of a grid over these means.
var patterns = func() (p [4][lumaSide * lumaSide]int) {
	for i := range p[0] {
		right, low := 2*(i%lumaSide/(lumaSide/2))-1, 2*(i/lumaSide/(lumaSide/2))-1
		p[0][i], p[1][i], p[2][i], p[3][i] = 1, right, low, right*low
	}
	return p
}()

// cell is a place of that grid.
type cell [len(patterns)]int16

func (l *look) cell() (c cell) {
	for k := range c {
		sum := 0
		for i, v := range l.luma {
			sum += patterns[k][i] * int(v)
		}
		c[k] = int16(math.Floor(float64(sum) / float64(len(l.luma)) / lumaNear))
	}
	return c
}

// around calls visit with the cell and all its neighbours.
func (c cell) around(visit func(cell)) {
	for n := range 81 { // 3 to the number of patterns
		near := c
		for k := range near {
			near[k] += int16(n%3 - 1)
			n /= 3
		}
		visit(near)
	}
}

// A twinFinder groups images that look alike. The first of a kind stands for it: an image is
// compared with those only, which keeps the work in proportion to the images even where thousands
// are alike, and joins the groups of all that it is near to.
type twinFinder struct {
	mirrored, opacity bool // whether mirrored copies count, and whether opacity tells images apart
	looks             []*look
	group             []int // of each image a lower one of its group, of the lowest itself
	first             map[cell][]int
}

// twins returns for each look the first of its group.
func twins(looks []*look, mirrored, opacity bool) []int {
	f := &twinFinder{mirrored: mirrored, opacity: opacity, looks: looks, group: make([]int, len(looks)), first: map[cell][]int{}}
	for i := range looks {
		f.group[i] = i
		f.place(i)
	}
	for i := range f.group {
		f.group[i] = f.root(i)
	}
	return f.group
}

// place joins image i to the groups of those before it that look like it.
func (f *twinFinder) place(i int) {
	seen := f.join(i, f.looks[i])
	if f.mirrored {
		seen = f.join(i, f.looks[i].mirror()) || seen
	}
	if !seen {
		c := f.looks[i].cell()
		f.first[c] = append(f.first[c], i)
	}
}

// join joins image i, looking like l, to the groups that it is near to.
func (f *twinFinder) join(i int, l *look) (joined bool) {
	l.cell().around(func(c cell) {
		for _, k := range f.first[c] {
			if l.near(f.looks[k], f.opacity) {
				joined = true
				a, b := f.root(i), f.root(k)
				f.group[max(a, b)] = min(a, b)
			}
		}
	})
	return joined
}

func (f *twinFinder) root(i int) int {
	for f.group[i] != i {
		f.group[i] = f.group[f.group[i]] // shortens the way for the next
		i = f.group[i]
	}
	return i
}

// part gives every item the key by which the hold-out takes it.
func (st *store) part() {
	if st.o.Split == SplitBytes {
		for i := range st.items {
			st.items[i].key = st.items[i].Hash
		}
		return
	}
	looks := make([]*look, len(st.items))
	for i := range looks {
		looks[i], st.items[i].look = st.items[i].look, nil
	}
	for i, key := range keys(looks, twins(looks, st.o.Flip, st.o.Channels == 4)) {
		st.items[i].key = key
	}
}

// keys are what decides on which side of the hold-out each image lies: of a group the least hash of
// its looks, which does not depend on the order of the files; of one with more than half of the
// images the greatest there is, which is never held out.
func keys(looks []*look, group []int) [][sha256.Size]byte {
	key := make([][sha256.Size]byte, len(looks))
	size := make([]int, len(looks))
	for i, l := range looks {
		g, h := group[i], l.hash()
		if size[g]++; g == i || bytes.Compare(h[:], key[g][:]) < 0 {
			key[g] = h
		}
	}
	for i, g := range group {
		if key[i] = key[g]; size[g] > 1 && 2*size[g] > len(looks) {
			key[i] = [sha256.Size]byte(bytes.Repeat([]byte{255}, sha256.Size))
		}
	}
	return key
}
