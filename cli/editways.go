package cli

import (
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/guide"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
	"github.com/spf13/cobra"
)

// An editWay is a way to edit, by the name that the settings of it have in their tag.
type editWay struct {
	name   string
	chosen func(o *editOptions) bool
	walk   bool // it samples by a solver that may be chosen
	fits   func(o *editOptions, m *model.Loaded, p model.Options) error
	run    func(t *editTask) (shown image.Image, said string, err error)
}

// editWays are the ways, of which the last is taken where none is chosen.
var editWays = []*editWay{
	{"operator", func(o *editOptions) bool { return o.Mask != "" || o.Operator != "" }, true, (*editOptions).fitsMethod, (*editTask).restore},
	{"to", func(o *editOptions) bool { return o.To != "" }, false, func(_ *editOptions, m *model.Loaded, p model.Options) error { return m.FitsMorph(p) }, (*editTask).morph},
	{"invert", func(o *editOptions) bool { return o.Invert }, false, func(_ *editOptions, m *model.Loaded, p model.Options) error { return m.FitsReturn(p) }, (*editTask).goAndReturn},
	{"strength", func(*editOptions) bool { return true }, true, func(_ *editOptions, m *model.Loaded, p model.Options) error { return m.Fits(p) }, (*editTask).redraw},
}

// choose takes the way that the flags choose, and refuses those of another.
func (o *editOptions) choose(cmd *cobra.Command, given []*table.Field, images int) error {
	o.way = editWays[slices.IndexFunc(editWays, func(w *editWay) bool { return w.chosen(o) })]
	for _, f := range given {
		tag := f.Tag.Get("way")
		if f.Owners() != "" {
			tag = table.Find(o.fields, f.Paths[0][0].Flag).Tag.Get("way") // of the row that it is a setting of
		}
		switch ways := strings.Split(tag, ","); {
		case slices.Contains(ways, o.way.name):
		case f.Name == tag:
			return fmt.Errorf("--%s and --%s are two ways to edit; leave one out", f.Name, o.way.name)
		default:
			return fmt.Errorf("--%s belongs to --%s, and this is --%s; leave one out", f.Name, strings.Join(ways, " and --"), o.way.name)
		}
		if err := table.Unused(&o.editing, f.Name); err != nil {
			return err
		}
	}
	changed := cmd.Flags().Changed
	switch {
	case !o.way.walk && (o.Solver != nil || changed("n")):
		return fmt.Errorf("--%s walks by ddim without fresh noise, there and back, once for each image: leave out --solver, its settings and -n", o.way.name)
	case !o.way.walk && slices.ContainsFunc(o.chosen, shifting):
		return fmt.Errorf("--classifier-shift variance goes with solver ddpm, and --%s walks by ddim; leave it out", o.way.name)
	case o.way.name != "to" && changed("gif"):
		return fmt.Errorf("--gif belongs to --to; leave it out")
	case o.way.name == "to" && images != 1:
		return fmt.Errorf("--to goes from one image to another, and %d were given before it", images)
	case o.way.name == "operator":
		return o.chooseOperator()
	}
	return nil
}

// shifting says whether a guide moves the mean of an ancestral step.
func shifting(g model.Guide) bool {
	c, ok := g.(*guide.ClassifierGuide[*tensors.Tensor])
	return ok && c.Shift == "variance"
}

// chooseOperator finds what of mask, operator and method do not go together.
func (o *editOptions) chooseOperator() error {
	if o.Operator == "" {
		o.Operator = "mask"
	}
	row, err := edit.Operators.Find(o.Operator)
	switch {
	case err != nil:
		return err
	case row.Masked && o.Mask == "":
		return fmt.Errorf("--operator mask needs --mask, a picture whose white is to be redrawn")
	case !row.Masked && o.Mask != "":
		return fmt.Errorf("--mask belongs to --operator mask, not to %s; leave one out", o.Operator)
	case !row.Masked && o.InvertMask:
		return fmt.Errorf("--invert-mask belongs to --operator mask, not to %s; leave it out", o.Operator)
	case row.Masked && o.Measured:
		return fmt.Errorf("--measured: what a mask leaves of an image has the image's form; leave it out")
	case !row.Masked && edit.MaskedOnly(o.Method):
		return fmt.Errorf("--method %s puts what is known in its place, which goes with masks alone, not with --operator %s; choose another", o.Method.Row().Name, o.Operator)
	}
	return nil
}

