package eval

import (
	"context"
	"fmt"
	"math"

	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/table"
)

// Goals are what of pairs samples were drawn for, one after another: what each was to be, and what
// was given for it.
type Goals struct{ Truth, Given Images }

// PSNR returns the peak signal-to-noise ratio of each image of x beside that of y, in decibels:
//
//	10 log10(4/mean (x-y)^2),   of numbers in [-1,1], x clamped to it
//
// Equal images have 100, which differences below a hundred-thousandth have too.
func PSNR(x, y Images) ([]float64, error) {
	if err := sameSize(x, y); err != nil {
		return nil, err
	}
	if x.N != y.N {
		return nil, fmt.Errorf("eval: %d images beside %d: expected as many", x.N, y.N)
	}
	const most = 100
	all := make([]float64, x.N)
	for i := range all {
		all[i] = min(most, model.PSNR(y.Image(i), x.Image(i)))
	}
	return all, nil
}

var psnr = Plain{Base{Info: table.Info{Name: "psnr", Text: "of a model of pairs: how near samples are to what they were to be"}, Subject: ImagesOnly}, measurePSNR}

// measurePSNR compares samples with what they were to be, and what was given with that.
func measurePSNR(_ context.Context, c *Case) ([]Value, error) {
	if c.Real || c.Reference != c.HeldOut {
		return nil, nil
	}
	goals, err := c.Goals()
	if err != nil {
		return nil, err
	}
	if goals == nil {
		return nil, fmt.Errorf("%w: what samples were to be is known of the held-out pairs of a run of train --pairs", ErrUnfit)
	}
	var values []Value
	for _, v := range []struct {
		name string
		of   Images
	}{{"psnr, dB", c.Samples.Images}, {"that of what was given", goals.Given}} {
		each, err := PSNR(v.of, goals.Truth)
		if err != nil {
			return nil, err
		}
		mean := 0.0
		for _, x := range each {
			mean += x / float64(len(each))
		}
		values = append(values, Value{Name: v.name, X: mean, Error: math.Sqrt(spread(each) / float64(len(each))), Better: More})
	}
	values[1].Better = ""
	return values, nil
}
