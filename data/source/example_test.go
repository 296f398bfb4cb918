package source_test

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie/data/source"
)

// What a name stands for is told before it is opened, as far as it is known then.
func Example() {
	names := []string{"points:moons"}
	_, claim, err := source.Of(names)
	if err != nil {
		fmt.Println(err)
		return
	}
	set, err := source.Open(context.Background(), names, source.Options{Val: 0.1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer set.Close()
	fmt.Println(claim.Kind.Noun(2))
	fmt.Println(set)
	// Output:
	// points
	// 10,000 points of 2 numbers in 2 classes
}