// fitsMethod refuses a method that does not go with what guides, and names those that would.
func (o *editOptions) fitsMethod(m *model.Loaded, p model.Options) error {
	if m.VAE != nil {
		return fmt.Errorf("--operator %s is of pixels; %w: give --strength, --invert or --to", o.Operator, model.ErrLatent)
	}
	var wrong *edit.PriorError
	err := m.FitsRestore(p, o.Method)
	if !errors.As(err, &wrong) {
		return err
	}
	guides, methods := o.blamed(m, p), o.methods(m, p)
	switch {
	case len(guides) == 0 && methods == "":
		return fmt.Errorf("--method %s: %w", wrong.Method, wrong.Err)
	case len(guides) == 0:
		return fmt.Errorf("--method %s: %w; choose --method %s", wrong.Method, wrong.Err, methods)
	}
	leave := "leave it out"
	if len(guides) > 1 {
		leave = "leave them out"
	}
	if methods != "" {
		leave += ", or choose --method " + methods
	}
	return fmt.Errorf("guide %s: %w, and does not go with edit --method %s; %s", english.WordSeries(guides, "and"), wrong.Err, wrong.Method, leave)
}

// methods are those in the chosen one's place that go with what guides.
func (o *editOptions) methods(m *model.Loaded, p model.Options) string {
	row, err := edit.Operators.Find(o.Operator)
	var names []string
	for _, method := range model.Methods.Rows() {
		var wrong *edit.PriorError
		if err == nil && (row.Masked || !edit.MaskedOnly(method)) && !errors.As(m.FitsRestore(p, method), &wrong) {
			names = append(names, method.Row().Name)
		}
	}
	return english.WordSeries(names, "or")
}

// blamed are the guides without which the method would go with the model, one or, where none alone
// is to blame, all of them.
func (o *editOptions) blamed(m *model.Loaded, p model.Options) (names []string) {
	for i, g := range p.Guides {
		var wrong *edit.PriorError
		without := p
		if without.Guides = slices.Delete(slices.Clone(p.Guides), i, i+1); !m.Conditional() {
			without.Class = nil
		}
		if !errors.As(m.FitsRestore(without, o.Method), &wrong) {
			return []string{g.Row().Name}
		}
		names = append(names, g.Row().Name)
	}
	return names
}

// said are the settings of the way, as flags.
func (o *editOptions) said() (all []string) {
	for _, f := range o.settings() {
		all = append(all, f.Name+" "+f.String())
	}
	return all
}

// settings are those of the way that are set.
func (o *editOptions) settings() (all []*table.Field) {
	fields := table.Fields(&o.editing)
	for _, f := range fields {
		tag := f.Tag.Get("way")
		if len(f.Paths[0]) > 0 {
			tag = table.Find(fields, f.Paths[0][0].Flag).Tag.Get("way")
		}
		if slices.Contains(strings.Split(tag, ","), o.way.name) && (!f.IsZero() || len(f.Paths[0]) > 0) {
			all = append(all, f)
		}
	}
	return all
}

// redraw noises the images and samples on.
func (t *editTask) redraw() (image.Image, string, error) {
	x, err := t.m.Redraw(t.cmd.Context(), t.options, times(t.x, t.kind.Size(), t.o.n), t.o.Strength)
	if err != nil {
		return nil, "", err
	}
	return t.table(picture.Each(t.x, t.kind), nil, x), fmt.Sprintf("walked the last %d of %s", int(math.Ceil(t.o.Strength*float64(t.options.Steps))), english.Plural(t.options.Steps, "step", "")), nil
}

// goAndReturn inverts the images and samples again.
func (t *editTask) goAndReturn() (image.Image, string, error) {
	x, off, err := t.m.GoAndReturn(t.cmd.Context(), t.options, t.x, t.o.Inversion)
	if err != nil {
		return nil, "", err
	}
	if t.o.class != "" {
		return t.table(picture.Each(t.x, t.kind), nil, x), fmt.Sprintf("of class %s, changed by %s of the image's length", t.o.class, shares(off)), nil
	}
	return t.table(picture.Each(t.x, t.kind), nil, x), roundTrip(off), nil
}

