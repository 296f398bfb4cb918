package grad

import (
	"cmp"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// A factor is an operand of a product, its axes listed by role:
//
//	y[batch, left.free, right.free] = sum_s left[batch, left.free, s] right[batch, right.free, s]
//
// Entry i of one factor's batch or sum meets entry i of the other's; free is ascending.
type factor struct {
	x                *graph.Node
	batch, sum, free []int
}

// dotRule is the gradient of Dot and DotGeneral with respect to both factors, a DotGeneral each:
// that of one factor sums v times the other factor over the other's free axes. GoMLX's own rule
// writes the same sum as ReduceSum of a Mul of both, broadcast to all axes at once: as many numbers
// as the product has multiplications, for attention several times the work of the rest of a
// network.
func dotRule(node, v *graph.Node) []*graph.Node {
	l, r := factorsOf(node)
	first := len(l.batch) // axis of v
	second := first + len(l.free)
	return []*graph.Node{
		l.grad(r, v, count(second, len(r.free))),
		r.grad(l, v, count(first, len(l.free))),
	}
}

// factorsOf reads the axes of a Dot, which sums over the left one's last and the right one's first,
// or of a DotGeneral.
func factorsOf(node *graph.Node) (l, r factor) {
	l.x, r.x = node.Inputs()[0], node.Inputs()[1]
	if node.Type() == graph.NodeTypeDot {
		l.sum, r.sum = []int{l.x.Rank() - 1}, []int{0}
	} else {
		s := settings(node)
		l.sum, l.batch = s.ints("lhsContractingAxes"), s.ints("lhsBatchAxes")
		r.sum, r.batch = s.ints("rhsContractingAxes"), s.ints("rhsBatchAxes")
	}
	l.free, r.free = l.rest(), r.rest()
	return l, r
}

// rest returns the axes that are neither batch nor summed over.
func (f factor) rest() []int {
	return slices.DeleteFunc(count(0, f.x.Rank()), func(a int) bool {
		return slices.Contains(f.batch, a) || slices.Contains(f.sum, a)
	})
}

// grad is the adjoint of the product in f, where o is the other factor and over lists the axes of v
// that are o's free ones. Either of v and o may come first; the one that leaves more of the
// result's last axes in place needs no transpose, or one that moves longer runs.
func (f factor) grad(o factor, v *graph.Node, over []int) *graph.Node {
	batch, sum := count(0, len(f.batch)), f.sumAscendingIn(o)
	direct, swapped := slices.Concat(f.batch, f.free, sum), slices.Concat(f.batch, sum, f.free)
	if settled(swapped) > settled(direct) {
		return arrange(graph.DotGeneral(o.x, o.free, o.batch, v, over, batch), swapped)
	}
	return arrange(graph.DotGeneral(v, over, batch, o.x, o.free, o.batch), direct)
}

// sumAscendingIn returns the axes that f is summed over in the order of o's axes that they meet:
// the order in which a product of o that does not sum over them has them.
func (f factor) sumAscendingIn(o factor) []int {
	turns := count(0, len(f.sum))
	slices.SortFunc(turns, func(i, j int) int { return cmp.Compare(o.sum[i], o.sum[j]) })
	for i, turn := range turns {
		turns[i] = f.sum[turn]
	}
	return turns
}

// arrange transposes x, whose axis i is axis order[i] of the result; x itself where all are in
// place.
func arrange(x *graph.Node, order []int) *graph.Node {
	if settled(order) == len(order) {
		return x
	}
	from := make([]int, len(order))
	for i, a := range order {
		from[a] = i
	}
	return graph.TransposeAllAxes(x, from...)
}

// settled is how many of the last axes are in place.
func settled(order []int) int {
	for i := len(order) - 1; i >= 0; i-- {
		if order[i] != i {
			return len(order) - 1 - i
		}
	}
	return len(order)
}

// count returns n integers from first on.
func count(first, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = first + i
	}
	return out
}
