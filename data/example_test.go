package data_test

import (
	"context"
	"fmt"

	"github.com/reverie-go/reverie/data"
)

// Batches of the embedded smileys; data.Open does the same for folders.
func Example() {
	ctx := context.Background()
	s, err := data.Embedded(ctx, data.Options{Height: 32, Flip: true, Val: 0.15, Classes: []string{"Smileys & Emotion"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	train := s.Train()
	fmt.Println(train, "+", s.Val().Len(), "held out")
	for b, err := range train.Batches(ctx, data.Epoch{Seed: 1, Epoch: 0, Batch: 48}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(b.N, b.H, b.W, b.C, len(b.X))
	}
	// Output:
	// 142 images of 32x32x3 in 1 class + 27 held out
	// 48 32 32 3 147456
	// 48 32 32 3 147456
}
