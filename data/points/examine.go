package points

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
)

// leastSpread is the least distance between two numbers of a column that does not vanish when it is
// squared.
const leastSpread = 1e-140

// examined opens a file of points and examines them.
func examined(path string, open func(path string) (*Cloud, error)) (*Cloud, error) {
	c, err := open(path)
	if err != nil {
		return nil, err
	}
	if err := c.examine(); err != nil {
		return nil, fmt.Errorf("points: %s: %w", path, err)
	}
	return c, nil
}

// examine notes what is odd about points of a file: columns that hold one number, and points that
// come more than once. Numbers that differ by too little to be computed with are an error.
func (c *Cloud) examine() error {
	var constant []string
	for j := range c.Dim() {
		least, most := c.Extent(j)
		switch {
		case least == most && len(c.X) > 1:
			constant = append(constant, fmt.Sprintf("%s is %v", c.Column(j), least))
		case least < most && most-least < leastSpread:
			return fmt.Errorf("the numbers of %s differ by %v at most, too little to be squared: multiply them", c.Column(j), most-least)
		}
	}
	if len(constant) > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("the same in all %d points, of which there is nothing to learn: %s", len(c.X), list(constant, "%s")))
	}
	if n := c.copies(); n > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("%d of %d points are equal to one before them; equal points are held out together", n, len(c.X)))
	}
	return nil
}

// Extent returns the least and the most of number j of the points.
func (c *Cloud) Extent(j int) (least, most float64) {
	least, most = math.Inf(1), math.Inf(-1)
	for _, x := range c.X {
		least, most = min(least, x[j]), max(most, x[j])
	}
	return least, most
}

// Column names number j of a point.
func (c *Cloud) Column(j int) string {
	if c.Columns == nil {
		return fmt.Sprintf("column %d", j+1)
	}
	return fmt.Sprintf("column %.40q", c.Columns[j])
}

// copies counts the points that are equal to an earlier one.
func (c *Cloud) copies() int {
	seed := maphash.MakeSeed()
	hashes := make([]uint64, len(c.X))
	var raw []byte
	for i, x := range c.X {
		raw = raw[:0]
		for _, v := range x {
			raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v+0)) // -0 is 0
		}
		hashes[i] = maphash.Bytes(seed, raw)
	}
	slices.Sort(hashes)
	return len(hashes) - len(slices.Compact(hashes))
}
