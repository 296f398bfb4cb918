// Package config holds the configuration of a training run: what config.json in a run folder says,
// what the flags of `reverie train` set, and the presets that fill what neither names. It opens no
// file of the user's, so a wrong command line is found before anything is touched.
//
// A field is written once, as a tagged field of a part of [Run] or of a row that it chooses
// (package table); flags, help, checks, config.json and what a resumed run may change are derived
// from it. Its tag "resume" says what a resumed run may change: "free" as it likes, "stop" as one
// of what ends a run, "moved" as far as the same data lie elsewhere, which their fingerprint
// decides once they are read.
package config

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/sound/mix"
	"github.com/reverie-go/reverie/formulation"
	"github.com/reverie-go/reverie/internal/jsonfile"
	"github.com/reverie-go/reverie/learn"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/noise"
	"github.com/reverie-go/reverie/table"
)

// Run is the effective configuration of one training run. The names of its fields are those of
// flags and the keys of config.json, so that an error about either can name both.
type Run struct {
	Preset string `flag:"preset" of:"preset" help:"start from this preset" group:"Optimiser"`
	Stops
	Sources
	Network
	Conditioning
	formulation.Formulation
	Optimiser
	Sampler
	Rhythm
}

// Stops are what ends a run; the first that is reached does.
type Stops struct {
	Epochs int           `flag:"epochs" range:"[0,2^40]" help:"stop after that many passes over the data" group:"Optimiser" resume:"stop"`
	Steps  int           `flag:"steps" range:"[0,2^40]" help:"stop after that many steps" group:"Optimiser" resume:"stop"`
	Time   time.Duration `flag:"time" range:"[0s,100000h]" help:"stop after that much training time, such as 8m or 2h30m" group:"Optimiser" resume:"stop"`
}

// Sources are what a run learns from.
type Sources struct {
	Data []string `flag:"data" whole:"true" resume:"moved"` // absolute roots of the image folders; empty: the embedded emoji
	Images
	Sound
	ImageChannels int     `flag:"image-channels" range:"[1,4096]" help:"1 grey, 3 RGB, 4 RGBA" group:"Data"`
	LabelColumn   string  `flag:"label-column" help:"the column that holds the labels: of metadata.jsonl and .csv (default label), or of a table, of whose points it is no number then" group:"Data" rare:"true"`
	Val           float64 `flag:"val" range:"[0,0.9]" help:"share of the images held out for validation" group:"Data"`
}

// Images are what is made of images, and not of points.
type Images struct {
	DataClass  []string  `flag:"data-class" help:"train on these classes only (comma-separated; none: all)" group:"Data"`
	Labels     string    `flag:"labels" of:"labels" optional:"true" help:"where it stands of which class an image is (own data: auto)" group:"Data" rare:"true"` // "": folders, as the first runs
	Resolution data.Size `flag:"resolution" help:"image size: 64, or HEIGHTxWIDTH" group:"Data"`
	Crop       string    `flag:"crop" of:"crop" help:"fit other shapes by" group:"Data"`
	Flip       bool      `flag:"flip" help:"mirror images left to right at random (--flip=false: never)" group:"Data"`
	Split      string    `flag:"split" of:"split" help:"by what images are held out (own data: pixels)" group:"Data" rare:"true"`
	Strict     bool      `flag:"strict" help:"fail on an unreadable image instead of skipping it" group:"Data" rare:"true"`
	MaxPixels  int       `flag:"max-pixels" range:"[0,2^30]" help:"leave out images with more pixels, unread; decoding takes up to 8 bytes for each" zero:"100 million" group:"Data" rare:"true"`
	Cache      int       `flag:"cache" range:"[0,2^20]" help:"memory for decoded images, MiB; at most half of what there is" group:"Data" rare:"true"`
}

// Sound is what is made of recordings.
type Sound struct {
	Rate int          `flag:"rate" range:"[0,192000]" help:"of recordings, the samples a second that they are brought to" zero:"8000" group:"Data" rare:"true"`
	Hop  int          `flag:"hop" range:"[0,4096]" help:"of recordings, the samples from one frame of their spectra to the next" zero:"a quarter of a frame" group:"Data" rare:"true"`
	SNR  mix.Decibels `flag:"mix-snr" help:"ratio of speech to the noise of --mix, dB: one, or LO:HI, drawn anew each time" group:"Data"`
}

// Network is what learns.
type Network struct {
	Arch net.Architecture `flag:"arch" of:"arch" help:"network" group:"Network"`
	VAE  string           `flag:"vae" help:"learn the latents of this run's autoencoder" group:"Network"` // its absolute path; "": images
}

// Conditioning is what the network is told of each sample beside its time.
type Conditioning struct {
	ClassCond bool    `flag:"class-cond" help:"learn the classes of the data apart, and what there is without, for sample --class" group:"Network"`
	ClassDrop float64 `flag:"class-drop" range:"[0,1)" help:"share of the samples whose class is dropped in training" group:"Network" rare:"true"`
}

