package data

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"
)

// TestReadImage: one file reads as it does in a set.
func TestReadImage(t *testing.T) {
	dir := folder(t, 3)
	o := Options{Height: 3, Width: 5, Channels: 4, Flip: true}
	s := mustOpen(t, o, dir)
	want, err := s.Load(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := ReadImage(t.Context(), s.Info(1).Path, o)
	if err != nil || !slices.Equal(got, want.X) {
		t.Errorf("%v, %v; want %v", got, err, want.X)
	}
	missing := filepath.Join(dir, "none.png")
	if _, _, err = ReadImage(t.Context(), missing, o); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	wantError(t, err, missing)
	_, _, err = ReadImage(t.Context(), dir, o)
	wantError(t, err, "not a regular file")
	_, _, err = ReadImage(t.Context(), missing, Options{Channels: 2})
	wantError(t, err, "channels 2")
}
