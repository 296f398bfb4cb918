package train

import (
	"testing"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/table"
)

// TestConfigure: a program's run on images of 16x16 is what suits them, as the command's is; preset
// lecture is an experiment that stays as it is, but for a batch that there are images for.
func TestConfigure(t *testing.T) {
	dir := images(t, 20, 16)
	for preset, want := range map[string]struct {
		size     data.Size
		channels string
		batch    int
	}{
		"small":   {data.Size{H: 16, W: 16}, "16,32,64,128", 16},
		"lecture": {data.Size{H: 128, W: 128}, "64,128,256,512,1024", 16},
	} {
		c, set, err := Configure(t.Context(), preset, dir)
		if err != nil {
			t.Fatal(err)
		}
		if got := table.Find(c.Fields(), "channels").String(); c.Resolution != want.size || got != want.channels || c.Batch != want.batch || c.Split != "pixels" {
			t.Errorf("%s: %v, channels %s, batch %d, split %s", preset, c.Resolution, got, c.Batch, c.Split)
		}
		if h, w, _ := set.Shape(); h != want.size.H || w != want.size.W {
			t.Errorf("%s: opened at %dx%d", preset, h, w)
		}
		if err := set.Close(); err != nil {
			t.Error(err)
		}
	}
}
