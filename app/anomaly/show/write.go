package show

import (
	"fmt"
	"image"
	"os"
	"path/filepath"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data/picture"
)

// WriteMap writes dir/NAME_map.npz: the map [H,W] as it is, float64 "map". name is the path below
// dir with slashes, of which the folders are made.
func WriteMap(dir, name string, m []float64, h, w int) error {
	base, err := under(dir, name)
	if err != nil {
		return err
	}
	if err := checkpoint.WriteNPZ(nil, base+"_map.npz", checkpoint.NamedTensor{Key: "map", Tensor: checkpoint.FromF64s(m, h, w)}); err != nil {
		return fmt.Errorf("show: %w", err)
	}
	return nil
}

// WritePictures writes the pictures of a case, each complete or not at all, and returns their
// paths; dir and name are those of WriteMap:
//
//	NAME_map.png      the map in colours, over its legend
//	NAME_overlay.png  the image under the map
//	NAME_healed.png   what the model would have instead, where there is that
func (c Case) WritePictures(dir, name string, text ...picture.Text) (paths []string, err error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	base, err := under(dir, name)
	if err != nil {
		return nil, err
	}
	type drawn struct {
		suffix string
		img    image.Image
	}
	all := []drawn{{"_map.png", c.Legend(c.Heat())}, {"_overlay.png", c.Overlay()}}
	if c.Healed != nil {
		all = append(all, drawn{"_healed.png", c.Better()})
	}
	for _, p := range all {
		if err := picture.Write(base+p.suffix, p.img, text...); err != nil {
			return nil, err
		}
		paths = append(paths, base+p.suffix)
	}
	return paths, nil
}

// under is the path of a name below dir, whose folder is made.
func under(dir, name string) (base string, err error) {
	local := filepath.FromSlash(name)
	if name == "" || !filepath.IsLocal(local) {
		return "", fmt.Errorf("show: %q is no name of files in a folder: expected a path below it", name)
	}
	base = filepath.Join(dir, local)
	if err := os.MkdirAll(filepath.Dir(base), 0o777); err != nil {
		return "", fmt.Errorf("show: %w", err)
	}
	return base, nil
}
