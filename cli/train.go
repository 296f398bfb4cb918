package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/config"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/source"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/internal/regular"
	"github.com/reverie-go/reverie/table"
	"github.com/reverie-go/reverie/train"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// trainOptions are the flags of train.
type trainOptions struct {
	config.Run
	run, resume, backend string
	config               string         // path of a configuration to start from
	chosen               []train.Choice // before the data were opened
	fields               []*table.Field // of Run and of what it may choose
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
  reverie train --arch classifier --noised
  reverie train --resume runs/emoji-1 --time 20m`,
		RunE: func(cmd *cobra.Command, args []string) error { return trainFunc(cmd, args, o) },
	}
	o.addFlags(cmd.Flags())
	showPresets(cmd.Flags())
	return cmd
}

func (o *trainOptions) addFlags(f *pflag.FlagSet) {
	f.SortFlags = false
	o.Preset = config.Presets.Names()[0]
	o.fields = table.All(&o.Run)
	for _, field := range o.fields {
		if field.Name != "data" { // which is the arguments
			fieldVar(f, field)
			f.Lookup(field.Name).DefValue = "" // the presets say, see showPresets
		}
	}
	f.Lookup("preset").DefValue = o.Preset
	f.StringVar(&o.config, "config", "", "start from this config.json of a run in place of a preset; flags replace what it says")
	f.StringVar(&o.run, "run", "", "folder of the new run (default runs/NAME-N)")
	f.StringVar(&o.resume, "resume", "", "go on with the run in this folder; totals may be raised")
	f.StringVar(&o.backend, "backend", "", backendHelp)
}

// trainFunc checks the command line, then trains.
func trainFunc(cmd *cobra.Command, args []string, o *trainOptions) error {
	given, err := o.given(cmd.Flags(), args)
	if err != nil {
		return usage(err)
	}
	if o.VAE != "" && o.resume == "" {
		var note string
		if given, note, err = train.DataOf(o.VAE, given); err != nil {
			return err
		}
		if note != "" {
			writeNotes(cmd.ErrOrStderr(), []string{note})
		}
	}
	var c *config.Run // of a new run
	if o.resume == "" {
		c, err = o.fresh(given)
	} else {
		err = o.checkResume(given)
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
		return o.resumeRun(cmd, e, given)
	}
	if c.VAE != "" {
		why, err := train.Adopt(c, given)
		if err != nil {
			return err
		}
		err = train.CheckNew(c, given.Has)
		if err != nil && why != "" {
			err = fmt.Errorf("%s: %w", why, err)
		}
		if err != nil {
			return usage(err)
		}
	}
	if err := checkpoint.RefuseRun(o.run); err != nil { // before the images are read; looked at again when it is made
		return err
	}
	return o.train(cmd, e, c, nil)
}

// fresh is the configuration of a new run, checked as far as that is possible without opening
// anything.
func (o *trainOptions) fresh(given config.Given) (c *config.Run, err error) {
	if o.config != "" {
		return o.fromConfig(given)
	}
	c, o.chosen, err = train.Begin(o.Preset, given)
	return c, err
}

// fromConfig is the configuration of a new run that a config.json describes, with what the flags
// replace.
func (o *trainOptions) fromConfig(given config.Given) (*config.Run, error) {
	if given.Has("preset") {
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
	c, err := base.With(given)
	if err != nil {
		return nil, err
	}
	return c, train.CheckNew(c, given.Has)
}

// checkResume finds what is wrong with the command line of a run that is resumed, before it is
// read.
func (o *trainOptions) checkResume(given config.Given) error {
	if o.config != "" {
		return fmt.Errorf("--config and --resume exclude each other: a resumed run has its own configuration")
	}
	if o.run != "" {
		return fmt.Errorf("--run and --resume exclude each other: --resume %s goes on in that folder", o.resume)
	}
	return given.Check()
}

// resumeRun goes on with the run in o.resume.
func (o *trainOptions) resumeRun(cmd *cobra.Command, e *engine.Engine, given config.Given) error {
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
	had, err := config.Read(o.resume)
	if err != nil {
		return err
	}
	c, err := had.Resume(given)
	if err != nil {
		return err
	}
	return o.train(cmd, e, c, lock)
}

// train trains c in a new folder, or in the one that lock holds. The folder is made last: what
// refuses the run leaves none behind.
func (o *trainOptions) train(cmd *cobra.Command, e *engine.Engine, c *config.Run, lock *checkpoint.RunLock) (err error) {
	vae := c.VAE
	if lock != nil && vae != "" {
		vae = lock.Dir // a run keeps a copy
	}
	if err := checkMemoryOf(e, *c, vae, lock != nil || cmd.Flags().Changed("batch")); err != nil {
		return o.blame(cmd, c, err)
	}
	fixed := lock != nil || o.config != "" // a configuration that was given says all that the data would
	if !fixed {
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
	if err := o.fitSet(cmd, c, set, fixed); err != nil {
		return err
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
	writeChoices(cmd.ErrOrStderr(), o.chosen)
	var b bar
	size := c.Resolution
	chosen, err := train.Fit(cmd.Context(), c, cmd.Flags().Changed, func(done, total int) {
		if b.ProgressBar == nil {
			b = newBar(cmd.ErrOrStderr(), -1, "looking at the images")
		}
		b.set(done, total)
	})
	b.done()
	if err != nil || chosen == nil {
		return err
	}
	writeChoices(cmd.ErrOrStderr(), chosen)
	if err := train.CheckNew(c, cmd.Flags().Changed); err != nil {
		return usage(err)
	}
	if c.Resolution == size {
		return nil
	}
	return checkMemoryOf(e, *c, c.VAE, cmd.Flags().Changed("batch"))
}

// fitSet lets the data of a new run, once they are opened, decide what only they tell.
func (o *trainOptions) fitSet(cmd *cobra.Command, c *config.Run, set *data.Set, fixed bool) error {
	given := cmd.Flags().Changed
	chosen, err := train.FitShape(c, set, fixed, given)
	if err != nil && !fixed {
		return usage(err)
	}
	if err != nil || o.resume != "" {
		return err
	}
	writeChoices(cmd.ErrOrStderr(), chosen)
	if chosen, err = train.FitBatch(c, set.Train().Len(), given); err != nil {
		return o.blame(cmd, c, err)
	}
	writeChoices(cmd.ErrOrStderr(), chosen)
	return nil
}

// blame marks an error about the images as the command line's where no file can be at fault: in a
// new run on the embedded set.
func (o *trainOptions) blame(cmd *cobra.Command, c *config.Run, err error) error {
	if o.resume == "" && len(c.Data) == 0 && c.VAE == "" && cmd.Context().Err() == nil && !errors.As(err, new(*memory.Error)) {
		return usage(err)
	}
	return err
}

// given completes o.Run from the arguments and returns its fields that the command line sets.
func (o *trainOptions) given(f *pflag.FlagSet, args []string) (given config.Given, err error) {
	if o.Data, err = source.Resolve(args); err != nil {
		return nil, err
	}
	if o.From, err = source.Resolve(o.From); err != nil {
		return nil, err
	}
	if o.Pairs, err = source.Resolve(o.Pairs); err != nil {
		return nil, err
	}
	if o.Mix, err = source.Resolve(o.Mix); err != nil {
		return nil, err
	}
	if o.VAE != "" {
		if o.VAE, err = filepath.Abs(o.VAE); err != nil {
			return nil, err
		}
	}
	for _, field := range o.fields {
		if field.Name == "data" && len(args) > 0 || f.Changed(field.Name) {
			given = append(given, field)
		}
	}
	return given, nil
}
