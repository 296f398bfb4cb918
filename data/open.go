package data

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/dustin/go-humanize/english"
	"golang.org/x/sync/errgroup"

	"github.com/reverie-go/reverie/internal/sniff"
	"github.com/reverie-go/reverie/kind"
)

// Open opens the image folders roots as one set, in the order root by root, each sorted by path.
// Classes of the same name in several roots are one. A root may be a file of arrays of images too,
// a folder of MNIST's, of which all are read (see TrainingArray), or a zip archive of a folder.
//
// An error says what is wrong: a root that does not exist or is not a folder, a root without
// images, a class in o.Classes that no root has, no readable image at all, with o.Strict any file
// that is unreadable. The set holds the folders open until it is closed.
func Open(ctx context.Context, roots []string, o Options) (*Set, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	l, err := list(ctx, roots, o)
	if err != nil {
		return nil, err
	}
	return open(ctx, l, o)
}

// list lists the image files of folders, which stay open, with their classes; on an error none
// does. Of o, Labels and LabelColumn count.
func list(ctx context.Context, roots []string, o Options) (l listing, err error) {
	l.labels, l.labelColumn = o.Labels, o.LabelColumn
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	if len(roots) == 0 {
		return l, errors.New("data: no image folder given")
	}
	var before []tree
	for _, root := range roots {
		root = strings.TrimPrefix(root, ArrayPrefix)
		files, others := idxFiles(root)
		if len(files) > 0 && others > 0 {
			l.left.arrays = append(l.left.arrays, fmt.Sprintf("%s holds IDX files, and of it those alone are read: %s left out", clean(root), english.Plural(others, "other file or folder is", "other files and folders are")))
		}
		if isArrays(root) {
			files = []string{root}
			l.notRead(root)
		}
		for _, f := range files {
			if err := l.listFile(f); err != nil {
				return l, err
			}
		}
		if len(files) > 0 {
			continue
		}
		if isArchive(root) {
			if err := l.archive(ctx, root); err != nil {
				return l, err
			}
			continue
		}
		r, real, err := openRoot(root)
		if err != nil {
			return l, err
		}
		l.open = append(l.open, r)
		this := tree{real: real, shown: root}
		for _, other := range before {
			l.left.overlap(other, this)
		}
		before = append(before, this)
		if err := l.walk(ctx, r.FS(), real, root); err != nil {
			return l, err
		}
	}
	return l, l.checkLabels()
}

// openRoot opens a folder and says where it lies, without links.
func openRoot(dir string) (r *os.Root, real string, err error) {
	st, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return nil, "", fmt.Errorf("data: no such folder: %s: %w", dir, fs.ErrNotExist)
	case err != nil:
		return nil, "", fmt.Errorf("data: open folder: %w", err)
	case !st.IsDir():
		return nil, "", fmt.Errorf("data: %s is a file: expected a folder of images, or a file of arrays or points (.npz, IDX, .csv)%s", dir, insteadOf(dir))
	}
	if real, err = filepath.Abs(dir); err == nil {
		real, err = filepath.EvalSymlinks(real)
	}
	if err == nil {
		r, err = os.OpenRoot(real)
	}
	if err != nil {
		return nil, "", fmt.Errorf("data: open folder: %w", err)
	}
	return r, real, nil
}

// insteadOf says what a file is that was given for a folder, and what to give.
func insteadOf(file string) string {
	kind, err := sniff.File(file)
	switch {
	case err != nil || kind == sniff.Unknown:
		return ""
	case kind.Picture():
		return fmt.Sprintf("; it is %s: give the folder that it lies in, %s", kind.Name(), filepath.Dir(file))
	case kind.Remedy() == "":
		return "; it is " + kind.Name()
	}
	return fmt.Sprintf("; it is %s: %s", kind.Name(), kind.Remedy())
}

