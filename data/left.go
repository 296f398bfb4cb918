package data

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/reverie-go/reverie/data/photo"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/internal/sniff"
)

// left is what lies in the roots and is no image file, and what was reached in a roundabout way.
type left struct {
	kind                   map[string]*leftKind // by extension, in lower case; "" is none
	hidden                 int
	runs                   []string
	grids                  int      // pictures of data sets
	arrays                 []string // how arrays were read
	fileLinks, folderLinks int
	twice                  []string // sentences on roots that lie in others
}

// leftKind are the files of one extension that is not read.
type leftKind struct {
	files int
	first sniff.Kind // what the first of them is
}

// other counts a file that is left out for its name.
func (l *left) other(fsys fs.FS, name string) {
	ext := strings.ToLower(path.Ext(name))
	k := l.kind[ext]
	if k == nil {
		if l.kind == nil {
			l.kind = map[string]*leftKind{}
		}
		k = new(leftKind)
		if head, err := readHead(fsys, name, sniff.HeadSize); err == nil {
			k.first = sniff.Bytes(head)
		}
		l.kind[ext] = k
	}
	k.files++
}

// others is how many files are left out for their names.
func (l *left) others() (n int) {
	for _, k := range l.kind {
		n += k.files
	}
	return n
}

// shownKinds is how many extensions a text names.
const shownKinds = 8

// kinds names the extensions that are left out, pictures of formats that are not read first, with
// what would make them readable.
func (l *left) kinds() string {
	exts := slices.SortedFunc(maps.Keys(l.kind), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(l.kind[b].remedy(b)), len(l.kind[a].remedy(a))), cmp.Compare(l.kind[b].files, l.kind[a].files), cmp.Compare(a, b))
	})
	var parts []string
	for _, ext := range exts[:min(len(exts), shownKinds)] {
		k := l.kind[ext]
		parts = append(parts, fmt.Sprintf("%d %s%s", k.files, cmp.Or(clean(ext), "without extension"), k.remedy(ext)))
	}
	if n := len(exts) - shownKinds; n > 0 {
		parts = append(parts, fmt.Sprintf("and %d more extensions", n))
	}
	return strings.Join(parts, ", ")
}

// remedy says of pictures, and of arrays that may hold some, what they are and how they could be
// read.
func (k *leftKind) remedy(ext string) string {
	switch {
	case k.first == sniff.IDX, k.first == sniff.NPZ:
		return fmt.Sprintf(" (%v: give the file itself)", k.first)
	case !k.first.Picture():
		return ""
	case k.first.Remedy() == "" || slices.Contains(photo.Kinds, k.first):
		return fmt.Sprintf(" (%v: rename to end with one of %s)", k.first, strings.Join(extensions, " "))
	}
	return fmt.Sprintf(" (%v: %s)", k.first, k.first.Remedy())
}

// remarks are a sentence for each way in which what lies in the roots is not in the set, or came
// into it.
func (l *left) remarks() (all []string) {
	all = append(all, l.arrays...)
	if n := l.others(); n > 0 {
		all = append(all, fmt.Sprintf("left out %s of other names: %s", english.Plural(n, "file", ""), l.kinds()))
	}
	if l.hidden > 0 {
		all = append(all, fmt.Sprintf("left out %s of the system", english.Plural(l.hidden, "hidden file or folder", "hidden files and folders")))
	}
	if n := len(l.runs); n > 0 {
		all = append(all, fmt.Sprintf("left out %s of reverie, such as %s", english.Plural(n, "run folder", ""), clean(l.runs[0])))
	}
	if l.grids > 0 {
		all = append(all, fmt.Sprintf("left out %s of images that reverie data drew", english.Plural(l.grids, "grid", "")))
	}
	if l.fileLinks+l.folderLinks > 0 {
		all = append(all, "followed "+l.links())
	}
	return append(all, l.twice...)
}

// overlap notes that of two roots one lies in the other, or is it.
func (l *left) overlap(a, b tree) {
	if up, err := filepath.Rel(b.real, a.real); err == nil && filepath.IsLocal(up) {
		a, b = b, a
	}
	down, err := filepath.Rel(a.real, b.real)
	switch {
	case err != nil || !filepath.IsLocal(down):
	case down == ".":
		l.twice = append(l.twice, fmt.Sprintf("%s is given twice: its images count twice", clean(b.shown)))
	default:
		l.twice = append(l.twice, fmt.Sprintf("%s lies in %s, which is given too: its images count twice", clean(b.shown), clean(a.shown)))
	}
}

// links counts the links that were followed.
func (l *left) links() string {
	var parts []string
	if n := l.fileLinks; n > 0 {
		parts = append(parts, english.Plural(n, "link to a file", "links to files"))
	}
	if n := l.folderLinks; n > 0 {
		parts = append(parts, english.Plural(n, "link to a folder", "links to folders"))
	}
	return strings.Join(parts, " and ")
}

// errGrid says that a file is no image of the set but a picture of one.
var errGrid = errors.New("a grid of images that reverie data drew")

// isGrid says whether a file is a picture of a data set, as Report.Grid is written with its texts:
// drawn in the folder that it shows it would be an image of that.
func isGrid(raw []byte) bool {
	const head = 1 << 12 // our texts come first
	if !bytes.Contains(raw[:min(len(raw), head)], []byte("Software\x00reverie")) {
		return false
	}
	texts, err := picture.ReadText(bytes.NewReader(raw))
	return err == nil && slices.ContainsFunc(texts, func(t picture.Text) bool { return t.Key == "data" })
}

// labelsRemark begins the remark on where labels come from.
const labelsRemark = "labels: "

// Remarks say what a person should know of how the set was read, each in a line: where its labels
// come from if that was not fixed to class folders, what of the roots is not in it for its name,
// what was reached by links, what was done to the images beyond decoding them. The files that
// cannot be read are Skipped's. Of the images inside the program there is nothing to say: they are
// what they were made to be.
func (s *Set) Remarks() []string {
	if s.st.builtIn {
		return nil
	}
	all := slices.Clone(s.st.remarks)
	if text := s.Labels(); text != "" && s.st.o.Labels != LabelsFolders {
		all = append(all, labelsRemark+text)
	}
	all = append(all, s.st.left.remarks()...)
	for _, c := range s.Notes() {
		all = append(all, fmt.Sprintf("%d of %s %s", c.Images, english.Plural(s.Len(), "image", ""), c.Name))
	}
	return all
}
