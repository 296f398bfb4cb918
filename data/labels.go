package data

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"golang.org/x/text/unicode/norm"

	"github.com/reverie-go/reverie/data/label"
	"github.com/reverie-go/reverie/kind"
)

// Labels says where it stands of which class an image is. Arrays of images have their labels beside
// them, which are theirs whatever is said but LabelsNone.
type Labels string

const (
	// LabelsFolders: the class is the folder directly below the root.
	LabelsFolders Labels = ""
	// LabelsAuto: in whatever there is of files of labels (see LabelsMetadata) and class folders,
	// which must not disagree about an image. Where there is a dataset.json it alone counts, since
	// the folders beside it are no classes.
	LabelsAuto Labels = "auto"
	// LabelsMetadata: in the files metadata.jsonl and metadata.csv, which name the images below the
	// folder that they lie in, and in the dataset.json of the root; see package label.
	LabelsMetadata Labels = "metadata"
	// LabelsPrefix: the class is what an image's name has before its first underscore, as in
	// cat_001.png.
	LabelsPrefix Labels = "prefix"
	// LabelsNone: nowhere. The images have no classes.
	LabelsNone Labels = "none"
)

// allLabels are the rules by their names.
var allLabels = []Labels{LabelsFolders, LabelsAuto, LabelsMetadata, LabelsPrefix, LabelsNone}

// DefaultLabelColumn is the column of metadata that holds the labels.
const DefaultLabelColumn = "label"

// readsMetadata says whether files of labels are read.
func (l Labels) readsMetadata() bool { return l == LabelsAuto || l == LabelsMetadata }

// A labelFile is a file of labels that was found.
type labelFile struct {
	fsys  fs.FS
	name  string // in fsys
	shown string
	kind  string // one of package label's names: that of a link, not of what it leads to
}

// said is what files of labels say of an image.
type said struct {
	class   string
	by, row int // the file, from 1, and the row in it; by is 0 where nothing is said
}

// beside takes a file that is no image: one of labels, or one that is left out.
func (l *listing) beside(fsys fs.FS, name, shown, below string) {
	switch base := path.Base(below); {
	case l.labels.readsMetadata() && (base == label.Lines || base == label.Table || below == label.List):
		l.labelFiles = append(l.labelFiles, labelFile{fsys, name, shown, base})
	default:
		l.left.other(fsys, name)
	}
}

// label gives the files of a root, those from first on, their classes. It takes the files of labels
// that were found there.
func (l *listing) label(first int) (err error) {
	files := l.files[first:]
	switch l.labels {
	case LabelsNone:
		for i := range files {
			files[i].class = ""
		}
	case LabelsPrefix:
		err = l.byPrefix(files)
	case LabelsAuto, LabelsMetadata:
		err = l.byMetadata(files)
	default:
		l.tally.from(folderLabels, files)
	}
	l.labelFiles = nil
	for i := range files {
		files[i].class = l.named(files[i].class)
	}
	if err == nil && l.labels != LabelsFolders && len(l.classes) > kind.MaxClasses {
		err = fmt.Errorf("more than the limit of %d classes: the labels may be captions or names of files; --label-column names another column, and --labels none leaves them out", kind.MaxClasses)
	}
	return err
}

// named is the name of a class as it came first: on disk it may be composed (NFC) or not (NFD).
func (l *listing) named(class string) string {
	if class == "" {
		return ""
	}
	normal := norm.NFC.String(class)
	if l.classes == nil {
		l.classes = map[string]string{}
	}
	if l.classes[normal] == "" {
		l.classes[normal] = class
	}
	return l.classes[normal]
}

// sameClass says whether two names are of one class.
func sameClass(a, b string) bool { return norm.NFC.String(a) == norm.NFC.String(b) }

// byPrefix takes the classes from the files' names.
func (l *listing) byPrefix(files []file) error {
	for i := range files {
		f := &files[i]
		class, _, found := strings.Cut(filepath.Base(f.path), "_")
		if !found {
			class = ""
		}
		if f.class = class; class == "" {
			continue
		}
		if err := kind.CheckClassName(class); err != nil {
			return fmt.Errorf("%s: %w", clean(f.path), err)
		}
	}
	l.tally.from("the beginnings of their names", files)
	return nil
}

// byMetadata takes the classes from the files of labels and, by LabelsAuto, from folders.
func (l *listing) byMetadata(files []file) error {
	known := make(map[string]said, len(files))
	for _, f := range files {
		known[norm.NFC.String(f.path)] = said{}
	}
	list := false
	for i := range l.labelFiles {
		read, err := l.readLabels(i, known)
		if err != nil {
			return err
		}
		list = list || read && l.labelFiles[i].kind == label.List
	}
	sources := []int{l.tally.source(folderLabels)}
	for _, f := range l.labelFiles {
		sources = append(sources, l.tally.source(clean(f.shown)))
	}
	for i := range files {
		f := &files[i]
		if list || l.labels == LabelsMetadata {
			f.class = ""
		}
		s := known[norm.NFC.String(f.path)]
		if s.class != "" && f.class != "" && !sameClass(s.class, f.class) {
			return fmt.Errorf("the labels of %s disagree: it lies in the folder of class %q, and %s says %q; correct one of them, or give --labels folders or --labels metadata",
				clean(f.path), f.class, l.place(s), s.class)
		}
		f.class, f.by = cmp.Or(s.class, f.class), sources[s.by]
	}
	return nil
}

