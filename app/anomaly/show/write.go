package show

import (
	"fmt"
	"image"
	"os"
	"path/filepath"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data/picture"
)

// Write writes the files of a case, each complete or not at all, and returns their paths. name is
// the path below dir with slashes, of which the folders are made:
//
//	NAME_map.npz      the map as it is: "map", float64 [H,W]
//	NAME_map.png      the map in colours, over its legend
//	NAME_overlay.png  the image under the map
//	NAME_healed.png   what the model would have instead, where it has something
func (c Case) Write(dir, name string, text ...picture.Text) (paths []string, err error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	local := filepath.FromSlash(name)
	if name == "" || !filepath.IsLocal(local) {
		return nil, fmt.Errorf("show: %q is no name of files in a folder: expected a path below it", name)
	}
	base := filepath.Join(dir, local)
	if err := os.MkdirAll(filepath.Dir(base), 0o777); err != nil {
		return nil, fmt.Errorf("show: %w", err)
	}
	arrays := base + "_map.npz"
	if err := checkpoint.WriteNPZ(nil, arrays, checkpoint.NamedTensor{Key: "map", Tensor: checkpoint.FromF64s(c.Map, c.H, c.W)}); err != nil {
		return nil, fmt.Errorf("show: %w", err)
	}
	paths = append(paths, arrays)
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
