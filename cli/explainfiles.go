package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize/english"
	"github.com/reverie-go/reverie/app/counterfactual/explain"
	"github.com/reverie-go/reverie/app/counterfactual/score"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/eval/onnx"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/table"
)

// inSheet is how many images the sheet shows.
const inSheet = 12

// An explainOutput is the folder of an explanation as it is filled.
type explainOutput struct {
	*explainTask
	stems  []string
	text   []picture.Text
	rows   [][]string
	cases  []explain.Case
	titles []string
	made   []float32 // that flipped, where they are compared with images of the target
	tally  *explain.Tally
}

// run explains the images and writes the folder.
func (t *explainTask) run() error {
	w := &explainOutput{explainTask: t, stems: t.set.Stems(), text: t.text(), tally: t.e.Tally(t.sorted)}
	w.begin()
	batch := t.e.Walk().Batch
	t.bar = explainBar{bar: newBar(t.cmd.ErrOrStderr(), -1, "explaining"), batches: (len(t.sorted.Chosen) + batch - 1) / batch, usual: t.o.seeds * (t.o.Halvings + 4)}
	err := t.e.Each(t.cmd.Context(), t.x, t.sorted, w.add)
	t.bar.done()
	if err != nil && len(w.cases) > 0 {
		_ = w.writeTable() // of the images that were explained until then
	}
	if err != nil {
		return err
	}
	return w.end()
}

// text is what the pictures say of how they were made.
func (t *explainTask) text() []picture.Text {
	text := []picture.Text{
		{Key: "Software", Value: "reverie " + version()}, {Key: "model", Value: t.m.Found.Model}, {Key: "weights", Value: t.m.WeightsName()},
		{Key: "classifier", Value: t.c.Name()}, {Key: "target", Value: t.o.target}, {Key: "seed", Value: fmt.Sprint(t.o.seed)},
	}
	if t.judge != nil {
		text = append(text, picture.Text{Key: "judge", Value: t.judge.Name()})
	}
	return append(text, t.settings()...)
}

// settings are those of the method, of the search and of the walk.
func (t *explainTask) settings() (text []picture.Text) {
	for _, f := range table.Fields(&t.o.explaining) {
		text = append(text, picture.Text{Key: f.Name, Value: f.String()})
	}
	return append(text, t.o.solverFlags.text(t.e.Walk())...)
}

// explainColumns are those of table.csv.
var explainColumns = []string{"file", "state", "class", "target", "seed", "scale", "p_before", "p_after", "judge_before", "judge_after", "confirmed", "l1", "l2", "pixels", "other_classes", "cout", "calls", "seconds"}

// begin tells of the images that are not explained.
func (w *explainOutput) begin() {
	own, _ := w.e.Target()
	chosen := w.sorted.Chosen // in order
	for n, class := range w.sorted.Class {
		switch {
		case len(chosen) > 0 && chosen[0] == n:
			chosen = chosen[1:]
		case class == own:
			w.rows = append(w.rows, w.row(n, "target already"))
		default:
			w.rows = append(w.rows, w.row(n, "left out"))
		}
	}
}

// class is the name of a class of the classifier.
func (w *explainOutput) class(k int) string { return w.c.Classes()[k].Name }

// row is the beginning of an image's row.
func (w *explainOutput) row(n int, state string, more ...string) []string {
	row := append([]string{w.set.Images[n].Path, state, w.class(w.sorted.Class[n]), w.o.target}, more...)
	return append(row, make([]string, len(explainColumns)-len(row))...)
}

// number is a number of the table.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

// add takes what is found of an image.
func (w *explainOutput) add(f explain.Finding) error {
	if err := w.tally.Add(f); err != nil {
		return err
	}
	size := w.kind.Size()
	x := w.x[f.Image*size : (f.Image+1)*size]
	own, judged := w.e.Target()
	for i, d := range f.Draws {
		state := "failed"
		if d.Flipped {
			state = "flipped"
			if w.judge != nil {
				w.made = append(w.made, d.X...)
			}
		}
		row := []string{fmt.Sprint(w.o.seed + uint64(i)), number(d.Scale), number(w.sorted.Before[f.Image][own]), number(d.After[own]), "", "", ""}
		if d.Judged != nil {
			row[4], row[5], row[6] = number(w.sorted.Judged[f.Image][judged]), number(d.Judged[judged]), fmt.Sprint(d.Confirmed)
		}
		row = append(row, number(d.L1), number(d.L2), number(d.Pixels), number(d.Elsewhere), number(d.COUT), fmt.Sprint(d.Calls), number(f.Seconds))
		w.rows = append(w.rows, w.row(f.Image, state, row...))
		c := w.shown(f.Image, x, d)
		if i == 0 && len(w.cases) < inSheet {
			w.cases, w.titles = append(w.cases, c), append(w.titles, w.title(f.Image, d))
		}
		if err := w.write(f.Image, i, c); err != nil {
			return err
		}
	}
	return nil
}

