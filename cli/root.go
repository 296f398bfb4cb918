package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"syscall"

	"github.com/reverie-go/reverie/table"
	"github.com/reverie-go/reverie/train"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The exit codes: what a script may rely on. A command that a signal ended gives exitSignal plus
// the signal's number, as a shell does: 130 for Ctrl-C.
const (
	exitFailure = 1 // from what files hold, or from what happened
	exitUsage   = 2 // wrong from the command line alone
	exitSignal  = 128
)

// usageError marks an error that the command line alone shows.
type usageError struct{ error }

// toldError marks an error of which the command has told all there is to say.
type toldError struct{ error }

// Unwrap gives the error itself.
func (e toldError) Unwrap() error { return e.error }

// usage marks err as a usage error; nil stays nil.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// usagef is usage of fmt.Errorf.
func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }

// run executes the command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, commands ...*cobra.Command) int {
	stdout, stderr = &plainText{to: stdout}, &plainText{to: stderr}
	root := newRoot(commands...)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil || all(err, isTold):
	case all(err, isStop):
		fmt.Fprintln(stderr, ownName+": interrupted")
	default:
		fmt.Fprintln(stderr, ownName+":", err)
	}
	if errors.As(err, new(usageError)) {
		fmt.Fprintf(stderr, "See '%s --help'.\n", cmd.CommandPath())
		return exitUsage
	}
	return exitCode(ctx, err)
}

// exitCode is that of a command which ended with err, where the command line is not to blame.
func exitCode(ctx context.Context, err error) int {
	var by signalled
	errors.As(context.Cause(ctx), &by)
	if by.Signal == 0 && errors.Is(err, syscall.EPIPE) {
		by.Signal = syscall.SIGPIPE // on its way
	}
	switch {
	case by.Signal != 0 && all(err, isStop), by.Signal == syscall.SIGPIPE && err == nil: // not all of what was printed was read
		return exitSignal + int(by.Signal)
	case err == nil:
		return 0
	}
	return exitFailure
}

// isTold and isStop look at an error alone, not at those that it wraps: whether it was told, and
// whether it is the end of the context or of whoever read what is printed.
func isTold(err error) bool {
	_, ok := err.(toldError)
	return ok || err == syscall.EPIPE
}

func isStop(err error) bool {
	return err == context.Canceled || err == train.ErrInterrupted || err == syscall.EPIPE
}

// all says whether is holds of every error that err joins, or of one that it wraps. One of which it
// does not is what there is to tell, whatever stands beside it.
func all(err error, is func(error) bool) bool {
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(e.Unwrap(), func(err error) bool { return !all(err, is) })
	case interface{ Unwrap() error }:
		return is(err) || all(e.Unwrap(), is)
	}
	return err != nil && is(err)
}

func newRoot(commands ...*cobra.Command) *cobra.Command {
	root := &cobra.Command{
		Use:   ownName,
		Short: "Train diffusion models and sample from them",
		Long: `reverie trains a diffusion model on a folder of images and dreams new ones.

It needs nothing but this program: no Python, no compiler, no download.`,
		Example: `  reverie train                      learn emoji faces in eight minutes
  reverie train ~/photos             learn a folder of images
  reverie sample runs/emoji-1 -n 64  new pictures from what was learnt`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noSuchCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentPreRunE = func(cmd *cobra.Command, args []string) error { return usage(refuseEmpty(cmd, args)) }
	root.Version = version()
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usage(flagError(cmd, err)) })
	root.AddCommand(newTrain(), newSample(), newEdit(), newAnomaly(), newExplain(), newNoise(), newData(), newInfo(), newImport(), newPredict(), newLab(), newEncode(), newDecode(), newList(), newEval(), newVersion())
	root.AddCommand(commands...)
	addHelp(root)
	if err := addCompletion(root); err != nil {
		panic(err) // a flag that has its completion already
	}
	return root
}

// mayBeEmpty are the flags to which an empty value means something: not to write the file of that
// name.
var mayBeEmpty = []string{"nearest"}

// refuseEmpty finds an argument or the value of a flag that is empty, as of a shell's variable that
// was not set: read as the folder that the program runs in, or as nothing, it would do what nobody
// asked for.
func refuseEmpty(cmd *cobra.Command, args []string) (err error) {
	if cmd.Name() == cobra.ShellCompRequestCmd || cmd.Name() == cobra.ShellCompNoDescRequestCmd { // which asks what may follow
		return nil
	}
	for i, arg := range args {
		if arg == "" {
			return fmt.Errorf("argument %d of %s is empty; name what it stands for, or leave it out", i+1, cmd.Name())
		}
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err == nil && f.Value.Type() == "string" && f.Value.String() == "" && !slices.Contains(mayBeEmpty, f.Name) {
			err = fmt.Errorf("--%s is empty; give a value, or leave it out", f.Name)
		}
	})
	return err
}

// noSuchCommand refuses arguments of the root command, with the nearest command.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	if near := nearest(args[0], names); near != "" {
		return usagef("unknown command %q; did you mean %q?", args[0], near)
	}
	return usagef("unknown command %q", args[0])
}

// flagError says what is wrong with a flag in a reader's words, not the parser's.
func flagError(cmd *cobra.Command, err error) error {
	var (
		value   *pflag.InvalidValueError
		missing *pflag.ValueRequiredError
		unknown *pflag.NotExistError
	)
	switch {
	case errors.As(err, &value):
		f := value.GetFlag()
		if wrong := new(table.Error); errors.As(value.Unwrap(), &wrong) {
			return wrong
		}
		if what, ok := table.Expected(f.Value.Type()); ok {
			return fmt.Errorf("--%s %q: expected %s", f.Name, value.GetValue(), what)
		}
		return fmt.Errorf("--%s: %w", f.Name, value.Unwrap())
	case errors.As(err, &missing):
		return fmt.Errorf("--%s needs a value", missing.GetFlag().Name)
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "":
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := nearest(unknown.GetSpecifiedName(), names); near != "" {
			return fmt.Errorf("unknown flag --%s; did you mean --%s?", unknown.GetSpecifiedName(), near)
		}
		return fmt.Errorf("unknown flag --%s", unknown.GetSpecifiedName())
	}
	return err
}

// exactly wants n arguments, named by what.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usagef("%s takes %s, and %d arguments were given", cmd.Name(), what, len(args))
		}
		return nil
	}
}
