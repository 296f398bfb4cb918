package checkpoint

import (
	"fmt"
	"testing"
)

// fullWidth is a checkpoint of the lecture's network: 62,438,883 parameters, the largest tensor of
// 2048x1024x3x3, their average and both moments.
func fullWidth() *Checkpoint {
	w := map[string]Tensor{}
	left := 62_438_883
	for i := 0; left > 0; i++ {
		n := min(left, 2048*1024*9>>(i%4))
		w[fmt.Sprintf("w%02d", i)] = Tensor{DType: F32, Shape: []int{n}}
		left -= n
	}
	c := sample(1, 0)
	c.Weights, c.EMA, c.Optimizer = w, w, &Optimizer{Step: 1, Moments: map[string]map[string]Tensor{"exp_avg": w, "exp_avg_sq": w}}
	c.Fill = func(_ Part, _ string, dst []byte) error {
		for i := range dst {
			dst[i] = byte(i)
		}
		return nil
	}
	return c
}

// BenchmarkFullWidth saves and loads a checkpoint of 1 GB, tensor by tensor; B/op is what that
// takes besides the tensors themselves.
func BenchmarkFullWidth(b *testing.B) {
	run, c := b.TempDir(), fullWidth()
	var dir string
	b.Run("save", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(4 * 4 * 62_438_883)
		for b.Loop() {
			var err error
			if dir, err = Save(nil, run, c); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("load", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(4 * 4 * 62_438_883)
		for b.Loop() {
			if _, err := Load(dir, Each(func(Part, string, Tensor) error { return nil })); err != nil {
				b.Fatal(err)
			}
		}
	})
}