// shown is an image with a draw.
func (w *explainOutput) shown(n int, x []float32, d explain.Draw) explain.Case {
	c := explain.Case{H: w.kind.H, W: w.kind.W, C: w.kind.C, X: x, Made: d.X, Mask: d.Mask}
	names := func(of explain.Classifier) []string { return kind.Kind{}.Labelled(of.Classes()).ClassNames() }
	c.Opinions = []explain.Opinion{{Of: "classifier", Classes: names(w.c), Before: w.sorted.Before[n], After: d.After}}
	if w.judge != nil {
		c.Opinions = append(c.Opinions, explain.Opinion{Of: "judge", Classes: names(w.judge), Before: w.sorted.Judged[n], After: d.Judged})
	}
	return c
}

// title is what the sheet says of an image.
func (w *explainOutput) title(n int, d explain.Draw) string {
	text := fmt.Sprintf("%s: %s to %s", w.set.Images[n].Name, w.class(w.sorted.Class[n]), w.o.target)
	switch {
	case !d.Flipped:
		return text + ", FAILED: not flipped"
	case d.Confirmed:
		return text + ", flipped and confirmed"
	case w.judge != nil:
		return text + ", flipped, NOT confirmed"
	}
	return text + ", flipped"
}

// write writes the pictures of a draw of an image.
func (w *explainOutput) write(n, draw int, c explain.Case) error {
	number := ""
	if draw > 0 {
		number = fmt.Sprintf("-%d", draw+1)
	}
	base := filepath.Join(w.out.path, filepath.FromSlash(w.stems[n]))
	if _, err := makeFolder("out", filepath.Dir(base)); err != nil {
		return err
	}
	if err := picture.Write(base+"_after"+number+".png", c.After(), w.text...); err != nil {
		return err
	}
	return picture.Write(base+"_difference"+number+".png", c.Difference(), w.text...)
}

// An explainReport is what report.json says.
type explainReport struct {
	Model      string            `json:"model"`
	Classifier string            `json:"classifier"`
	Judge      string            `json:"judge,omitempty"`
	To         string            `json:"target_class"`
	From       string            `json:"from_class,omitempty"`
	Seed       uint64            `json:"seed"`
	Settings   map[string]string `json:"settings"`
	explain.Report
	KID *kidReport `json:"kid,omitempty"`
}

// A kidReport is how far what flipped is from images of the target.
type kidReport struct {
	Value    float64 `json:"kid_x1000"`
	Made     int     `json:"made"`
	Images   int     `json:"images"`
	Of       string  `json:"of"`
	Features string  `json:"features"`
}

// end writes what tells of all images.
func (w *explainOutput) end() error {
	report, err := w.report()
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	if err := w.writeTable(); err != nil {
		return err
	}
	if err := picture.Write(filepath.Join(w.out.path, "sheet.png"), explain.Sheet(w.cases, w.titles), w.text...); err != nil {
		return err
	}
	if err := checkpoint.WriteFileAtomic(nil, filepath.Join(w.out.path, "report.json"), func(to io.Writer) error { _, err := to.Write(append(text, '\n')); return err }); err != nil {
		return err
	}
	if more := report.Images - report.Target - report.Others - len(w.cases); more > 0 {
		writeNotes(w.cmd.ErrOrStderr(), []string{fmt.Sprintf("sheet.png shows the first %s, and not %d more", english.Plural(len(w.cases), "image", ""), more)})
	}
	return w.print(report)
}

// writeTable writes table.csv.
func (w *explainOutput) writeTable() error {
	return checkpoint.WriteFileAtomic(nil, filepath.Join(w.out.path, "table.csv"), func(to io.Writer) error {
		return csv.NewWriter(to).WriteAll(append([][]string{explainColumns}, w.rows...))
	})
}

// report is that of all images.
func (w *explainOutput) report() (*explainReport, error) {
	r := &explainReport{Model: w.m.Found.Model, Classifier: w.c.Name(), To: w.o.target, From: w.o.from, Seed: w.o.seed, Settings: map[string]string{}}
	if w.judge != nil {
		r.Judge = w.judge.Name()
	}
	for _, t := range w.settings() {
		r.Settings[t.Key] = t.Value
	}
	var err error
	if r.Report, err = w.tally.Report(); err != nil {
		return nil, err
	}
	r.KID, err = w.kid()
	return r, err
}

