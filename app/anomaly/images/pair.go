package images

import (
	"context"
	"fmt"
	"path"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/reverie-go/reverie/data"
)

// maskSuffix may end the name of a mask.
const maskSuffix = "_mask"

// stem is the name of a file without its extension, in the normal form of its letters, of which
// systems write several.
func stem(name string) string { return norm.NFC.String(strings.TrimSuffix(name, path.Ext(name))) }

// pair gives images their masks in a folder.
func (s *Set) pair(ctx context.Context, images []candidate, dir string) error {
	found, err := data.List(ctx, dir)
	if err != nil {
		return fmt.Errorf("masks: %w", err)
	}
	s.Skipped, s.Remarks = append(s.Skipped, found.Skipped...), append(s.Remarks, found.Remarks...)
	byStem, isImage := map[string][]int{}, map[string]bool{}
	for i, c := range images {
		isImage[c.real] = true
		byStem[stem(c.Name)] = append(byStem[stem(c.Name)], i)
	}
	for _, mask := range found.Files {
		real, err := realPath(mask.Path)
		if err != nil {
			return err
		}
		if isImage[real] {
			continue // where both lie in one folder
		}
		of, ok := byStem[stem(mask.Name)]
		if !ok {
			of, ok = byStem[strings.TrimSuffix(stem(mask.Name), maskSuffix)]
		}
		switch {
		case !ok:
			s.Unpaired = append(s.Unpaired, mask.Path)
		case len(of) > 1:
			return fmt.Errorf("images: mask %s may be that of %s and of %s: give them other names, or examine them one after the other", mask.Path, images[of[0]].Path, images[of[1]].Path)
		case images[of[0]].Mask != "":
			return fmt.Errorf("images: %s has two masks, %s and %s: expected one", images[of[0]].Path, images[of[0]].Mask, mask.Path)
		default:
			images[of[0]].Mask = mask.Path
		}
	}
	return nil
}
