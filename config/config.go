// Package config holds the configuration of a training run: what config.json
// in a run folder says, what the flags of `reverie train` set, and the presets
// that fill what neither names. It opens no file of the user's and imports no
// engine, so a wrong command line is found before anything is touched.
package config

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/internal/jsonfile"
)

// Run is the effective configuration of one training run. Its JSON keys are the
// names of the flags, so that an error about either can name both.
type Run struct {
	Preset string `json:"preset"` // preset the run started from: small or lecture

	// Data.
	Data          []string `json:"data"`           // absolute roots of the image folders; empty: the embedded emoji
	DataClass     []string `json:"data-class"`     // class folders to train on; empty: all
	Resolution    Size     `json:"resolution"`     // height and width of the training images, pixels
	ImageChannels int      `json:"image-channels"` // 1 grey, 3 RGB, 4 RGBA
	Crop          string   `json:"crop"`           // none (resize both sides) or center
	Flip          bool     `json:"flip"`           // random horizontal flip
	Val           float64  `json:"val"`            // share of the images held out for validation, 0 to 0.9
	Split         string   `json:"split"`          // which ones: one of Splits; a file without it has bytes
	Strict        bool     `json:"strict"`         // fail on an unreadable image instead of skipping it
	MaxPixels     int      `json:"max-pixels"`     // an image with more is left out before it is decoded; 0: data.DefaultMaxPixels
	Cache         int      `json:"cache"`          // budget for decoded pixels in memory, MiB

	// Network.
	Arch     string `json:"arch"`     // one of Archs
	Channels []int  `json:"channels"` // widths from full resolution down; of mlp its blocks', all alike
	Layers   int    `json:"layers"`   // residual blocks per level of unet and vae; simpleunet has none to choose
	Energy   bool   `json:"energy"`   // the prediction is the gradient of a scalar

	// Of autoencoders, and of diffusions in the latent space of one.
	VAE            string  `json:"vae"`             // absolute path of the run whose autoencoder's latents a diffusion learns; "": images
	LatentChannels int     `json:"latent-channels"` // z of an autoencoder's latent
	Likelihood     string  `json:"likelihood"`      // p(x|z) of an autoencoder: gaussian or bernoulli
	Beta           float64 `json:"beta"`            // weight of the KL term; 1: the bound itself
	BetaWarmup     int     `json:"beta-warmup"`     // steps over which beta rises linearly from 0

	// Process and objective.
	Process    string   `json:"process"`    // one of Processes
	Timesteps  int      `json:"timesteps"`  // T, length of ddpm's table of betas
	Schedule   string   `json:"schedule"`   // one of Schedules, of ddpm and vp
	BetaStart  float64  `json:"beta-start"` // beta_0 of linear and scaled-linear; of vp and subvp a thousandth of beta(0)
	BetaEnd    float64  `json:"beta-end"`   // beta_{T-1} of linear and scaled-linear; of vp and subvp a thousandth of beta(1)
	SigmaMin   float64  `json:"sigma-min"`  // least noise of ve and edm; 0: the paper's
	SigmaMax   float64  `json:"sigma-max"`  // most noise of ve and edm; 0: the paper's
	From       []string `json:"from"`       // absolute roots of a second data set, from which a flow starts; empty: noise
	Coupling   string   `json:"coupling"`   // of a flow's ends: none or ot
	Prediction string   `json:"prediction"` // one of Predictions
	SigmaData  float64  `json:"sigma-data"` // deviation of the data for the prediction and the weighting edm; 0: 0.5
	Objective  string   `json:"objective"`  // one of Objectives
	Level      float64  `json:"level"`      // the one time at which an objective is taken; 0: all times
	Loss       string   `json:"loss"`       // l1, mse or huber
	Weighting  string   `json:"weighting"`  // one of Weightings
	Times      string   `json:"times"`      // one of TimeLaws

	// Optimiser.
	Batch      int        `json:"batch"`       // images per step
	LR         float64    `json:"lr"`          // Adam's rate after warm-up
	Warmup     int        `json:"warmup"`      // steps over which the rate rises linearly
	LRSchedule string     `json:"lr-schedule"` // constant or cosine
	AdamBetas  [2]float64 `json:"adam-betas"`  // decay of Adam's two moments
	ClipNorm   float64    `json:"clip-norm"`   // global gradient norm limit; 0: none
	EMA        float64    `json:"ema"`         // decay of the averaged weights; 0: none
	Seed       uint64     `json:"seed"`        // of weights, shuffles, flips, times and noise

	// The run's own sampler, for its pictures and as the default of `sample`.
	Solver      string `json:"solver"`       // ddpm, ddim or lecture-sde
	SampleSteps int    `json:"sample-steps"` // solver steps; 0: all T for ddpm and lecture-sde, 50 for ddim
	Clamp       string `json:"clamp"`        // x0, x or none
	Variance    string `json:"variance"`     // posterior, beta or learned, of solver ddpm

	// What a resumed run may change.
	Epochs      int      `json:"epochs"`       // stop after that many passes; 0: not by epochs
	Steps       int      `json:"steps"`        // stop after that many steps; 0: not by steps
	Time        Duration `json:"time"`         // stop after that much training time; 0: not by time
	SaveEvery   int      `json:"save-every"`   // steps between checkpoints; 0: only at the end and when stopped
	Keep        int      `json:"keep"`         // newest checkpoints kept; 0: all
	Best        string   `json:"best"`         // one of Bests: keep the best checkpoint by it too; "": the newest alone
	SampleEvery int      `json:"sample-every"` // epochs between pictures; 0: never
	SampleN     int      `json:"sample-n"`     // pictures in the grid; 0: no grid
}

// A Size is the height and width of an image in pixels.
type Size = data.Size

// A Duration is a time.Duration whose JSON form is its text, such as "8m0s".
type Duration time.Duration

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// JSON returns the text of config.json.
func (r *Run) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(r, "", "  ")
	return append(b, '\n'), err
}

// MaxJSON bounds a config.json that is read back: ours are under 4 KiB.
const MaxJSON = 1 << 20

// Parse reads a config.json and validates it. Unknown fields, keys that come twice and text after the configuration are errors.
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
	r.Objective = cmp.Or(r.Objective, "denoise")
	r.Times = cmp.Or(r.Times, "uniform")
}
