package show

import (
	"image"

	"github.com/reverie-go/reverie/data/picture"
)

// Sheet shows cases one below the other, each under its title: the image, what the model would have
// instead, the map over its legend, the image under the map, and the mask.
func Sheet(cases []Case, titles []string) (*image.NRGBA, error) {
	var rows []image.Image
	for i, c := range cases {
		if err := c.Check(); err != nil {
			return nil, err
		}
		healed, mask := "healed", "mask"
		if c.Healed == nil {
			healed = "healed: none"
		}
		if c.Mask == nil {
			mask = "mask: none known"
		}
		row := []image.Image{
			picture.Titled(picture.Sized(c.Input()), "input"), picture.Titled(picture.Sized(c.Better()), healed), picture.Titled(c.Legend(picture.Sized(c.Heat())), "map"),
			picture.Titled(picture.Sized(c.Overlay()), "overlay"), picture.Titled(picture.Sized(c.Lesion()), mask),
		}
		rows = append(rows, picture.Titled(picture.Strip(row, picture.Layout{Scale: 1}), titles[i]))
	}
	return picture.Stacked(rows...), nil
}
