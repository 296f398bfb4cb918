package points_test

import (
	"fmt"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/points"
)

// From a named set to a training set of unit variance, and back.
func Example() {
	c, err := points.Open("moons", points.Options{N: 2048, Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	units := points.Rescale(c.X)
	set, err := c.SetIn(units, "moons", data.Options{Val: 0.1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set)
	fmt.Println(units.Scale[0] == units.Scale[1])
	// Output:
	// 2,048 points of 2 numbers in 2 classes
	// true
}
