package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/internal/regular"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/vae"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/train"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// trainOptions are the flags of train.
type trainOptions struct {
	config.Run
	run, resume, backend string
	config               string // path of a configuration to start from
	levels               []choice
	betas                []float64
}

func newTrain() *cobra.Command {
	o := new(trainOptions)
	cmd := &cobra.Command{
		Use:   "train [DATA...]",
		Short: "Train a model on folders of images",
		Long: `Train a diffusion model on one or several folders of images, of one folder per
class or none, and write checkpoints and pictures to a run folder.

Without DATA it trains on the emoji inside the program, with --vae on the data of
that autoencoder. Without --preset it is
preset small: eight minutes on two cores. Preset lecture is the lecture's
experiment: SimpleUnet at 128x128, T = 300, L1, 100 epochs. A flag replaces what
the preset says (below, in brackets, what that is); a stop (--epochs, --steps, --time) replaces the preset's stop,
and of several the first reached ends the run.

Ctrl-C saves and ends (exit code 130; 143 for SIGTERM, 129 for SIGHUP, 141 for
SIGPIPE), a second one ends at once; --resume goes on from there. Then --epochs, --steps and
--time are totals from the start of the run, and one that is given replaces all
stops of the run. Another total takes a cosine rate up again: from where it was
it rises over --warmup steps at least, then falls over those that remain. --lr,
--lr-schedule, --warmup, --save-every, --keep, --best and --sample-every may be
changed too, and DATA may be given where the same data lie elsewhere; all else
stays as it was.`,
		Example: `  reverie train
  reverie train ~/photos --resolution 64 --channels 32,64,128 --time 2h
  reverie train cars/train cars/test --preset lecture --batch 16
  reverie train --data-class "Animals & Nature","Food & Drink" --epochs 200
  reverie train --arch vae --latent-channels 6
  reverie train --vae runs/emoji-1
  reverie train --resume runs/emoji-1 --time 20m`,
		RunE: func(cmd *cobra.Command, args []string) error { return trainFunc(cmd, args, o) },
	}
	o.addFlags(cmd.Flags())
	showPresets(cmd.Flags())
	return cmd
}