// print prints the report as a table.
func (w *explainOutput) print(r *explainReport) error {
	var b bytes.Buffer
	tab := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(tab, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	rate := func(r score.Rate) string {
		return fmt.Sprintf("%d of %d: %.3f (%.3f to %.3f)", r.Hits, r.Of, r.Value, r.Low, r.High)
	}
	line("flipped", "%s", rate(r.Flipped))
	if r.Unsure > 0 {
		line("", "%d of them with less than --confidence %v", r.Unsure, w.o.Confidence)
	}
	if n := r.Flipped.Of - r.Flipped.Hits; n > 0 {
		line("failed", "%d, by no scale that was tried", n)
	}
	if r.Confirmed != nil {
		line("confirmed", "%s", rate(*r.Confirmed))
	}
	if c := r.Change; c != nil {
		line("L1", "%.4g", c.L1)
		line("L2", "%.4g", c.L2)
		line("pixels changed", "%.3f", c.Pixels)
		line("other classes", "%.3f", c.Elsewhere)
		line("COUT", "%.3f", c.COUT)
	}
	if r.Diversity != nil {
		line("diversity L2", "%.4g", *r.Diversity)
	}
	if r.KID != nil {
		line("KID x1000", "%.3g, of %d to %d %s", r.KID.Value, r.KID.Made, r.KID.Images, r.KID.Of)
	}
	line("calls of the model", "%.4g", r.Calls)
	line("seconds an image", "%.2g", r.Seconds)
	err := tab.Flush()
	if err == nil {
		_, err = fmt.Fprintf(w.cmd.OutOrStdout(), "%s%s\n", b.String(), w.out.path)
	}
	return err
}

// leastKID and mostTargets bound the images whose distance is measured.
const (
	leastKID    = 10
	mostTargets = 1000
)

// kid measures how far what flipped is from images of the target, by the judge's features. Without
// images it says why there is none, unless they were asked for.
func (w *explainOutput) kid() (*kidReport, error) {
	made := eval.Images{Kind: w.kind, N: len(w.made) / w.kind.Size(), Pix: w.made}
	if w.judge == nil {
		return nil, nil
	}
	ctx, asked := w.cmd.Context(), len(w.o.targetImages) > 0
	r, err := func() (*kidReport, error) {
		if made.N < leastKID {
			return nil, fmt.Errorf("%s flipped, and it takes %d at least", english.Plural(made.N, "image", ""), leastKID)
		}
		real, of, err := w.targets(ctx)
		if err != nil {
			return nil, err
		}
		f, err := w.features()
		if err != nil {
			return nil, err
		}
		defer f.Close()
		a, err := f.Rows(ctx, made)
		if err != nil {
			return nil, err
		}
		b, err := f.Rows(ctx, real)
		if err != nil {
			return nil, err
		}
		v, _, err := eval.KID{Seed: w.o.seed}.Measure(ctx, a, b)
		return &kidReport{1000 * v, made.N, real.N, of, f.Name()}, err
	}()
	switch {
	case err == nil:
		return r, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case asked && made.N >= leastKID:
		return nil, fmt.Errorf("--target-images %s: %w", strings.Join(w.o.targetImages, ","), err)
	}
	writeNotes(w.cmd.ErrOrStderr(), []string{"no KID to the target: " + err.Error()})
	return nil, nil
}

// features are the judge's.
func (w *explainOutput) features() (interface {
	eval.Features
	Close()
}, error) {
	if isONNX(w.o.judge) {
		return onnx.Open(w.m.Engine, w.o.judge)
	}
	return eval.LoadClassifier(w.m.Engine, w.o.judge)
}

// targets are images of the target: those named, or the run's own of its class.
func (w *explainOutput) targets(ctx context.Context) (m eval.Images, of string, err error) {
	m.Kind = w.kind
	if len(w.o.targetImages) > 0 {
		set, err := w.images(w.o.targetImages)
		if err != nil {
			return m, "", err
		}
		m.N = min(set.Len(), mostTargets)
		m.Pix, err = readSet(w.cmd, set, w.kind, m.N)
		return m, strings.Join(w.o.targetImages, ", "), err
	}
	if w.m.Found.Run == "" {
		return m, "", errors.New("the model has no run folder, which names its data; give --target-images")
	}
	c, err := config.Read(w.m.Found.Run)
	if err != nil {
		return m, "", err
	}
	c.DataClass = []string{w.o.target}
	set, err := c.Open(ctx, nil)
	if err != nil {
		return m, "", err
	}
	defer set.Close()
	if err := set.Kind().Comparable(w.kind); err != nil {
		return m, "", err
	}
	for b, err := range set.All(ctx, 64) {
		if err != nil {
			return m, "", err
		}
		m.Pix = append(m.Pix, b.X...)
		if m.N = len(m.Pix) / w.kind.Size(); m.N >= mostTargets {
			break
		}
	}
	return m, "images of class " + w.o.target, nil
}
