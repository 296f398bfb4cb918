// Package assign solves the assignment problem: which row goes to which column, at the least cost
// of all (Least), and its entropic relaxation, how much of each row goes to each (Soft).
package assign

import (
	"fmt"
	"math"
	"slices"
)

// Least returns the assignment of rows to columns of least total cost: row i goes to column
// Least(cost)[i], every column is taken once. What rounding adds is a share of that total itself,
// however large other costs are: no other assignment is cheaper by more than about 1e-15 n of the
// sum of the sizes of the costs that it takes. cost is square, its numbers at most 1e300; else it
// panics. Its time grows with n^3 at worst; 2,048 points to 2,048 take about a second.
//
// (Jonker & Volgenant 1987, "A shortest augmenting path algorithm for dense and sparse linear
// assignment problems", started from an auction's prices.)
func Least(cost [][]float64) []int {
	for i, row := range cost {
		if len(row) != len(cost) {
			panic(fmt.Sprintf("assign: row %d has %d costs of %d", i, len(row), len(cost)))
		}
		for j, c := range row {
			if !(math.Abs(c) <= 1e300) {
				panic(fmt.Sprintf("assign: cost %d, %d is %v: expected at most 1e300", i, j, c))
			}
		}
	}
	return solve(cost).col
}

// nearEnough is how many times the least total the bound of the prices may be.
const nearEnough = 16

// solve returns the least assignment with its prices, for costs less the least of each row.
//
// Prices are rounded in proportion to their size, so they are held near the least total, which is
// what they need: at first near the total of some assignment, then, while that shows to be far too
// much, near the total of the best that was found.
func solve(cost [][]float64) *assignment {
	a := newAssignment(cost)
	for bound := a.greedy(); ; bound = a.total() {
		a.search(bound)
		if nearEnough*a.total() >= bound {
			return a
		}
	}
}

// search finds the least assignment with prices that are lowered by at most bound at once.
func (a *assignment) search(bound float64) {
	a.bound = bound
	scale := min(bound, a.reduceColumns())
	for eps := scale / 8; eps > 1e-6*scale; eps /= 6 {
		a.auction(eps)
	}
	a.tighten()
	for range 4 {
		a.reduceRows()
	}
	for i, j := range a.col {
		if j < 0 {
			a.augment(i)
		}
	}
}

// greedy returns the total of the assignment in which each row in turn takes the cheapest column
// that is left.
func (a *assignment) greedy() (total float64) {
	for i, row := range a.cost {
		best := -1
		for j, c := range row {
			if a.row[j] < 0 && (best < 0 || c < row[best]) {
				best = j
			}
		}
		a.col[i], a.row[best] = best, i
		total += row[best]
	}
	return total
}

// total returns the cost of the assignment.
func (a *assignment) total() (sum float64) {
	for i, j := range a.col {
		sum += a.cost[i][j]
	}
	return sum
}

// assignment is a partial solution and the prices that prove it: u[i] + v[j] <= cost[i][j]
// everywhere, with equality where row i goes to column j. When all rows are assigned it is
// therefore the least.
type assignment struct {
	cost     [][]float64 // at least 0, and 0 once in a row
	bound    float64     // of what a price is lowered by at once
	u, v     []float64
	col, row []int // col[i] is row i's column, row[j] column j's row; -1 for none

	// for augment
	length []float64 // of the shortest path to a column
	from   []int     // the row before it
	todo   []int     // columns whose path is not known to be shortest
	done   []int     // the others
}

func newAssignment(cost [][]float64) *assignment {
	n := len(cost)
	a := &assignment{cost: make([][]float64, n), u: make([]float64, n), v: make([]float64, n), col: make([]int, n), row: make([]int, n),
		length: make([]float64, n), from: make([]int, n), todo: make([]int, n), done: make([]int, 0, n)}
	all := make([]float64, n*n)
	for i, row := range cost {
		a.cost[i] = all[i*n : (i+1)*n]
		least := slices.Min(row)
		for j, c := range row {
			a.cost[i][j] = c - least
		}
	}
	a.free()
	return a
}

// free takes all rows from their columns.
func (a *assignment) free() {
	for i := range a.col {
		a.col[i], a.row[i] = -1, -1
	}
}