func (o *trainOptions) addFlags(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringVar(&o.Preset, "preset", "small", oneOf("start from this preset", config.PresetNames()))
	f.StringVar(&o.config, "config", "", "start from this config.json of a run in place of a preset; flags replace what it says")
	f.StringVar(&o.run, "run", "", "folder of the new run (default runs/NAME-N)")
	f.StringVar(&o.resume, "resume", "", "go on with the run in this folder; totals may be raised")
	numberVar(f, &o.Epochs, "epochs", config.RangeOf("epochs"), 0, "stop after that many passes over the data")
	numberVar(f, &o.Steps, "steps", config.RangeOf("steps"), 0, "stop after that many steps")
	f.Var(duration{&o.Time}, "time", "stop after that much training time, such as 8m or 2h30m")

	f.StringSliceVar(&o.DataClass, "data-class", nil, "train on these class folders only (comma-separated; none: all)")
	f.Var(&o.Resolution, "resolution", "image size: 64, or HEIGHTxWIDTH")
	numberVar(f, &o.ImageChannels, "image-channels", config.RangeOf("image-channels"), 0, "1 grey, 3 RGB, 4 RGBA")
	f.StringVar(&o.Crop, "crop", "", oneOf("fit other shapes by", config.Crops))
	f.BoolVar(&o.Flip, "flip", false, "mirror images left to right at random (--flip=false: never)")
	numberVar(f, &o.Val, "val", config.RangeOf("val"), 0, "share of the images held out for validation")
	f.StringVar(&o.Split, "split", "", "which ones: by their bytes, or by their pixels, copies that look alike on one side; own data: pixels")
	f.BoolVar(&o.Strict, "strict", false, "fail on an unreadable image instead of skipping it")
	maxPixelsVar(f, &o.MaxPixels)
	numberVar(f, &o.Cache, "cache", config.RangeOf("cache"), 0, "memory for decoded images, MiB; at most half of what there is")

	f.StringVar(&o.Arch, "arch", "", oneOf("network", net.Architectures.Names()))
	numbersVar(f, &o.Channels, "channels", config.RangeOf("channels"), "widths of the network's levels, from full resolution down")
	numberVar(f, &o.Layers, "layers", config.RangeOf("layers"), 0, "residual blocks per level of unet and vae")

	f.StringVar(&o.VAE, "vae", "", "learn the latents of this run's autoencoder")
	numberVar(f, &o.LatentChannels, "latent-channels", config.RangeOf("latent-channels"), 0, "numbers at each position of an autoencoder's latent")
	f.StringVar(&o.Likelihood, "likelihood", "", oneOf("p(x|z) of an autoencoder", vae.Likelihoods.Names()))
	numberVar(f, &o.Beta, "beta", config.RangeOf("beta"), 0, "weight of an autoencoder's KL term")
	numberVar(f, &o.BetaWarmup, "beta-warmup", config.RangeOf("beta-warmup"), 0, "steps over which it rises from 0")

	f.BoolVar(&o.Energy, "energy", false, "the prediction is the gradient of an energy")
	f.StringVar(&o.Process, "process", "", oneOf("process", config.Processes))
	numberVar(f, &o.Timesteps, "timesteps", config.RangeOf("timesteps"), 0, "T, the number of time steps")
	f.StringVar(&o.Schedule, "schedule", "", oneOf("noise schedule of ddpm and vp", config.Schedules))
	numberVar(f, &o.BetaStart, "beta-start", config.RangeOf("beta-start"), 0, "first beta of linear and scaled-linear (vp, subvp: a thousandth of beta(0))")
	numberVar(f, &o.BetaEnd, "beta-end", config.RangeOf("beta-end"), 0, "last beta of linear and scaled-linear (vp, subvp: a thousandth of beta(1))")
	numberVar(f, &o.SigmaMin, "sigma-min", config.RangeOf("sigma-min"), 0, "least noise of ve and edm (0: 0.01 and 0.002)")
	numberVar(f, &o.SigmaMax, "sigma-max", config.RangeOf("sigma-max"), 0, "most noise of ve and edm (0: 50 and 80)")
	f.StringArrayVar(&o.From, "from", nil, "a second data set, like DATA, in place of the noise: a flow between the two")
	f.StringVar(&o.Coupling, "coupling", "", oneOf("how a flow's ends are paired within a batch", config.Couplings))
	f.StringVar(&o.Prediction, "prediction", "", oneOf("what the network predicts", config.Predictions))
	numberVar(f, &o.SigmaData, "sigma-data", config.RangeOf("sigma-data"), 0, "deviation of the data, for prediction and weighting edm (0: 0.5)")
	f.StringVar(&o.Objective, "objective", "", oneOf("how it learns", config.Objectives))
	numberVar(f, &o.Level, "level", config.RangeOf("level"), 0, "learn at this one time only (0: at all times)")
	f.StringVar(&o.Loss, "loss", "", oneOf("norm of the error", config.Losses))
	f.StringVar(&o.Weighting, "weighting", "", oneOf("weight over time", config.Weightings))
	f.StringVar(&o.Times, "times", "", oneOf("law of the times", config.TimeLaws))

	numberVar(f, &o.Batch, "batch", config.RangeOf("batch"), 0, "images per step")
	numberVar(f, &o.LR, "lr", config.RangeOf("lr"), 0, "learning rate of Adam")
	numberVar(f, &o.Warmup, "warmup", config.RangeOf("warmup"), 0, "steps over which the rate rises")
	f.StringVar(&o.LRSchedule, "lr-schedule", "", oneOf("rate over the run", config.LRSchedules))
	numbersVar(f, &o.betas, "adam-betas", config.RangeOf("adam-betas"), "decays of Adam's two moments")
	numberVar(f, &o.ClipNorm, "clip-norm", config.RangeOf("clip-norm"), 0, "limit of the gradient's norm (0: none)")
	numberVar(f, &o.EMA, "ema", config.RangeOf("ema"), 0, "decay of the averaged weights (0: none)")
	f.Uint64Var(&o.Seed, "seed", 0, "seed of all that is random")

	f.StringVar(&o.Solver, "solver", "", oneOf("the run's own sampler", sample.Solvers.Names()))
	numberVar(f, &o.SampleSteps, "sample-steps", config.RangeOf("sample-steps"), 0, "its steps (0: the solver's own)")
	f.StringVar(&o.Clamp, "clamp", "", oneOf("keep to [-1,1] while sampling", sample.Clamps.Names()))
	f.StringVar(&o.Variance, "variance", "", oneOf("noise of solver ddpm", sample.Variances.Names()))

	numberVar(f, &o.SaveEvery, "save-every", config.RangeOf("save-every"), 0, "steps between checkpoints; the first of a run comes after half a minute (0: only at the end)")
	numberVar(f, &o.Keep, "keep", config.RangeOf("keep"), 0, "checkpoints kept (0: all)")
	f.StringVar(&o.Best, "best", "", oneOf("keep the best checkpoint too, judged at each save on the held-out images by", config.Bests))
	numberVar(f, &o.SampleEvery, "sample-every", config.RangeOf("sample-every"), 0, "epochs between pictures, which also come after half a minute and every five in long ones (0: never)")
	numberVar(f, &o.SampleN, "sample-n", config.RangeOf("sample-n"), 0, "images in the grid of pictures (0: none)")
	f.StringVar(&o.backend, "backend", "", backendHelp)
}

