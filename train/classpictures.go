package train

import (
	"cmp"
	"context"
	"image"
	"slices"

	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/kind"
)

// mostClasses is how many classes have a row in a picture: those with the most images, of which
// there is one at least.
const mostClasses = 16

// classColumns is how many images a row of a class has.
const classColumns = 8

// shownClasses are the numbers of the classes that have a row, in ascending order.
func (t *Trainer) shownClasses() []int {
	counts := t.images.ClassCounts()
	var shown []int
	for i, c := range counts {
		if c.Samples > 0 {
			shown = append(shown, i)
		}
	}
	slices.SortStableFunc(shown, func(a, b int) int { return cmp.Compare(counts[b].Samples, counts[a].Samples) })
	shown = shown[:min(len(shown), mostClasses)]
	slices.Sort(shown)
	return shown
}

// classNames are the names of classes.
func (t *Trainer) classNames(classes []int) (names []string) {
	all := t.images.Classes()
	for _, k := range classes {
		names = append(names, all[k])
	}
	return names
}

// eachClass is how many samples of a class there are in the run's grids: a row of pictures, of what
// is scattered as many as a grid has.
func (t *Trainer) eachClass() int {
	if t.images.Kind().View() == kind.Scatter {
		return t.Config.SampleN
	}
	return min(t.Config.SampleN, classColumns)
}

// classSheet shows n training images, a row of each class, the first ones in an order.
func (t *Trainer) classSheet(ctx context.Context, order []int) (n int, sheet image.Image, err error) {
	k, classes := t.images.Kind(), t.shownClasses()
	columns := trainingImages / 2
	if k.View() == kind.Scatter {
		columns = trainingPoints
	}
	of := make([][]int, len(t.images.Classes()))
	for _, i := range order {
		if class := t.images.Info(i).Class; class >= 0 && len(of[class]) < columns {
			of[class] = append(of[class], i)
		}
	}
	for _, class := range classes {
		columns = min(columns, len(of[class]))
	}
	var at []int
	for _, class := range classes {
		at = append(at, of[class][:columns]...)
	}
	b, err := t.images.Load(ctx, at...)
	if err != nil {
		return 0, nil, err
	}
	return b.N, picture.Rows(b.X, k, columns, t.classNames(classes), picture.Layout{}), nil
}
