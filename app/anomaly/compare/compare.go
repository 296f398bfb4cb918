// Package compare has several ways to find anomalies look at the same images, keeps what each finds
// as files, and says by the same protocol how good each is:
//
//	s := compare.Study{Images: set, Validation: valid, Rate: 0.01, Dir: "anomaly"}
//	r, err := s.Find(ctx, compare.Way{Name: "recon", Finder: examiner})
//	err = compare.WriteText(os.Stdout, []*compare.Result{r})
//
// Where the masks of the images are known they only judge: the threshold comes of validation
// images, or of the maps themselves (score.Otsu), never of the masks that it is measured with.
package compare

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"time"

	"github.com/reverie-go/reverie/app/anomaly/examine"
	"github.com/reverie-go/reverie/app/anomaly/images"
	"github.com/reverie-go/reverie/app/anomaly/score"
	"github.com/reverie-go/reverie/app/anomaly/show"
	"github.com/reverie-go/reverie/data/picture"
)

// A Way is a way to find anomalies, such as an [examine.Examiner], and the name that its files and
// rows have.
type Way struct {
	Name   string
	Finder examine.Finder
}

// A Study is what ways are compared on.
type Study struct {
	Images *images.Set
	// Validation are other images, on which the threshold is chosen; nil: it is Otsu's, of the maps
	// of Images.
	Validation *images.Set
	// Rate is the share of the pixels of healthy validation images that the threshold marks, in
	// [0,1); see score.FalsePositiveThreshold.
	Rate float64
	// Dir is where the files are written, see [Study.Find]; "": nowhere.
	Dir  string
	Text []picture.Text // of each picture
	// Sheet is how many images the sheet shows, those with the highest scores.
	Sheet     int
	Bootstrap score.Bootstrap // of the intervals; of less than 0 replicates there are none
	// Progress is called as images are done, of both sets; nil: not.
	Progress func(way string, done, total int)
}

// A seen is what was found in an image.
type seen struct {
	score.Image
	value  float64 // its score
	healed []float32
	known  bool // which pixels are lesion
}

// normal says whether it is known that an image has no lesion.
func (s seen) normal() bool { return s.known && !slices.Contains(s.Mask, true) }

// Find has one way look at the images. In Dir it writes, for an image of that name (see
// images.Set.Stems), as soon as it is looked at, WAY/NAME_map.npz, and when all are the pictures of
// show.Case.WritePictures; their colours have one scale, whose top is the largest score. WAY.png is
// the sheet of the images with the highest scores.
func (s *Study) Find(ctx context.Context, w Way) (*Result, error) {
	began, r := time.Now(), &Result{Name: w.Name}
	total := s.Images.Len()
	if s.Validation != nil {
		total += s.Validation.Len()
	}
	done := 0
	tell := func() {
		if done++; s.Progress != nil {
			s.Progress(w.Name, done, total)
		}
	}
	var valid []seen
	var err error
	if s.Validation != nil {
		if valid, err = look(ctx, w, s.Validation, func(int, examine.Finding) error { tell(); return nil }); err != nil {
			return nil, fmt.Errorf("validation: %w", err)
		}
		for i := range valid {
			valid[i].healed = nil
		}
	}
	stems := s.Images.Stems()
	all, err := look(ctx, w, s.Images, func(i int, f examine.Finding) error {
		r.Levels = f.Levels
		tell()
		if s.Dir == "" {
			return nil
		}
		m := s.Images.Images[i]
		return show.WriteMap(filepath.Join(s.Dir, w.Name), stems[i], f.Map, m.H, m.W)
	})
	if err != nil {
		return nil, err
	}
	r.Seconds = time.Since(began).Seconds()
	if err := r.mark(s, all, valid); err != nil {
		return nil, fmt.Errorf("%s: %w", w.Name, err)
	}
	if s.Dir != "" {
		if err := s.draw(ctx, w, all, stems); err != nil {
			return nil, err
		}
	}
	return r, r.measure(ctx, s, all)
}

// look looks at the images of a set, and calls f with each.
func look(ctx context.Context, w Way, set *images.Set, f func(i int, found examine.Finding) error) ([]seen, error) {
	all := make([]seen, set.Len())
	err := w.Finder.Each(ctx, set, func(i int, found examine.Finding) error {
		m := set.Images[i]
		mask, err := set.Mask(ctx, i)
		if err != nil {
			return err
		}
		all[i] = seen{Image: score.Image{H: m.H, W: m.W, Map: score.Rounded(found.Map), Mask: mask}, value: found.Score, healed: found.Healed, known: mask != nil}
		all[i].Score = &all[i].value
		return f(i, found)
	})
	return all, err
}

