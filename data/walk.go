package data

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// extensions are the names that image files end with, in lower case.
var extensions = []string{".png", ".jpg", ".jpeg", ".jfif", ".gif", ".webp", ".bmp", ".tif", ".tiff"}

// system are the files and folders, beside those whose name begins with a dot, that systems leave
// among images. In lower case.
var system = []string{"thumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin", "system volume information"}

// maxDepth bounds how deep folders nest below a root.
const maxDepth = 64

// file is an image file that was found, not yet read.
type file struct {
	fsys  fs.FS
	name  string // in fsys
	path  string // as shown
	class string // "" of none
	by    int    // what it is from, see tally
}

// listing gathers the files of several roots.
type listing struct {
	files   []file
	skips   []Skip
	left    left
	open    []io.Closer       // roots, and archives
	classes map[string]string // the names of classes by their normal form, see named

	labels      Labels
	labelColumn string
	labelFiles  []labelFile // of the root that is walked
	tally       tally
}

// close lets go of what is open. It does for a listing whose reading failed, and of which nothing
// more is read.
func (l *listing) close() {
	for _, r := range l.open {
		r.Close()
	}
}

// A tree is a root, or a folder that a link leads to, while it is walked.
type tree struct {
	fsys  fs.FS
	real  string // its path without links; "" where it is not on a disk
	shown string
	below string // its path below the root, with slashes; "." for the root
}

// a link to a folder, which is followed when all that lies in the root itself is known.
type link struct{ to, shown, below string }

// walk adds the image files below fsys, which is shown as root and lies at real, "" if not on a
// disk. Names that begin with a dot, what systems leave behind and run folders are left out. Links
// to files and folders are followed, but a folder is read once, which ends circles.
func (l *listing) walk(ctx context.Context, fsys fs.FS, real, root string) error {
	before, others := len(l.files), l.left.others()
	seen := map[string]bool{}
	links, err := l.tree(ctx, tree{fsys, real, root, "."}, seen)
	for err == nil && len(links) > 0 {
		next := links[0]
		links = links[1:]
		if why := unfollowed(next, real, seen); why != nil {
			l.skips = append(l.skips, Skip{next.shown, why})
			continue
		}
		l.left.folderLinks++
		var more []link
		more, err = l.tree(ctx, tree{os.DirFS(next.to), next.to, next.shown, next.below}, seen)
		links = append(links, more...)
	}
	if err != nil {
		return fmt.Errorf("data: list folder %s: %w", root, err)
	}
	if len(l.files) == before {
		return l.empty(root, l.left.others()-others)
	}
	slices.SortStableFunc(l.files[before:], func(a, b file) int { // links were last
		return slices.Compare(strings.Split(a.path, string(filepath.Separator)), strings.Split(b.path, string(filepath.Separator)))
	})
	if err := l.label(before); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	return nil
}

// unfollowed says why a link to a folder is not followed: it leads to where the root lies, or to
// what is read already.
func unfollowed(k link, root string, seen map[string]bool) error {
	up, err := filepath.Rel(k.to, root)
	switch {
	case err == nil && up != ".." && !strings.HasPrefix(up, ".."+string(filepath.Separator)):
		return fmt.Errorf("a link to a folder that holds this one (%s) is not followed", k.to)
	case seen[k.to]:
		return fmt.Errorf("a link to a folder that is read already (%s)", k.to)
	}
	return nil
}

// tree adds the files of one tree and returns the links to folders in it.
func (l *listing) tree(ctx context.Context, t tree, seen map[string]bool) (links []link, err error) {
	err = fs.WalkDir(t.fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		shown, below := filepath.Join(t.shown, filepath.FromSlash(name)), path.Join(t.below, name)
		switch {
		case !utf8.ValidString(name): // which io/fs does not open
			l.skips = append(l.skips, Skip{shown, errors.New("its name is not UTF-8: give it another one")})
			return skipIf(d == nil || d.IsDir())
		case err != nil:
			l.skips = append(l.skips, Skip{shown, err})
			return fs.SkipDir
		case name != "." && hidden(d.Name()):
			l.left.hidden++
			return skipIf(d.IsDir())
		case d.IsDir():
			return l.enter(t, name, shown, below, seen)
		case d.Type()&fs.ModeSymlink != 0:
			links = append(links, l.follow(t, name, shown, below)...)
		case !isImage(name):
			l.beside(t.fsys, name, shown, below)
		default:
			l.add(t.fsys, name, shown, below)
		}
		return nil
	})
	return links, err
}

func hidden(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains(system, strings.ToLower(name))
}

func skipIf(dir bool) error {
	if dir {
		return fs.SkipDir
	}
	return nil
}

