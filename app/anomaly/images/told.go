package images

import (
	"fmt"
	"path"
	"slices"
	"strings"

	humanize "github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"golang.org/x/text/unicode/norm"

	"github.com/reverie-go/reverie/data"
)

// shown is how many files a line names, or lines name.
const shown = 5

// String says how many images there are, of which sizes, as "12 images of 64" or "12 images of
// 48x64 to 128".
func (s *Set) String() string {
	least, most := slices.MinFunc(s.Images, byPixels), slices.MaxFunc(s.Images, byPixels)
	text := fmt.Sprintf("%s of %v", counted(len(s.Images), "image"), data.Size{H: least.H, W: least.W})
	if least.H != most.H || least.W != most.W {
		text += fmt.Sprintf(" to %v", data.Size{H: most.H, W: most.W})
	}
	return text
}

func byPixels(a, b Image) int { return a.H*a.W - b.H*b.W }

func counted(n int, what string) string {
	return humanize.Comma(int64(n)) + " " + english.PluralWord(n, what, "")
}

// Lines tell of all that is read and of all that is not, and why: how many images there are, of how
// many of them the lesions are known, what was paired with nothing, what was left out.
func (s *Set) Lines() []string {
	all := append([]string{s.String()}, s.Remarks...)
	switch n := s.normal(); {
	case s.masked:
		all = append(all, s.paired()...)
	case n > 0:
		all = append(all, fmt.Sprintf("%s in a folder %s, which are free of lesions", counted(n, "image"), goodFolder))
	}
	for _, c := range s.notes() {
		all = append(all, fmt.Sprintf("%d of %s %s", c.Images, counted(len(s.Images), "image"), c.Name))
	}
	if len(s.Skipped) > 0 {
		all = append(all, fmt.Sprintf("left out %s:", counted(len(s.Skipped), "file")))
	}
	return append(all, data.SkipLines(s.Skipped, shown)...)
}

// normal is how many images are free of lesions.
func (s *Set) normal() (n int) {
	for _, m := range s.Images {
		if m.Normal {
			n++
		}
	}
	return n
}

// paired tells which images and masks go together.
func (s *Set) paired() (all []string) {
	masks, normal, none, full := 0, 0, 0, 0
	var unknown []string
	for _, m := range s.Images {
		switch {
		case m.Normal:
			normal++
		case m.Mask == "":
			unknown = append(unknown, m.Path)
		default:
			masks++
			if m.Lesion == 0 {
				none++
			}
			if m.Lesion == m.H*m.W {
				full++
			}
		}
	}
	all = append(all, fmt.Sprintf("%s with a mask, %d of them without a lesion and %d that are all lesion; %s without a mask in a folder %s, which are free of lesions",
		counted(masks, "image"), none, full, counted(normal, "image"), goodFolder))
	if n := len(unknown); n > 0 {
		all = append(all, fmt.Sprintf("%s without a mask, of whose lesions nothing is known: %s", counted(n, "image"), some(unknown)))
	}
	if n := len(s.Unpaired); n > 0 {
		all = append(all, fmt.Sprintf("%s without an image: %s", counted(n, "mask"), some(s.Unpaired)))
	}
	return all
}

// notes counts the notes of the images, in the order in which they come.
func (s *Set) notes() (all []data.Count) {
	for _, m := range s.Images {
		for _, note := range m.Notes {
			i := slices.IndexFunc(all, func(c data.Count) bool { return c.Name == note })
			if i < 0 {
				i, all = len(all), append(all, data.Count{Name: note})
			}
			all[i].Images++
		}
	}
	return all
}

// some names the first of some files.
func some(paths []string) string {
	text := strings.Join(paths[:min(shown, len(paths))], ", ")
	if n := len(paths) - shown; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}

// Stems are names for files of the images, by their numbers, of which no two are the same, however
// letters are written: the path below the folder without the extension, with it where several have
// that, and then with a number.
func (s *Set) Stems() (all []string) {
	count, taken := map[string]int{}, map[string]bool{}
	for _, m := range s.Images {
		count[strings.ToLower(stem(m.Name))]++
	}
	for _, m := range s.Images {
		base := strings.TrimSuffix(m.Name, path.Ext(m.Name))
		if count[strings.ToLower(stem(m.Name))] > 1 {
			base = m.Name
		}
		name := base
		for n := 2; taken[strings.ToLower(norm.NFC.String(name))]; n++ {
			name = fmt.Sprintf("%s-%d", base, n)
		}
		taken[strings.ToLower(norm.NFC.String(name))] = true
		all = append(all, name)
	}
	return all
}
