package data

import (
	"fmt"
	"io"
	"strings"

	humanize "github.com/dustin/go-humanize"
)

// notes says what to mind before training.
func (r *Report) notes() (notes []string) {
	add := func(format string, a ...any) { notes = append(notes, fmt.Sprintf(format, a...)) }
	if r.Images < 100 {
		add("%d images are few: the model will learn them by heart.", r.Images)
	}
	if n := extra(r.Duplicates); n > 0 {
		add("%d files are copies of others: they count more than once in training; copies always lie on the same side of --val.", n)
	}
	if n := extra(r.Twins); n > 0 {
		add("%d images more look like another one: all that look alike lie on the same side of --val.", n)
	}
	for _, g := range r.Twins {
		if 2*len(g) > r.Images {
			add("%d of %d images look alike: all of them are trained on, whatever --val says.", len(g), r.Images)
		}
	}
	if n := len(r.Classes); n > sampleRows {
		add("The grid shows the first %d of %d classes.", sampleRows, n)
	}
	if most, least := r.balance(); least > 0 && most > 10*least {
		add("Classes are unbalanced: the largest has %.0f times the images of the smallest.", float64(most)/float64(least))
	}
	if n := r.Images - countOf(r.Shapes, "square"); n > 0 {
		add("%d images are not square: at a square --resolution they are squeezed; --crop center cuts them instead, --resolution HEIGHTxWIDTH fits their shape.", n)
	}
	if n := countOf(r.Modes, "RGBA") + countOf(r.Modes, "RGBA16"); n > 0 {
		add("%d images can be transparent: with 3 channels they are put on white, 4 channels keep their alpha.", n)
	}
	return notes
}

// extra counts the files that would go if one of each group were kept.
func extra(groups [][]string) (n int) {
	for _, g := range groups {
		n += len(g) - 1
	}
	return n
}

// balance returns the images of the largest and the smallest class.
func (r *Report) balance() (most, least int) {
	for _, c := range r.Classes {
		most = max(most, c.Images)
		if least == 0 || c.Images < least {
			least = c.Images
		}
	}
	return most, least
}

func countOf(list []Count, name string) int {
	for _, c := range list {
		if c.Name == name {
			return c.Images
		}
	}
	return 0
}

// shownUnreadable is how many unreadable files WriteText names.
const shownUnreadable = 10

// WriteText writes the report for people to read; with copies it names the files of every group of
// duplicates and near-copies too, a group a line.
func (r *Report) WriteText(w io.Writer, copies bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "images      %s in %s of files\n", humanize.Comma(int64(r.Images)), humanize.IBytes(uint64(r.Bytes)))
	fmt.Fprintf(&b, "widths      %d to %d, heights %d to %d\n", r.MinWidth, r.MaxWidth, r.MinHeight, r.MaxHeight)
	if r.Labels != "" {
		fmt.Fprintf(&b, "labels      %s\n", clean(r.Labels))
	} else {
		fmt.Fprintf(&b, "labels      none\n")
	}
	r.section(&b, "classes", r.Classes)
	r.section(&b, "shorter side, pixels", r.Sizes)
	r.section(&b, "shapes", r.Shapes)
	r.section(&b, "modes", r.Modes)
	r.section(&b, "formats", r.Formats)
	fmt.Fprintf(&b, "\nduplicates  %d files are copies of others%s\n", extra(r.Duplicates), naming(r.Duplicates))
	fmt.Fprintf(&b, "\nnear-copies %d files look like another (saved again, resized, mirrored), in %d groups%s\n",
		extra(r.Twins)+len(r.Twins), len(r.Twins), naming(r.Twins))
	r.unreadableText(&b)
	fmt.Fprintln(&b)
	for _, remark := range r.Remarks {
		fmt.Fprintf(&b, "read        %s\n", remark)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "note        %s\n", n)
	}
	if copies {
		r.copiesText(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// section writes a histogram with bars.
func (r *Report) section(b *strings.Builder, title string, list []Count) {
	fmt.Fprintf(b, "\n%s\n", title)
	wide, most := 0, 1
	for _, c := range list {
		wide, most = max(wide, len(shownClass(c.Name))), max(most, c.Images)
	}
	for _, c := range list {
		bar := strings.Repeat("#", (c.Images*30+most-1)/most)
		fmt.Fprintf(b, "  %-*s %7d  %5.1f%%  %s\n", wide, shownClass(c.Name), c.Images, 100*float64(c.Images)/float64(r.Images), bar)
	}
}

// shownClass shows a class's name.
func shownClass(name string) string {
	if name == "" {
		return "(no class)"
	}
	return clean(name)
}

// clean replaces characters that could drive a terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 32 || r >= 127 && r < 160 {
			return '?'
		}
		return r
	}, s)
}

// naming says how to have the files of groups named: WriteText names only those with which
// something is the matter.
func naming(groups [][]string) string {
	if len(groups) == 0 {
		return ""
	}
	return " (--copies names them)"
}

// copiesText names the files of groups.
func (r *Report) copiesText(b *strings.Builder) {
	for _, kind := range []struct {
		title  string
		groups [][]string
	}{{"duplicates", r.Duplicates}, {"near-copies", r.Twins}} {
		fmt.Fprintf(b, "\n%s\n", kind.title)
		for _, g := range kind.groups {
			fmt.Fprintf(b, "  %s\n", clean(strings.Join(g, " = ")))
		}
	}
}

func (r *Report) unreadableText(b *strings.Builder) {
	fmt.Fprintf(b, "\nunreadable  %d files\n", len(r.Unreadable))
	for _, line := range SkipLines(r.Unreadable, shownUnreadable) {
		fmt.Fprintf(b, "  %s\n", clean(line))
	}
}