// roundTrip says how exactly images came back.
func roundTrip(off []float64) string {
	return fmt.Sprintf("round trip: off by %s of the image's length", shares(off))
}

// shares are the mean and the largest of errors.
func shares(off []float64) string {
	if len(off) == 1 {
		return fmt.Sprintf("%.3g", off[0])
	}
	mean := 0.
	for _, v := range off {
		mean += v / float64(len(off))
	}
	return fmt.Sprintf("%.3g on average, %.3g at most", mean, slices.Max(off))
}

// morph goes from one image to another.
func (t *editTask) morph() (image.Image, string, error) {
	x, off, err := t.m.Morph(t.cmd.Context(), t.options, t.x, t.o.Inversion, t.o.Frames)
	if err != nil {
		return nil, "", err
	}
	frames := picture.Each(x, t.kind)
	for _, f := range frames {
		t.frames = append(t.frames, enlarged(f, max(1, 256/t.kind.W)))
	}
	return picture.Strip(frames, picture.Layout{}), roundTrip(off[:]), nil
}

// restore draws images that agree with what is known.
func (t *editTask) restore() (image.Image, string, error) {
	s := t.a.Shape()
	r, err := t.m.Restore(t.cmd.Context(), t.options, times(t.y, s.Size(), t.o.n), t.a, t.o.Method)
	if err != nil {
		return nil, "", err
	}
	var known []image.Image
	for _, y := range picture.Each(t.y, kind.OfImages(s.H, s.W, s.C)) {
		known = append(known, enlarged(y, t.kind.W/s.W))
	}
	said := fmt.Sprintf("what is known is met but for %s of it", shares(r.Misfit))
	if r.Residual > 0 {
		said += fmt.Sprintf("; the equations of its steps solved but for %.2g on average", r.Residual)
	}
	if t.o.Measured {
		return t.table(known, nil, r.Images), said, nil
	}
	return t.table(picture.Each(t.x, t.kind), known, r.Images), said, nil
}

// enlarged is a picture k times as large.
func enlarged(img image.Image, k int) image.Image {
	return picture.Grid([]image.Image{img}, picture.Layout{Columns: 1, Pad: -1, Scale: k})
}

// times repeats each of samples of a size.
func times(x []float32, size, n int) (all []float32) {
	for sample := range slices.Chunk(x, size) {
		all = append(all, slices.Repeat(sample, n)...)
	}
	return all
}

// table is a row for each image: itself, what is known of it, and what became of it.
func (t *editTask) table(first, known []image.Image, made []float32) image.Image {
	results := picture.Each(made, t.kind)
	per := len(results) / len(first)
	var all []image.Image
	for i := range first {
		all = append(all, first[i])
		if known != nil {
			all = append(all, known[i])
		}
		all = append(all, results[i*per:(i+1)*per]...)
	}
	return picture.Grid(all, picture.Layout{Columns: len(all) / len(first)})
}

// text are the chunks of the picture.
func (t *editTask) text() []picture.Text {
	text := []picture.Text{
		{Key: "Software", Value: "reverie " + version()}, {Key: "model", Value: t.m.Found.Model}, {Key: "weights", Value: t.m.WeightsName()},
		{Key: "images", Value: strings.Join(t.images, " ")}, {Key: "seed", Value: fmt.Sprint(t.o.seed)}, {Key: "n", Value: fmt.Sprint(t.o.n)},
		{Key: "size", Value: fmt.Sprintf("%dx%d", t.kind.H, t.kind.W)},
	}
	if t.o.class != "" {
		text = append(text, picture.Text{Key: "class", Value: t.o.class})
	}
	for _, f := range t.o.settings() {
		text = append(text, picture.Text{Key: f.Name, Value: f.String()})
	}
	return append(text, t.o.solverFlags.text(t.options)...)
}

// usualSolver is that of a way where none was chosen; nil: the model's. What agrees with a
// measurement is drawn better where noise anew mends what a step before got wrong.
func (w *editWay) usualSolver() model.Solver {
	switch w.name {
	case "operator":
		return &sample.DDIM[*tensors.Tensor]{Eta: 1}
	case "strength":
		return nil
	}
	return &sample.DDIM[*tensors.Tensor]{}
}
