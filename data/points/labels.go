package points

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/kind"
)

// labels are the names of the points' classes, from a column of a table or from an array.
type labels struct {
	column string // its name; "": there is none
	at     int    // its place among the fields of a line; -1 before it is known
	names  []string
	number map[string]int // of each name
	class  []int          // of each point, by the order in which the names came; -1: none
}

// find looks for the column among the fields of the first line.
func (l *labels) find(fields []string) error {
	for i, f := range fields {
		if strings.TrimSpace(f) != l.column {
			continue
		}
		if l.at >= 0 {
			return fmt.Errorf("two columns are called %.40q: the labels can stand in one alone", l.column)
		}
		l.at = i
	}
	switch {
	case l.at < 0:
		return fmt.Errorf("no column %.40q for the labels (--label-column): the first line holds %s", l.column, list(fields, "%.40q"))
	case len(fields) == 1:
		return errors.New("no column beside that of the labels: expected numbers")
	}
	return nil
}

// others are the names of the other columns.
func (l *labels) others(names []string, drop int) []string {
	if l.at < 0 {
		return names
	}
	return slices.Delete(slices.Clone(names), l.at-drop, l.at-drop+1)
}

// take takes the label of the next point.
func (l *labels) take(field string) error {
	name := strings.TrimSpace(field)
	if name == "" {
		l.class = append(l.class, -1)
		return nil
	}
	k, ok := l.number[name]
	if !ok {
		if err := kind.CheckClassName(name); err != nil {
			return err
		}
		if k = len(l.names); k == kind.MaxClasses {
			return fmt.Errorf("%.40q: more than the limit of %d classes; is this the column of the labels?", name, kind.MaxClasses)
		}
		if l.number == nil {
			l.number = map[string]int{}
		}
		name = strings.Clone(name)
		l.names, l.number[name] = append(l.names, name), k
	}
	l.class = append(l.class, k)
	return nil
}

// classify gives the points their classes, and notes how many have which after what it says of
// where they stand.
func (l *labels) classify(c *Cloud, where string) {
	c.Classes = slices.SortedFunc(slices.Values(l.names), kind.CompareClassNames)
	place, none := make([]int, len(l.names)), 0
	for k, name := range c.Classes {
		place[l.number[name]] = k
	}
	c.Class = make([]int, len(l.class))
	for i, k := range l.class {
		if c.Class[i] = k; k >= 0 {
			c.Class[i] = place[k]
		} else {
			none++
		}
	}
	text := fmt.Sprintf("%s: %d classes, %s", where, len(c.Classes), list(c.Classes, "%.40q"))
	if none > 0 {
		text += fmt.Sprintf("; %s without a label, of no class", count(none, "point"))
	}
	c.Notes = append(c.Notes, text)
}