// Optimiser is how a step changes the weights.
type Optimiser struct {
	Batch       int        `flag:"batch" range:"[1,65536]" help:"images per step" group:"Optimiser"`
	LR          float64    `flag:"lr" range:"(0,1e38]" help:"learning rate of Adam" group:"Optimiser" resume:"free"` // after warm-up
	Warmup      int        `flag:"warmup" range:"[0,2^30]" help:"steps over which the rate rises" group:"Optimiser" rare:"true" resume:"free"`
	LRSchedule  string     `flag:"lr-schedule" of:"lr-schedule" help:"rate over the run" group:"Optimiser" rare:"true" resume:"free"`
	AdamBetas   [2]float64 `flag:"adam-betas" range:"(0,1)" help:"decays of Adam's two moments" group:"Optimiser" rare:"true"` // to the optimiser 0 means its default
	WeightDecay float64    `flag:"weight-decay" range:"[0,10]" help:"share of the weights, times the rate, that a step takes off them (AdamW)" zero:"none" group:"Optimiser" rare:"true"`
	ClipNorm    float64    `flag:"clip-norm" range:"[0,1e38]" help:"limit of the gradient's norm" zero:"none" group:"Optimiser" rare:"true"`
	EMA         float64    `flag:"ema" range:"[0,1)" help:"decay of the averaged weights" zero:"none" group:"Optimiser"`
	Seed        uint64     `flag:"seed" help:"seed of all that is random" group:"Sampling"`
}

// Sampler is the run's own, for its pictures and as the default of `sample`. Of the solver's
// settings the variance is that of the network's prediction, and the level is no other than where a
// solver itself begins: that of Formulation is where the network learns.
type Sampler struct {
	Solver      table.Row `flag:"solver" of:"solver" omit:"variance,level" help:"the run's own sampler" group:"Sampling"`
	SampleSteps int       `flag:"sample-steps" range:"[0,100000]" help:"its steps" zero:"the solver's own" group:"Sampling"`
	Clamp       string    `flag:"clamp" of:"clamp" help:"keep to [-1,1] while sampling" group:"Sampling" rare:"true"`
}

// Rhythm is when a run saves and draws.
type Rhythm struct {
	SaveEvery   int    `flag:"save-every" range:"[0,2^40]" help:"steps between checkpoints; the first of a run comes after half a minute" zero:"only at the end" group:"Output" resume:"free"`
	Keep        int    `flag:"keep" range:"[0,2^40]" help:"checkpoints kept" zero:"all" group:"Output" rare:"true" resume:"free"`
	Best        string `flag:"best" of:"best" optional:"true" help:"keep the best checkpoint too, judged at each save on the held-out images by" group:"Output" rare:"true" resume:"free"`
	SampleEvery int    `flag:"sample-every" range:"[0,2^40]" help:"epochs between pictures, which also come after half a minute and every five in long ones" zero:"never" group:"Output" rare:"true" resume:"free"`
	SampleN     int    `flag:"sample-n" range:"[0,1024]" help:"images in the grid of pictures" zero:"none" group:"Output" rare:"true"`
}

// Fields are the fields of r in force: those of its parts and of the rows that it chooses.
func (r *Run) Fields() []*table.Field { return table.Fields(r) }

// Set sets fields of r in force as their flags do: pairs of a name and a value, a row before what
// is its own.
func (r *Run) Set(pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		f := table.Find(r.Fields(), pairs[i])
		if f == nil {
			return table.Unused(r, pairs[i])
		}
		if err := f.Set(pairs[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// Flags are the fields that a run may have, of whichever rows, for a command line to set: see
// table.All and With.
func Flags() []*table.Field { return table.All(new(Run)) }

// RangeOf is the range of the numbers that a field of Run itself takes. It panics for a field that
// has none.
func RangeOf(name string) table.Range {
	r, ok := table.Find(table.Fields(new(Run)), name).Range()
	if !ok {
		panic("config: no range of --" + name)
	}
	return r
}

// MarshalJSON implements json.Marshaler: one object of the fields in force.
func (r *Run) MarshalJSON() ([]byte, error) { return table.Encode(r) }

// UnmarshalJSON implements json.Unmarshaler. Fields of rows that r does not choose are passed over,
// unknown ones are errors.
func (r *Run) UnmarshalJSON(b []byte) error { return table.Decode(r, b) }

// JSON returns the text of config.json.
func (r *Run) JSON() ([]byte, error) {
	b, err := table.Encode(r)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := json.Indent(&text, b, "", "  "); err != nil {
		return nil, err
	}
	return append(text.Bytes(), '\n'), nil
}

// MaxJSON bounds a config.json that is read back: ours are under 4 KiB.
const MaxJSON = 1 << 20

// Parse reads a config.json and validates it. Unknown fields, keys that come twice and text after
// the configuration are errors.
func Parse(rd io.Reader) (*Run, error) {
	text, err := io.ReadAll(io.LimitReader(rd, MaxJSON+1))
	if err != nil {
		return nil, err
	}
	if len(text) > MaxJSON {
		return nil, fmt.Errorf("longer than %d bytes; a run's configuration is not", MaxJSON)
	}
	r := new(Run)
	if err := jsonfile.Strict(text, r); err != nil {
		return nil, err
	}
	r.fillOld()
	return r, r.Validate()
}

// fillOld gives the fields that the first release did not write what it did.
func (r *Run) fillOld() {
	r.Split = cmp.Or(r.Split, "bytes")
	r.Coupling = cmp.Or(r.Coupling, "none")
	if r.Way == nil && r.Arch != nil && r.Denoises() {
		r.Way = learn.Denoising{}
	}
	if r.Bridge == nil {
		r.Bridge = learn.Bridges.Rows()[0]
	}
	if r.Times == nil {
		r.Times = formulation.Uniform
	}
	if r.Noise == nil {
		r.Noise = noise.Gaussian
	}
}
