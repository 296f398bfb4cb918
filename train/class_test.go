package train

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/vae"
)

// classFolders are images in folders of their classes: of the first six each, of the second eight,
// and two that lie in none.
func classFolders(t *testing.T) string {
	t.Helper()
	dir, all := t.TempDir(), images(t, 16, 8)
	for i, name := range slices.Sorted(maps.Keys(contents(t, all))) {
		to := dir
		switch {
		case i < 6:
			to = filepath.Join(dir, "bird")
		case i < 14:
			to = filepath.Join(dir, "fish")
		}
		if err := os.MkdirAll(to, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(all, name), filepath.Join(to, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// told is tiny on classFolders, told the classes.
func told(dir string) config.Run {
	c := tiny(dir)
	c.ClassCond, c.ClassDrop = true, 0.3
	put(&c, "arch", "unet")
	return c
}

// TestClassesKept: a model knows the classes of its data by name, with how many of each it was
// trained on, and whether it has learned what there is without one.
func TestClassesKept(t *testing.T) {
	dir := classFolders(t)
	for _, share := range []float64{0.3, 0} {
		c := told(dir)
		c.ClassDrop = share
		tr := start(t, c)
		want := tr.images.ClassCounts()
		run(t, tr)
		m, err := model.Load(testEngine(t), tr.Dir, false)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		for _, r := range records(t, tr.Dir) {
			if (r.Val == nil) != (r.ValNull == nil) || r.Val != nil && *r.Val == *r.ValNull {
				t.Errorf("step %d: validation %v, without classes %v", r.Step, r.Val, r.ValNull)
			}
		}
		if !slices.Equal(m.Kind.Classes, want) || len(want) != 2 || want[0].Name != "bird" || want[0].Samples == 0 {
			t.Errorf("classes %v, want %v", m.Kind.Classes, want)
		}
		if !m.Null { // two images are of no class
			t.Errorf("no null class after a share %v", share)
		}
	}
	c := told(dir)
	c.ClassDrop, c.DataClass = 0, []string{"bird", "fish"}
	tr := prepare(t, c)
	defer closed(t, tr)
	if tr.learnsNull() {
		t.Error("a null class of which nothing was learned")
	}
}

// TestResumeTold: a run that learns classes goes on bit for bit.
func TestResumeTold(t *testing.T) {
	dir := classFolders(t)
	whole := told(dir)
	w := start(t, whole)
	run(t, w)
	first := interrupted(t, whole, 4)
	run(t, resume(t, whole, first.Dir))
	sameRun(t, first.Dir, w.Dir)
}

// TestClassCondRefused: data without classes or of a single one, and networks that are told none.
func TestClassCondRefused(t *testing.T) {
	dir := classFolders(t)
	for want, change := range map[string]func(c *config.Run){
		"--class-cond: the images have no classes":          func(c *config.Run) { c.Data = []string{images(t, 14, 8)} },
		`--class-cond: all images are of one class, "fish"`: func(c *config.Run) { c.DataClass = []string{"fish"} },
		`--class-cond: class 0: the name of a class holds control characters: "a\x01"; give the class another name`: func(c *config.Run) {
			if err := os.Rename(filepath.Join(classFolders(t), "bird"), filepath.Join(dir, "a\x01")); err != nil {
				t.Fatal(err)
			}
			c.DataClass = []string{"a\x01", "fish"}
		},
		"--class-cond: networks of --arch vae are told no class; give --arch simpleunet or unet": func(c *config.Run) {
			put(c, "arch", "vae", "latent-channels", "2", "likelihood", "gaussian", "beta", "1")
			c.Sampler = config.Sampler{}
		},
	} {
		c := told(dir)
		change(&c)
		set, err := c.Open(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = New(t.Context(), testEngine(t), &c, Parts{Data: set}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
		set.Close()
	}
}

// TestLatentClasses: each latent is of its image's class, mirrored or not.
func TestLatentClasses(t *testing.T) {
	x := make([]float32, 5*8*8*3)
	for i := range x {
		x[i] = float32(i%7)/7 - 0.5
	}
	class := []int{2, 0, -1, 1, 2}
	set, err := data.FromMemory(data.Memory{Kind: kind.OfImages(8, 8, 3), X: x, Classes: []string{"a", "b", "c"}, Class: class}, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tr := prepare(t, tinyVAE(images(t, 14, 8), "vae"))
	defer closed(t, tr)
	n := tr.learner.Net.(vae.Autoencoder)
	a := model.NewAutoencoder(testEngine(t), n, net.Initial(n, 1, dtypes.Float32))
	for _, flip := range []bool{false, true} {
		codes, err := encodeSet(a, set, flip)
		if err != nil {
			t.Fatal(err)
		}
		latents, err := codes.set(set, 1)
		if err != nil {
			t.Fatal(err)
		}
		all := make([]int, latents.Len())
		for i := range all {
			all[i] = i
		}
		b, err := latents.Load(t.Context(), all...)
		want := class
		if flip {
			want = append(slices.Clone(class), class...)
		}
		if err != nil || !slices.Equal(b.Class, want) || !slices.Equal(latents.Classes(), set.Classes()) {
			t.Errorf("classes %v of %v, %v; want %v", b.Class, latents.Classes(), err, want)
		}
	}
}
