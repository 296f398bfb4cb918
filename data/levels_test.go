package data

import (
	"context"
	"image"
	"testing"

	"github.com/reverie-go/reverie/kind"
)

// Images of 8 bits have 256 levels; a set with a file of more has none, in all its parts; what is
// in memory says itself what it is.
func TestLevels(t *testing.T) {
	dir := folder(t, 8)
	levelsOf := func() *Set {
		t.Helper()
		s, err := Open(context.Background(), []string{dir}, Options{Height: 4, Width: 6, Channels: 3, Val: 0.3})
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Load(context.Background(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if s.Train().Kind().Levels != s.Kind().Levels || s.Val().Kind().Levels != s.Kind().Levels || s.Subset([]int{1}).Kind().Levels != s.Kind().Levels || b.Levels != s.Kind().Levels {
			t.Errorf("the parts of a set of %d levels have %d, %d, %d and a batch %d", s.Kind().Levels, s.Train().Kind().Levels, s.Val().Kind().Levels, s.Subset([]int{1}).Kind().Levels, b.Levels)
		}
		return s
	}
	if got := levelsOf().Kind().Levels; got != 256 {
		t.Errorf("files of 8 bits have %d levels", got)
	}
	write(t, dir, "a/deep.png", pngOf(t, image.NewGray16(image.Rect(0, 0, 6, 4))))
	if got := levelsOf().Kind().Levels; got != 0 {
		t.Errorf("with a file of 16 bits there are %d levels", got)
	}
	for _, want := range []int{0, 256} {
		if s := mustMemory(t, Memory{Kind: kind.Kind{H: 1, W: 1, C: 2, Ranged: true, Levels: want}, X: []float32{1, -1}}, Options{}); s.Kind().Levels != want {
			t.Errorf("memory of %d levels says %d", want, s.Kind().Levels)
		}
	}
	if _, err := FromMemory(Memory{Kind: kind.Kind{H: 1, W: 1, C: 1, Ranged: true, Levels: 7}, X: []float32{1}}, Options{}); err == nil {
		t.Error("7 levels are taken")
	}
}