// enter leaves out a folder that is nested too deep, was read already, or is a run's.
func (l *listing) enter(t tree, name, shown, below string, seen map[string]bool) error {
	if strings.Count(below, "/") >= maxDepth {
		l.skips = append(l.skips, Skip{shown, fmt.Errorf("more than %d folders deep", maxDepth)})
		return fs.SkipDir
	}
	if below != "." && isRun(t.fsys, name) {
		l.left.runs = append(l.left.runs, shown)
		return fs.SkipDir
	}
	if t.real != "" {
		real := filepath.Join(t.real, filepath.FromSlash(name))
		if seen[real] { // below a link, which leads to a folder around it
			l.skips = append(l.skips, Skip{shown, fmt.Errorf("a folder that is read already (%s)", real)})
			return fs.SkipDir
		}
		seen[real] = true
	}
	return nil
}

// isRun says whether a folder is a run's: its pictures are no data.
func isRun(fsys fs.FS, dir string) bool {
	const most = 1 << 16
	name := path.Join(dir, "config.json")
	if st, err := fs.Stat(fsys, name); err != nil || !st.Mode().IsRegular() || st.Size() > most {
		return false
	}
	text, err := fs.ReadFile(fsys, name)
	return err == nil && bytes.Contains(text, []byte(`"image-channels"`)) && bytes.Contains(text, []byte(`"preset"`))
}

// follow adds the file that a link leads to, or returns the link if that is a folder.
func (l *listing) follow(t tree, name, shown, below string) []link {
	var to string
	err := errors.New("links are followed on a disk only")
	if t.real != "" {
		to, err = filepath.EvalSymlinks(filepath.Join(t.real, filepath.FromSlash(name)))
	}
	if err == nil {
		var st fs.FileInfo
		if st, err = os.Stat(to); err == nil && st.IsDir() {
			return []link{{to, shown, below}}
		}
	}
	switch {
	case !isImage(name) && err != nil:
		l.left.other(t.fsys, name)
	case !isImage(name):
		l.beside(os.DirFS(filepath.Dir(to)), filepath.Base(to), shown, below)
	case err != nil:
		l.skips = append(l.skips, Skip{shown, fmt.Errorf("a link that leads nowhere: %w", err)})
	default:
		l.left.fileLinks++
		l.add(os.DirFS(filepath.Dir(to)), filepath.Base(to), shown, below)
	}
	return nil
}

// add adds one file, of the class that is the folder directly below the root.
func (l *listing) add(fsys fs.FS, name, shown, below string) {
	class, _, in := strings.Cut(below, "/")
	if !in {
		class = ""
	}
	l.files = append(l.files, file{fsys: fsys, name: name, path: shown, class: class})
}

func isImage(name string) bool {
	return slices.Contains(extensions, strings.ToLower(path.Ext(name)))
}

// empty is the error of a root without images.
func (l *listing) empty(root string, others int) error {
	var more string
	if others > 0 {
		more = fmt.Sprintf("; it holds %d other files: %s", others, l.left.kinds())
	}
	if len(l.left.runs) > 0 {
		more += "; run folders of reverie are left out: " + strings.Join(l.left.runs, ", ")
	}
	if len(l.skips) > 0 {
		more += fmt.Sprintf("; left out: %v", SkipError(l.skips))
	}
	return fmt.Errorf("data: no images in %s: looked for %s in it and the folders below%s", root, strings.Join(extensions, " "), more)
}

// choose returns the files of the given classes, or all, and the classes' names as they are on
// disk.
func (l *listing) choose(classes []string) ([]file, []string, error) {
	if len(classes) == 0 {
		return l.files, nil, nil
	}
	var names []string
	for _, c := range classes {
		name := l.classes[norm.NFC.String(c)]
		if name == "" {
			return nil, nil, l.unknownClass(c)
		}
		names = append(names, name)
	}
	var out []file
	for _, f := range l.files {
		if f.class != "" && slices.Contains(names, f.class) {
			out = append(out, f)
		}
	}
	return out, names, nil
}

func (l *listing) unknownClass(c string) error {
	var names []string
	for _, name := range l.classes {
		if name != "" {
			names = append(names, fmt.Sprintf("%q", name))
		}
	}
	if names == nil {
		return fmt.Errorf("data: no class %q: the images lie directly in the folder, without class folders", c)
	}
	sort.Strings(names)
	return fmt.Errorf("data: no class %q: the classes are %s", c, strings.Join(names, ", "))
}

// readHead reads the first bytes of a regular file.
func readHead(fsys fs.FS, name string, most int64) ([]byte, error) {
	f, err := openRegular(fsys, name, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

// openRegular opens a regular file of at most so many bytes. It asks before it opens, since opening
// a pipe would wait for ever.
func openRegular(fsys fs.FS, name string, most int64) (fs.File, error) {
	if st, err := fs.Stat(fsys, name); err != nil {
		return nil, err
	} else if !st.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	} else if st.Size() > most {
		return nil, fmt.Errorf("%d bytes: more than the limit of %d for a file", st.Size(), most)
	}
	return fsys.Open(name)
}