// notConfig are the flags that are no field of config.Run.
var notConfig = []string{"run", "resume", "config", "backend", "help", "help-all"}

// trainFunc checks the command line, then trains.
func trainFunc(cmd *cobra.Command, args []string, o *trainOptions) error {
	set, err := o.given(cmd.Flags(), args)
	if err != nil {
		return usage(err)
	}
	if set, err = o.ownData(cmd, set); err != nil {
		return err
	}
	var c *config.Run // of a new run
	if o.resume == "" {
		c, err = o.fresh(set)
	} else {
		err = o.checkResume(set)
	}
	if err != nil {
		return usage(err)
	}
	e, err := openEngine(o.backend)
	if err != nil {
		return err
	}
	defer e.Close()
	if o.resume != "" {
		return o.resumeRun(cmd, e, set)
	}
	if err := adopt(c, cmd.Flags().Changed); err != nil {
		return err
	}
	if err := checkpoint.RefuseRun(o.run); err != nil { // before the images are read; looked at again when it is made
		return err
	}
	return o.train(cmd, e, c, nil)
}

// fresh is the configuration of a new run, checked as far as that is possible
// without opening anything.
func (o *trainOptions) fresh(set []string) (*config.Run, error) {
	given := func(name string) bool { return slices.Contains(set, name) }
	if o.config != "" {
		return o.fromConfig(set, given)
	}
	preset, err := config.Preset(o.Preset)
	if err != nil {
		return nil, err
	}
	c := preset.With(&o.Run, set)
	if len(c.Data) > 0 && !given("data-class") {
		c.DataClass = nil // the preset's class is one of the embedded set
	}
	c.Adapt(given)
	o.levels = chooseLevels(c, given)
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := c.Unused(given); err != nil {
		return nil, err
	}
	if c.VAE != "" { // its latents decide what the network takes
		_, err = train.Objective(c)
		return c, err
	}
	return c, train.Check(c)
}

// fromConfig is the configuration of a new run that a config.json describes, with what the flags replace.
func (o *trainOptions) fromConfig(set []string, given func(name string) bool) (*config.Run, error) {
	if given("preset") {
		return nil, fmt.Errorf("--config says all that a preset does; leave --preset out")
	}
	f, _, err := regular.Open(o.config)
	if err != nil {
		return nil, inputError("config", o.config, err)
	}
	defer f.Close()
	base, err := config.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("--config %s: %w", o.config, err)
	}
	c := base.With(&o.Run, set)
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := c.Unused(given); err != nil || c.VAE != "" {
		return c, err
	}
	return c, train.Check(c)
}

// checkResume finds unknown values and flags that rule each other out. What the
// command line leaves open is the run's, which is not read yet, so here it is
// what no single flag can contradict.
func (o *trainOptions) checkResume(set []string) error {
	if o.config != "" {
		return fmt.Errorf("--config and --resume exclude each other: a resumed run has its own configuration")
	}
	if o.run != "" {
		return fmt.Errorf("--run and --resume exclude each other: --resume %s goes on in that folder", o.resume)
	}
	base, err := config.Preset("small")
	if err != nil {
		return err
	}
	base.Timesteps, base.SampleSteps, base.BetaStart, base.BetaEnd = 100000, 0, 1e-12, 1-1e-12
	base.Schedule = "linear" // which takes all flags that any schedule takes
	given := func(name string) bool { return slices.Contains(set, name) }
	if config.ForAutoencoder(set) {
		base.Arch = config.SomeAutoencoder() // whose flags these are; what the run has is looked at once it is read
	}
	c := base.With(&o.Run, set)
	c.Adapt(given)
	if err := c.Validate(); err != nil {
		return err
	}
	return c.Unused(given)
}

// resumeRun goes on with the run in o.resume.
func (o *trainOptions) resumeRun(cmd *cobra.Command, e *engine.Engine, set []string) error {
	lock, err := checkpoint.OpenRun(o.resume)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--resume %s: there is no such run folder", o.resume)
	}
	if err != nil {
		return err
	}
	defer lock.Unlock()
	if _, err := checkpoint.Latest(o.resume); errors.Is(err, checkpoint.ErrNoCheckpoint) {
		return fmt.Errorf("%w; start a new run: remove this folder, or choose another with --run", err)
	}
	had, err := train.ReadConfig(o.resume)
	if err != nil {
		return err
	}
	c, err := had.Resume(&o.Run, set)
	if err != nil {
		return err
	}
	return o.train(cmd, e, c, lock)
}