// readLabels reads a file of labels, by its number, into what is known of the images by their
// paths. It is not read, which is noted, where it is no such file and nobody asked for it.
func (l *listing) readLabels(i int, known map[string]said) (read bool, err error) {
	f := l.labelFiles[i]
	r, err := openRegular(f.fsys, f.name, label.MaxFile)
	if err != nil {
		return false, fmt.Errorf("%s: %w", clean(f.shown), err)
	}
	defer r.Close()
	column := cmp.Or(l.labelColumn, DefaultLabelColumn)
	var disagree error
	err = label.Read(r, f.kind, column, func(e label.Entry) error {
		if e.Class == "" {
			return nil
		}
		file := filepath.FromSlash(e.File)
		key := norm.NFC.String(filepath.Join(filepath.Dir(f.shown), file))
		was, ok := known[key]
		now := said{e.Class, i + 1, e.Row}
		switch {
		case !ok || !filepath.IsLocal(file):
			l.tally.miss(e.File)
		case was.by == 0:
			known[key] = now
		case !sameClass(was.class, now.class):
			disagree = fmt.Errorf("the labels of %s disagree: %s says %q, and %s says %q; correct one of them, or give --labels folders to leave them unread",
				clean(filepath.Join(filepath.Dir(f.shown), file)), l.place(was), was.class, l.place(now), now.class)
			return disagree
		}
		return nil
	})
	var lacking *label.ColumnError
	switch {
	case err == nil || disagree != nil:
		return true, disagree
	case errors.As(err, &lacking) && l.labels == LabelsAuto && l.labelColumn == "":
		l.tally.notes = append(l.tally.notes, fmt.Sprintf("no labels are taken from %s: %v%s", clean(f.shown), err, otherColumn(lacking, column)))
		return false, nil
	case errors.As(err, &lacking):
		return false, fmt.Errorf("%s: %w%s", clean(f.shown), err, otherColumn(lacking, column))
	}
	return false, fmt.Errorf("%s: %w; correct it, or give --labels folders to leave it unread", clean(f.shown), err)
}

// otherColumn is the remedy of a file without the column of labels.
func otherColumn(e *label.ColumnError, column string) string {
	if e.Column != column || len(e.Known) == 0 {
		return ""
	}
	return "; --label-column names the one that holds the labels"
}

// place names the row that says something of an image.
func (l *listing) place(s said) string {
	f, row := l.labelFiles[s.by-1], "line"
	if f.kind == label.List {
		row = "entry"
	}
	return fmt.Sprintf("%s, %s %d,", clean(f.shown), row, s.row)
}

// checkLabels reports labels that were asked for and that are nowhere.
func (l *listing) checkLabels() error {
	found := slices.ContainsFunc(l.files, func(f file) bool { return f.class != "" })
	switch {
	case found || l.labels == LabelsNone || l.labels == LabelsFolders:
		return nil
	case l.labels == LabelsPrefix:
		return errors.New("data: --labels prefix: no image's name has one; expected names such as cat_001.png, of which the class is what comes before the first underscore")
	case l.labels == LabelsMetadata:
		return fmt.Errorf("data: --labels metadata: no labels; looked for files %s and %s beside the images, and for %s", label.Lines, label.Table, label.List)
	case l.labelColumn != "":
		return fmt.Errorf("data: --label-column %s: no labels; looked for files %s and %s beside the images", l.labelColumn, label.Lines, label.Table)
	}
	return nil
}

// folderLabels are class folders as a source of labels.
const folderLabels = "their class folders"

// tally is what was found of labels while a listing was made.
type tally struct {
	sources []string // what the labels are from; file.by counts them from 1
	missing int      // labels of files that are not there
	first   string
	notes   []string
}

// source is the number of a source of labels.
func (t *tally) source(name string) int {
	if at := slices.Index(t.sources, name); at >= 0 {
		return at + 1
	}
	t.sources = append(t.sources, name)
	return len(t.sources)
}

// from notes that the classes of files, where they have one, are from a source.
func (t *tally) from(source string, files []file) {
	by := t.source(source)
	for i := range files {
		if files[i].class != "" {
			files[i].by = by
		}
	}
}

// miss counts a label of a file that is not there.
func (t *tally) miss(name string) {
	if t.missing++; t.missing == 1 {
		t.first = name
	}
}

// Labels says in a line where the labels of the set's images come from, how many have none, and
// what else was found while they were read; "" where there are none.
func (s *Set) Labels() string {
	t := &s.st.tally
	by := make([]Count, len(t.sources))
	for i, name := range t.sources {
		by[i].Name = name
	}
	none := 0
	for _, i := range s.index {
		if it := &s.st.items[i]; it.Class < 0 {
			none++
		} else if it.by > 0 {
			by[it.by-1].Images++
		}
	}
	parts := t.shown(by, s.Len())
	if none > 0 && none < s.Len() {
		parts = append(parts, english.Plural(none, "image", "")+" without a label, of no class")
	}
	if t.missing > 0 {
		parts = append(parts, fmt.Sprintf("%s of files that are not among the images, such as %.80q", english.Plural(t.missing, "label is", "labels are"), t.first))
	}
	return strings.Join(append(parts, t.notes...), "; ")
}

// shownSources is how many sources of labels a text names.
const shownSources = 4

// shown names the sources that so many images have their labels from, those of the most first.
func (t *tally) shown(by []Count, images int) []string {
	by = slices.DeleteFunc(by, func(c Count) bool { return c.Images == 0 })
	slices.SortStableFunc(by, func(a, b Count) int { return b.Images - a.Images })
	var sources []string
	for _, c := range by[:min(len(by), shownSources)] {
		sources = append(sources, fmt.Sprintf("%s of %s by %s", humanize.Comma(int64(c.Images)), english.Plural(images, "image", ""), c.Name))
	}
	if more := len(by) - shownSources; more > 0 {
		sources = append(sources, "others by "+english.Plural(more, "more file", ""))
	}
	if sources == nil {
		return nil
	}
	return []string{strings.Join(sources, ", ")}
}