// mark finds the threshold, and what it marks of each image.
func (r *Result) mark(s *Study, all, valid []seen) (err error) {
	if s.Validation != nil {
		healthy := slices.DeleteFunc(slices.Clone(valid), func(v seen) bool { return !v.normal() })
		if len(healthy) == 0 {
			return errors.New("no validation image is known to be without a lesion, and by such the threshold is chosen: give some in a folder good, or with masks that are black")
		}
		r.Threshold, err = score.FalsePositiveThreshold(s.Rate, maps(healthy)...)
		r.By = fmt.Sprintf("marks %.3g of the pixels of %d healthy validation images", s.Rate, len(healthy))
		r.Means = means(valid)
		r.Means.Of = "validation"
		if v, err := auprc(valid); err == nil {
			r.Valid = &v
		}
	} else {
		r.Threshold, err = score.Otsu(maps(all)...)
		r.By = "Otsu's, of all maps"
		if errors.Is(err, score.ErrUndefined) { // nothing is odder than anything else
			r.Threshold, err = float64(all[0].Map[0]), nil
			r.By = "all maps are this number"
		}
		r.Means = means(all)
		r.Means.Of = "examined"
	}
	if err != nil {
		return err
	}
	for i, v := range all {
		m := s.Images.Images[i]
		line := Line{Image: m.Path, Height: m.H, Width: m.W, Score: v.value}
		marked := 0
		for _, x := range v.Map {
			if float64(x) > r.Threshold {
				marked++
			}
		}
		line.Marked = float64(marked) / float64(len(v.Map))
		if v.known {
			lesion := m.Lesion
			line.Lesion = &lesion
			if one, err := score.New([]score.Image{v.Image}); err == nil && lesion > 0 {
				if d, err := one.Measure(score.Dice(r.Threshold)); err == nil {
					line.Dice = &d
				}
			}
		}
		r.Images = append(r.Images, line)
	}
	return nil
}

// maps are those of images.
func maps(all []seen) (m [][]float32) {
	for _, v := range all {
		m = append(m, v.Map)
	}
	return m
}

// draw writes the pictures.
func (s *Study) draw(ctx context.Context, w Way, all []seen, stems []string) error {
	top := 0.
	for _, v := range all {
		top = max(top, v.value)
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(all[j].value, all[i].value) })
	var cases []show.Case
	var titles []string
	for _, i := range order {
		v := all[i]
		x, err := s.Images.Read(ctx, i, v.H, v.W)
		if err != nil {
			return err
		}
		c := show.Case{H: v.H, W: v.W, C: len(x) / (v.H * v.W), X: x, Healed: v.healed, Mask: v.Mask, Top: top}
		c.Map = make([]float64, len(v.Map))
		for k, m := range v.Map {
			c.Map[k] = math.Max(0, float64(m))
		}
		if _, err := c.WritePictures(filepath.Join(s.Dir, w.Name), stems[i], s.Text...); err != nil {
			return err
		}
		if len(cases) < s.Sheet {
			cases, titles = append(cases, c), append(titles, fmt.Sprintf("%s   score %.3g", stems[i], v.value))
		}
	}
	if len(cases) == 0 {
		return nil
	}
	sheet, err := show.Sheet(cases, titles)
	if err != nil {
		return err
	}
	return picture.Write(filepath.Join(s.Dir, w.Name+".png"), sheet, s.Text...)
}

// Best returns the number of the way whose maps of a set have the highest AUPRC, and that of each.
// The set needs masks with lesions.
func Best(ctx context.Context, ways []Way, set *images.Set, progress func(way string, done, total int)) (best int, all []float64, err error) {
	for i, w := range ways {
		done := 0
		found, err := look(ctx, w, set, func(int, examine.Finding) error {
			if done++; progress != nil {
				progress(w.Name, done, set.Len())
			}
			return nil
		})
		if err != nil {
			return 0, nil, err
		}
		v, err := auprc(found)
		if err != nil {
			return 0, nil, err
		}
		if all = append(all, v); v > all[best] {
			best = i
		}
	}
	return best, all, nil
}

// auprc is that of the images whose masks are known.
func auprc(all []seen) (float64, error) {
	known, err := setOf(all)
	if err == nil && known == nil {
		err = errors.New("no masks are known of the validation images: give some")
	}
	if err != nil {
		return 0, err
	}
	return known.Measure(score.AUPRC())
}
