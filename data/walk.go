package data

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// extensions are the names that image files end with, in lower case.
var extensions = []string{".png", ".jpg", ".jpeg", ".jfif", ".gif", ".webp", ".bmp", ".tif", ".tiff"}

// maxDepth bounds how deep folders nest below a root.
const maxDepth = 64

// file is an image file that was found, not yet read.
type file struct {
	fsys  fs.FS
	name  string // in fsys
	path  string // as shown
	class string // "" directly in a root
}

// listing gathers the files of several roots.
type listing struct {
	files []file
	skips []Skip
}

// walk adds the image files below fsys, which is shown as root. Names that
// begin with a dot are left out, and so are linked folders (they could lead in
// circles); a linked file counts where it lies inside the root.
func (l *listing) walk(ctx context.Context, fsys fs.FS, root string) error {
	before, others := len(l.files), 0
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		shown := filepath.Join(root, filepath.FromSlash(name))
		switch {
		case err != nil:
			l.skips = append(l.skips, Skip{shown, err})
			return fs.SkipDir
		case name != "." && strings.HasPrefix(d.Name(), "."):
			return skipIf(d.IsDir())
		case d.IsDir():
			return l.enter(name, shown)
		case !isImage(name) && d.Type()&fs.ModeSymlink == 0:
			others++
			return nil
		}
		l.add(fsys, name, shown, d)
		return nil
	})
	if err != nil {
		return fmt.Errorf("data: list folder %s: %w", root, err)
	}
	if len(l.files) == before {
		return l.empty(root, others)
	}
	return nil
}

func skipIf(dir bool) error {
	if dir {
		return fs.SkipDir
	}
	return nil
}

// enter refuses a folder that is nested too deep.
func (l *listing) enter(name, shown string) error {
	if strings.Count(name, "/") < maxDepth {
		return nil
	}
	l.skips = append(l.skips, Skip{shown, fmt.Errorf("more than %d folders deep", maxDepth)})
	return fs.SkipDir
}

// add adds one file, or says why not.
func (l *listing) add(fsys fs.FS, name, shown string, d fs.DirEntry) {
	if d.Type()&fs.ModeSymlink != 0 {
		st, err := fs.Stat(fsys, name)
		switch {
		case err == nil && st.IsDir():
			l.skips = append(l.skips, Skip{shown, errors.New("a link to a folder is not followed; give that folder as a root of its own")})
			return
		case !isImage(name):
			return
		case err != nil:
			l.skips = append(l.skips, Skip{shown, fmt.Errorf("a link that leads out of the folder or nowhere: %w", err)})
			return
		}
	}
	class, _, below := strings.Cut(name, "/")
	if !below {
		class = ""
	}
	l.files = append(l.files, file{fsys, name, shown, class})
}

func isImage(name string) bool {
	return slices.Contains(extensions, strings.ToLower(path.Ext(name)))
}

// empty is the error of a root without images.
func (l *listing) empty(root string, others int) error {
	var more string
	if others > 0 {
		more = fmt.Sprintf("; it holds %d other files", others)
	}
	if len(l.skips) > 0 {
		more += fmt.Sprintf("; left out: %v", SkipError(l.skips))
	}
	return fmt.Errorf("data: no images in %s: looked for %s in it and the folders below%s", root, strings.Join(extensions, " "), more)
}

// choose returns the files of the given classes, or all.
func (l *listing) choose(classes []string) ([]file, error) {
	if len(classes) == 0 {
		return l.files, nil
	}
	known := map[string]bool{}
	for _, f := range l.files {
		known[f.class] = true
	}
	delete(known, "")
	for _, c := range classes {
		if !known[c] {
			return nil, unknownClass(c, known)
		}
	}
	var out []file
	for _, f := range l.files {
		if f.class != "" && slices.Contains(classes, f.class) {
			out = append(out, f)
		}
	}
	return out, nil
}

func unknownClass(c string, known map[string]bool) error {
	if len(known) == 0 {
		return fmt.Errorf("data: no class %q: the images lie directly in the folder, without class folders", c)
	}
	names := make([]string, 0, len(known))
	for k := range known {
		names = append(names, fmt.Sprintf("%q", k))
	}
	sort.Strings(names)
	return fmt.Errorf("data: no class %q: the classes are %s", c, strings.Join(names, ", "))
}