// reduceColumns frees all rows, prices every column at its least cost, and returns the range of the
// costs.
func (a *assignment) reduceColumns() (scale float64) {
	a.free()
	for i, row := range a.cost {
		for j, c := range row {
			if i == 0 || c < a.v[j] {
				a.v[j] = c
			}
		}
	}
	for _, row := range a.cost {
		for j, c := range row {
			scale = max(scale, c-a.v[j])
		}
	}
	return scale
}

// auction lets all rows bid for columns anew: a bidder takes its best column and lowers its price
// (which is what a column has to offer) to eps below what makes it as good as the second best. With
// eps falling, the prices come near to the final ones for few bids: from there paths are short. It
// ends when all have a column, or after 20 bids a row: nothing but time depends on it.
// (Bertsekas 1988, "The auction algorithm: a distributed relaxation method for the assignment
// problem".)
func (a *assignment) auction(eps float64) {
	n := len(a.cost)
	free := a.todo[:0]
	a.free()
	for i := range n {
		free = append(free, n-1-i)
	}
	for bids := 0; len(free) > 0 && bids < 20*n; bids++ {
		i := free[len(free)-1]
		free = free[:len(free)-1]
		if loser := a.bid(i, eps); loser >= 0 {
			free = append(free, loser)
		}
	}
}

// bid gives row i its best column, at a price, and returns the row that had it, or -1.
func (a *assignment) bid(i int, eps float64) (loser int) {
	j, least, second := a.twoLeast(i)
	a.v[j] -= min(second-least, a.bound) + eps
	if loser = a.row[j]; loser >= 0 {
		a.col[loser] = -1
	}
	a.col[i], a.row[j] = j, i
	return loser
}

// tighten makes every row's price as high as the columns' allow, and frees the rows that do not
// have their best column.
func (a *assignment) tighten() {
	for i, row := range a.cost {
		_, a.u[i], _ = a.twoLeast(i)
		if j := a.col[i]; j >= 0 && row[j]-a.v[j] > a.u[i] {
			a.col[i], a.row[j] = -1, -1
		}
	}
}

// reduceRows lets every free row bid for its best column, with nothing on top: whoever had it waits
// for the next call.
func (a *assignment) reduceRows() {
	for i := range a.cost {
		if a.col[i] < 0 {
			a.bid(i, 0)
		}
	}
	a.tighten()
}

// twoLeast returns the column of the least cost less price in row i, that number, and the second
// least (the least where there is none).
func (a *assignment) twoLeast(i int) (j int, least, second float64) {
	least, second = math.Inf(1), math.Inf(1)
	for k, c := range a.cost[i] {
		switch r := c - a.v[k]; {
		case r < least:
			j, least, second = k, r, least
		case r < second:
			second = r
		}
	}
	if math.IsInf(second, 1) {
		second = least
	}
	return j, least, second
}

// augment assigns the free row i along the shortest path of reduced costs to a free column
// (Dijkstra's algorithm), and moves the prices so that they prove the new assignment too.
func (a *assignment) augment(i int) {
	n := len(a.cost)
	a.todo, a.done = a.todo[:n], a.done[:0]
	for j := range n {
		a.todo[j], a.length[j] = j, math.Inf(1)
	}
	total, at, sink := 0.0, i, -1
	for sink < 0 {
		k := a.relax(at, total)
		j := a.todo[k]
		total = a.length[j]
		a.todo[k] = a.todo[len(a.todo)-1]
		a.todo = a.todo[:len(a.todo)-1]
		if at = a.row[j]; at < 0 {
			sink = j
		} else {
			a.done = append(a.done, j)
		}
	}
	a.u[i] += total
	for _, j := range a.done {
		a.u[a.row[j]] += total - a.length[j]
		a.v[j] -= total - a.length[j]
	}
	for j := sink; ; { // turn the path around
		k := a.from[j]
		a.row[j] = k
		a.col[k], j = j, a.col[k]
		if k == i {
			return
		}
	}
}

// relax shortens the paths through row i, to which the path has the given length, and returns the
// place in todo of the nearest column, a free one if several are as near.
func (a *assignment) relax(i int, length float64) (nearest int) {
	row, base, least := a.cost[i], length-a.u[i], math.Inf(1)
	for k, j := range a.todo {
		l := a.length[j]
		if r := base + row[j] - a.v[j]; r < l {
			l = r
			a.length[j], a.from[j] = r, i
		}
		if l < least || l == least && a.row[j] < 0 {
			nearest, least = k, l
		}
	}
	return nearest
}
