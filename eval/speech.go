package eval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"github.com/reverie-go/reverie/app/speech"
	"github.com/reverie-go/reverie/app/speech/score"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data/recordings"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/table"
)

// The metrics of speech, which Speech measures of whole recordings.
var (
	siSDR = Plain{Base{Info: table.Info{Name: "si-sdr", Text: "of speech: scale-invariant ratio of signal to distortion, dB, cleaned and noisy"}, Subject: SpeechOnly}, ofWhole}
	estoi = Plain{Base{Info: table.Info{Name: "estoi", Text: "of speech: extended short-time objective intelligibility, at most 1"}, Subject: SpeechOnly}, ofWhole}
)

// ofWhole says of a metric of whole recordings that there is none of segments.
func ofWhole(context.Context, *Case) ([]Value, error) {
	return nil, fmt.Errorf("%w: it is of whole recordings", ErrUnfit)
}

// SpeechRatios are the ratios of speech to noise, in dB, at which Speech mixes.
var SpeechRatios = []float64{-5, 0, 5, 10}

// usualRecordings is how many recordings Speech cleans where nothing is said.
const usualRecordings = 20

// A SpeechCase is what was measured of one recording.
type SpeechCase struct {
	Recording string  `json:"recording"`
	Noise     string  `json:"noise,omitempty"`
	SNR       float64 `json:"snr"` // of the mixture, dB; of a pair 0
	// Noisy and Clean are the metric of the noisy recording and of the cleaned one.
	Noisy float64 `json:"noisy"`
	Clean float64 `json:"clean"`
}

// A SpeechRow is a metric at one ratio: means with their 95% intervals.
type SpeechRow struct {
	Metric     string         `json:"metric"`
	SNR        float64        `json:"snr"`
	Recordings int            `json:"recordings"`
	Noisy      score.Interval `json:"noisy"`
	Clean      score.Interval `json:"clean"`
	Gain       score.Interval `json:"gain"`
	Cases      []SpeechCase   `json:"cases"`
}

// A SpeechReport is what Speech found.
type SpeechReport struct {
	Model string      `json:"model"`
	Mixed bool        `json:"mixed"` // at the ratios; else pairs
	Rows  []SpeechRow `json:"rows"`
	Left  int         `json:"left"` // numbers that are not defined, such as of what is too short
}

