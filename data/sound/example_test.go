package sound_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/reverie-go/reverie/data/sound"
)

// A recording is written, and read block by block.
func ExampleNewReader() {
	var file bytes.Buffer
	clipped, err := sound.Write(&file, [][]float64{{0, 0.5, -0.25, 1.5, -1}}, 8000, sound.PCM16)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println("clipped:", clipped)
	r, err := sound.NewReader(&file)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(r.File, r.Rate, r.Channels, r.Coding, r.Len)
	block := [][]float64{make([]float64, 2)}
	for {
		n, err := r.Read(block)
		if errors.Is(err, io.EOF) {
			break
		}
		fmt.Printf("%.2f\n", block[0][:n])
	}
	// Output:
	// clipped: 1
	// WAV 8000 1 pcm16 5
	// [0.00 0.50]
	// [-0.25 1.00]
	// [-1.00]
}