// train trains c in a new folder, or in the one that lock holds. The folder is
// made last: what refuses the run leaves none behind.
func (o *trainOptions) train(cmd *cobra.Command, e *engine.Engine, c *config.Run, lock *checkpoint.RunLock) (err error) {
	vae := c.VAE
	if lock != nil && vae != "" {
		vae = lock.Dir // a run keeps a copy
	}
	if err := checkMemoryOf(e, *c, vae, lock != nil || cmd.Flags().Changed("batch")); err != nil {
		return o.blame(cmd, c, err)
	}
	if lock == nil && o.config == "" { // a configuration that was given says all that the data would
		if err := o.fit(cmd, e, c); err != nil {
			return err
		}
	}
	set, name, err := openData(cmd, c)
	if lock != nil && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; if the data were moved, say where they are: %s", err, command("train DATA --resume", lock.Dir))
	}
	if err != nil {
		return o.blame(cmd, c, err)
	}
	defer set.Close()
	if err := o.fitShape(cmd, c, set); err != nil {
		return err
	}
	if lock == nil {
		chosen, err := fitBatch(c, set.Train().Len(), cmd.Flags().Changed)
		if err != nil {
			return o.blame(cmd, c, err)
		}
		writeChoices(cmd.ErrOrStderr(), chosen)
	}
	far, err := openFrom(cmd, c)
	if err != nil {
		return err
	}
	if far != nil {
		defer far.Close()
	}
	t, err := train.New(cmd.Context(), e, c, train.Parts{Data: set, From: far, VAE: vae})
	if err != nil {
		return o.blame(cmd, c, err)
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	plan, err := t.Plan()
	if err != nil {
		return err
	}
	fmt.Fprint(cmd.ErrOrStderr(), plan)
	if lock != nil {
		err = t.Resume(lock)
	} else {
		err = t.Create(o.run, name)
	}
	if err != nil {
		return err
	}
	return runTrainer(cmd, t)
}

// fit lets the images of a new run decide what the command line leaves open, and says so.
func (o *trainOptions) fit(cmd *cobra.Command, e *engine.Engine, c *config.Run) error {
	writeChoices(cmd.ErrOrStderr(), o.levels)
	size := c.Resolution
	if err := fit(cmd, c, cmd.Flags().Changed); err != nil || c.Resolution == size {
		return err
	}
	return checkMemoryOf(e, *c, c.VAE, cmd.Flags().Changed("batch"))
}

// fitShape takes the shape of the samples from data that alone tell it, which a new run does not know before.
func (o *trainOptions) fitShape(cmd *cobra.Command, c *config.Run, set *data.Set) error {
	k, have := set.Kind(), c.Kind()
	if k.Pictorial() || have.Comparable(k) == nil {
		return nil
	}
	if o.resume != "" || o.config != "" {
		return fmt.Errorf("%s has %v, and the run's are %v", dataName(c.Data), k, have)
	}
	c.Resolution, c.ImageChannels = config.Size{H: k.H, W: k.W}, k.C
	if k.Vector() {
		return nil
	}
	writeChoices(cmd.ErrOrStderr(), chooseLevels(c, cmd.Flags().Changed))
	return usage(train.Check(c))
}

// blame marks an error about the images as the command line's where no file
// can be at fault: in a new run on the embedded set.
func (o *trainOptions) blame(cmd *cobra.Command, c *config.Run, err error) error {
	if o.resume == "" && len(c.Data) == 0 && c.VAE == "" && cmd.Context().Err() == nil && !errors.As(err, new(*memory.Error)) {
		return usage(err)
	}
	return err
}

// given completes o.Run from the arguments and returns the names of its fields
// that the command line sets.
func (o *trainOptions) given(f *pflag.FlagSet, args []string) (set []string, err error) {
	f.Visit(func(f *pflag.Flag) {
		if !slices.Contains(notConfig, f.Name) {
			set = append(set, f.Name)
		}
	})
	if len(args) > 0 {
		set = append(set, "data")
	}
	if o.Data, err = source.Resolve(args); err != nil {
		return nil, err
	}
	if o.From, err = source.Resolve(o.From); err != nil {
		return nil, err
	}
	if o.VAE != "" {
		if o.VAE, err = filepath.Abs(o.VAE); err != nil {
			return nil, err
		}
	}
	if f.Changed("adam-betas") {
		if len(o.betas) != 2 {
			return nil, fmt.Errorf("--adam-betas %v: give two numbers, such as 0.9,0.999", o.betas)
		}
		o.AdamBetas = [2]float64(o.betas)
	}
	return set, nil
}