// Speech cleans recordings that the run of a model of speech held out, mixed with noise that it
// held out at SpeechRatios, or its held-out pairs, and says what the metrics gain. Names are other
// clean recordings, of which all count. Of o Metrics, Sampling, Given, Prepare and Progress count.
func Speech(ctx context.Context, m *model.Loaded, names []string, o Options) (*SpeechReport, error) {
	metrics, err := speechMetrics(m, o)
	if err != nil {
		return nil, err
	}
	if m.Found.Run == "" {
		return nil, fmt.Errorf("%s is not in a run folder, whose configuration names its noise; give the run", m.Found.Model)
	}
	run, err := config.Read(m.Found.Run)
	if err != nil {
		return nil, err
	}
	p := o.Sampling
	most := cmp.Or(p.N, usualRecordings)
	p.Batch = cmp.Or(p.Batch, 32)
	size := m.Kind.Size()
	p.N, p.Start = p.Batch, func(_, n int) ([]float32, error) { return make([]float32, n*size), nil }
	if o.Prepare != nil {
		err = o.Prepare(m, &p)
	} else {
		err = m.Fits(p)
	}
	if err != nil {
		return nil, err
	}
	roots, recs, err := speechData(run, m, names)
	if err != nil {
		return nil, err
	}
	r := &SpeechReport{Model: m.Found.Model, Mixed: recs.Mix != nil}
	done := 0
	total := most
	if r.Mixed {
		total *= len(SpeechRatios)
	}
	cases := map[string][]SpeechCase{}
	err = recordings.EachTest(ctx, roots, recs, len(names) > 0, SpeechRatios, most, func(t recordings.Test) error {
		if o.Progress != nil {
			o.Progress("cleaning", done, total)
		}
		done++
		clean, err := cleaned(ctx, m, p, t)
		if err != nil {
			return err
		}
		for _, metric := range metrics {
			a, errA := speechScore(metric, t, t.Noisy)
			b, errB := speechScore(metric, t, clean)
			if err := errors.Join(errA, errB); errors.Is(err, score.ErrUndefined) {
				r.Left++
				continue
			} else if err != nil {
				return fmt.Errorf("%s: %w", t.Path, err)
			}
			key := fmt.Sprint(metric, t.SNR)
			cases[key] = append(cases[key], SpeechCase{t.Path, t.Noise, t.SNR, a, b})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	ratios := SpeechRatios
	if !r.Mixed {
		ratios = []float64{0}
	}
	for _, metric := range metrics {
		for _, ratio := range ratios {
			of := cases[fmt.Sprint(metric, ratio)]
			if len(of) < 2 {
				return nil, fmt.Errorf("%s of %d recordings at %v dB: expected at least 2 that are long enough; give a larger -n, or DATA", metric, len(of), ratio)
			}
			row, err := speechRow(metric, ratio, of, p.Seed)
			if err != nil {
				return nil, err
			}
			r.Rows = append(r.Rows, row)
		}
	}
	return r, nil
}

// speechMetrics are the names of the metrics that are asked for.
func speechMetrics(m *model.Loaded, o Options) (names []string, err error) {
	if m.Kind.Spectrum == nil || !m.Spec.Paired {
		return nil, fmt.Errorf("eval: %s makes no speech clean", m.Found.Model)
	}
	for _, metric := range o.Metrics {
		a := metric.About()
		switch {
		case a.Subject == SpeechOnly:
			names = append(names, a.Name)
		case !o.Fitting:
			return nil, refused("metrics", "%s judges no speech: give si-sdr, estoi", a.Name)
		}
	}
	return names, nil
}

// speechData are the clean recordings, and how they are opened.
func speechData(run *config.Run, m *model.Loaded, names []string) (roots []string, o recordings.Options, err error) {
	if len(names) == 0 {
		names = run.Data
	} else if len(run.Mix) == 0 {
		return nil, o, fmt.Errorf("DATA are clean recordings, which a run of --pairs has no noise to mix with; leave them out")
	}
	if names, err = source.Resolve(names); err != nil {
		return nil, o, err
	}
	return source.SoundPaths(names), recordings.Options{
		Kind: m.Kind, Noisy: source.SoundPaths(run.Pairs), Mix: source.SoundPaths(run.Mix), Ratios: run.SNR, Val: run.Val, Seed: run.Seed, CacheBytes: 1 << 28,
	}, nil
}

// cleaned is a noisy recording made clean.
func cleaned(ctx context.Context, m *model.Loaded, p model.Options, t recordings.Test) ([]float64, error) {
	c, err := speech.New(m.Kind, t.Rate, 1, p.Batch, func(ctx context.Context, first int, noisy []float32, n int) ([]float32, error) {
		own := p
		own.N, own.First, own.Batch = n, first, n
		own.Start = func(int, int) ([]float32, error) { return noisy, nil }
		return m.Sample(ctx, own)
	})
	if err != nil {
		return nil, err
	}
	out, err := c.Push(ctx, [][]float64{t.Noisy})
	if err != nil {
		return nil, err
	}
	rest, err := c.Flush(ctx)
	if err != nil {
		return nil, err
	}
	return append(out[0], rest[0]...), nil
}

// speechScore is a metric of a recording.
func speechScore(metric string, t recordings.Test, x []float64) (v float64, err error) {
	if metric == "estoi" {
		return score.ESTOI(t.Clean, x, t.Rate)
	}
	if v, err = score.SISDR(t.Clean, x); err == nil && math.IsInf(v, 0) {
		return 0, fmt.Errorf("SI-SDR %w: it is %v", score.ErrUndefined, v)
	}
	return v, err
}

// speechRow makes means of cases.
func speechRow(metric string, ratio float64, of []SpeechCase, seed uint64) (row SpeechRow, err error) {
	row = SpeechRow{Metric: metric, SNR: ratio, Recordings: len(of), Cases: of}
	noisy, clean, gain := make([]float64, len(of)), make([]float64, len(of)), make([]float64, len(of))
	for i, c := range of {
		noisy[i], clean[i], gain[i] = c.Noisy, c.Clean, c.Clean-c.Noisy
	}
	for _, v := range []struct {
		to *score.Interval
		of []float64
	}{{&row.Noisy, noisy}, {&row.Clean, clean}, {&row.Gain, gain}} {
		if *v.to, err = score.Mean(v.of, score.Bootstrap{Seed: seed}); err != nil {
			return row, err
		}
	}
	return row, nil
}

// WriteText writes the report as a table.
func (r *SpeechReport) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "metric\tSNR, dB\trecordings\tnoisy\tcleaned\tgain (95%% interval)\n")
	for _, row := range r.Rows {
		snr := "pairs"
		if r.Mixed {
			snr = fmt.Sprint(row.SNR)
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%.3g\t%.3g\t%+.3g (%+.3g to %+.3g)\n", row.Metric, snr, row.Recordings, row.Noisy.Value, row.Clean.Value, row.Gain.Value, row.Gain.Low, row.Gain.High)
	}
	if r.Left > 0 {
		fmt.Fprintf(t, "\n%d numbers are not defined, of what is silent or too short, and left out\n", r.Left)
	}
	return t.Flush()
}