// open reads the files of a listing, whose roots are the set's from then on.
func open(ctx context.Context, l listing, o Options) (*Set, error) {
	st, err := l.store(ctx, o)
	if err != nil {
		l.close()
		return nil, err
	}
	st.close = l.close
	st.part()
	st.kind = kind.OfImages(st.o.Height, st.o.Width, st.o.Channels)
	if slices.ContainsFunc(st.items, func(it item) bool { return it.deep }) {
		st.kind = st.kind.Real()
	}
	s := &Set{st: st, index: make([]int, len(st.items))}
	for i := range s.index {
		s.index[i] = i
	}
	return s, nil
}

// store reads the files of a listing, in the classes that o takes.
func (l listing) store(ctx context.Context, o Options) (*store, error) {
	st := newStore(o.withDefaults())
	files, filter, err := l.choose(o.Classes)
	if err != nil {
		return nil, err
	}
	st.classes, st.left, st.tally = classNames(files, filter), l.left, l.tally
	return st, st.readAll(ctx, files, l.skips)
}

// classNames returns the classes of the filter, or else of the files, sorted.
func classNames(files []file, filter []string) []string {
	seen := map[string]bool{}
	for _, c := range filter {
		seen[c] = true
	}
	for _, f := range files {
		if f.class != "" {
			seen[f.class] = true
		}
	}
	names := make([]string, 0, len(seen))
	for c := range seen {
		names = append(names, c)
	}
	slices.SortFunc(names, kind.CompareClassNames)
	return names
}

// readAll reads every file once, in parallel, and makes the readable ones the items of st.
func (st *store) readAll(ctx context.Context, files []file, skips []Skip) error {
	items := make([]item, len(files))
	errs := make([]error, len(files))
	var mu sync.Mutex
	done := 0
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(st.o.Workers)
	for i, f := range files {
		if gctx.Err() != nil {
			break
		}
		g.Go(func() error {
			items[i], errs[i] = st.readFile(gctx, f)
			mu.Lock()
			defer mu.Unlock()
			if done++; st.o.Progress != nil {
				st.o.Progress(done, len(files))
			}
			return gctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("data: opening the images: %w", context.Cause(ctx))
	}
	unread := 0
	for i, err := range errs {
		if errors.Is(err, errGrid) {
			st.left.grids++
			continue
		}
		if err != nil {
			skips = append(skips, Skip{files[i].path, err})
			unread++
			continue
		}
		st.items = append(st.items, items[i])
	}
	st.bad = skips
	switch bad := SkipError(st.skipped()); {
	case len(st.items) == 0:
		return fmt.Errorf("data: none of %d image files can be read: %w", unread, bad)
	case len(bad) > 0 && st.o.Strict:
		return fmt.Errorf("data: %d files left out, and strict mode allows none: %w", len(bad), bad)
	}
	return nil
}

// readFile reads one file of a listing and keeps its pixels if there is room.
func (st *store) readFile(ctx context.Context, f file) (item, error) {
	p, info, err := st.read(ctx, f.fsys, f.name)
	if err == nil && info.grid {
		err = errGrid
	}
	if err != nil {
		return item{}, err
	}
	info.Path = f.path
	info.Class, _ = slices.BinarySearchFunc(st.classes, f.class, kind.CompareClassNames)
	if f.class == "" {
		info.Class = -1
	}
	it := item{Info: info, fsys: f.fsys, name: f.name, deep: p.hi != nil, by: f.by}
	st.keep(&it, p)
	return it, nil
}

// SkipError is a list of skipped files as an error; its text names the first.
type SkipError []Skip

// skipShown is how many skipped files a text names.
const skipShown = 5

// Error returns "PATH: reason; PATH: reason; ... and N more", without control characters.
func (e SkipError) Error() string {
	var b strings.Builder
	for i, s := range e {
		if i == skipShown {
			fmt.Fprintf(&b, "; and %d more", len(e)-i)
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(clean(fmt.Sprintf("%s: %v", s.Path, s.Err)))
	}
	return b.String()
}
