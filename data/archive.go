package data

import (
	"archive/zip"
	"context"
	"fmt"
	"io/fs"

	"github.com/reverie-go/reverie/internal/regular"
	"github.com/reverie-go/reverie/internal/sniff"
)

// isArchive says whether a path is that of a zip archive.
func isArchive(path string) bool {
	kind, err := sniff.File(path)
	return err == nil && kind == sniff.Zip
}

// archive lists the images of a zip archive as those of a folder. The archive stays open.
func (l *listing) archive(ctx context.Context, path string) error {
	f, st, err := regular.Open(path)
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	l.open = append(l.open, f)
	z, err := zip.NewReader(f, st.Size())
	if err != nil {
		return fmt.Errorf("data: %s: damaged zip archive: %w; copy or download it again", path, err)
	}
	return l.walk(ctx, z, "", path)
}

// maxPackedBytes bounds an image file in an archive, which may unpack to a thousand times what it
// takes there.
const maxPackedBytes = 1 << 26

// mostBytes bounds an image file.
func mostBytes(fsys fs.FS) int64 {
	if _, packed := fsys.(*zip.Reader); packed {
		return maxPackedBytes
	}
	return maxFileBytes
}
