package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestSaysWhatBecomesOfImages: a run of 4 channels says where their alpha is kept, and the
// evaluation of a grey run that coloured images were made grey.
func TestSaysWhatBecomesOfImages(t *testing.T) {
	dir := t.TempDir()
	flags := func(run, channels string) []string {
		return with([]string{"train", images(t)}, "--steps", "1", "--image-channels", channels, "--val", "0", "--sample-n", "0", "--run", filepath.Join(dir, run))
	}
	ok(t, flags("clear", "4")...)
	r := ok(t, "sample", filepath.Join(dir, "clear"), "-n", "1", "--steps", "2", "--out", filepath.Join(dir, "s.png"))
	if !strings.Contains(r.err, "s.png: transparent parts are shown on white; --npz keeps their alpha") {
		t.Errorf("sample: %s", r.err)
	}
	ok(t, flags("grey", "1")...)
	r = ok(t, "eval", filepath.Join(dir, "grey"), images(t), "--metrics", "mmd", "-n", "4", "--draws", "1", "--steps", "2")
	if all := r.out + r.err; !strings.Contains(all, "16 of 16 images of colours made grey") {
		t.Errorf("eval: %s", all)
	}
}
