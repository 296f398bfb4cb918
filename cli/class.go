package cli

import (
	"fmt"
	"image"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/spf13/cobra"
)

// classHelp is the help of --class.
const classHelp = "draw of these classes, -n of each: names with commas between, " + model.AllName + ", or " + model.NullName +
	" for what the model draws without one (default: as often as in the data, its own or the classifier's)"

// classes are those that a drawing is of.
type classes struct {
	model   *model.Loaded
	options model.Options
	rows    []int // the numbers that were asked for, one after another, as many images of each
}

// mostOfClasses bounds the images of several classes, whose number is a product, as -n is bounded.
const mostOfClasses = 1 << 20

// choose makes the options draw the classes of those names, n of each.
func (c *classes) choose(cmd *cobra.Command, p *model.Options, m *model.Loaded, names []string) (err error) {
	c.model = m
	if !cmd.Flags().Changed("class") {
		return nil
	}
	if c.rows, err = m.ClassNumbers(*p, names...); err != nil {
		return usagef("--class %s: %s: %w", strings.Join(names, ","), m.Found.Model, err)
	}
	switch n := len(c.rows); {
	case n == 0:
		return usagef("--class: give the names of classes, %s or %s", model.AllName, model.NullName)
	case n == 1:
		p.Class = c.rows
		return nil
	case cmd.Flags().Changed("first"):
		return usagef("--first: with several classes the number of an image says of which it is; give one --class")
	}
	each := p.N
	if each == 0 {
		each = usualEach(m.Kind)
	}
	if each > mostOfClasses/len(c.rows) {
		return usagef("-n %d of each of %d classes is more than %d in all; give a smaller -n", each, len(c.rows), mostOfClasses)
	}
	p.N = each * len(c.rows)
	for _, k := range c.rows {
		p.Class = append(p.Class, slices.Repeat([]int{k}, each)...)
	}
	return nil
}

// usualEach is how many samples of each of several classes are drawn where nothing is said.
func usualEach(k kind.Kind) int {
	if k.View() == kind.Scatter {
		return usualNumber(k)
	}
	return 8
}

// String says of which classes, "" of a model without.
func (c *classes) String() string {
	switch {
	case c.model == nil || len(c.rows) == 0 && c.model.Classes(c.options, 0, 1) == nil:
		return ""
	case len(c.rows) == 0 && !c.model.Conditional():
		return "drawn as often as in the classifier's data"
	case len(c.rows) == 0:
		return "drawn as often as in the data"
	}
	return strings.Join(c.names(), ",")
}

// said is what is told of them before a drawing.
func (c *classes) said() string {
	switch n := len(c.rows); {
	case c.String() == "":
		return ""
	case n == 0:
		return "classes " + c.String() + ", "
	case n == 1:
		return "class " + c.String() + ", "
	default:
		return fmt.Sprintf("%d of each of %d classes, ", c.options.N/n, n)
	}
}

// names are those of the rows.
func (c *classes) names() []string {
	names := make([]string, len(c.rows))
	for i, k := range c.rows {
		names[i] = c.model.ClassName(c.options, k)
	}
	return names
}

// of is the name of the class of an image.
func (c *classes) of(number int) string {
	return c.model.ClassName(c.options, c.model.Classes(c.options, number, 1)[0])
}

// sheet shows the samples: of several classes a row each, with its name beside it.
func (c *classes) sheet(x []float32, k kind.Kind) image.Image {
	if len(c.rows) < 2 {
		return picture.Sheet(x, k, picture.Layout{})
	}
	return picture.Rows(x, k, c.options.N/len(c.rows), c.names(), picture.Layout{})
}

// arrays are the samples as arr_0, and their classes, see [data.LabelArrays].
func (c *classes) arrays(x []float32, k kind.Kind) []checkpoint.NamedTensor {
	all := []checkpoint.NamedTensor{{Key: "arr_0", Tensor: picture.Array(x, k)}}
	if c.String() == "" {
		return all
	}
	labels, _ := c.model.Labels(c.options) // without an error, or nothing had been drawn
	return append(all, data.LabelArrays(c.model.Classes(c.options, c.options.First, c.options.N), labels.ClassNames())...)
}
