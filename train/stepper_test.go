package train

import (
	"math"
	"testing"
)

// A stepper learns a batch that it is given again and again.
func TestStepper(t *testing.T) {
	c := tiny("")
	c.Loss, c.EMA = "mse", 0
	s, err := NewStepper(testEngine(t), &c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const n = 3
	input, target, cond := make([]float32, n*8*8*3), make([]float32, n*8*8*3), []float32{0, 7, 19}
	for i := range input {
		input[i], target[i] = float32(math.Sin(float64(i))), float32(math.Sin(float64(i)))/2
	}
	var losses []float64
	for range 60 {
		loss, err := s.Train(input, cond, target)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, loss)
	}
	if first, last := losses[0], losses[59]; !(last < 0.7*first) {
		t.Errorf("loss %v, then %v", first, last)
	}
}
