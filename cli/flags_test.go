package cli

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/table"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// numeric are the types of flags that take numbers, sizes and times.
var numeric = []string{"int", "float64", "uint64", "size", "duration", "intSlice", "float64Slice"}

// eachNumeric calls f for every command, with arguments that do not exist, and every flag of it
// that takes numbers. The network of train is small, for its memory is counted before its data are
// looked for.
func eachNumeric(f func(cmd *cobra.Command, args []string, flag *pflag.Flag)) {
	arguments := map[string][]string{
		"train": {"nowhere", "--channels=8,8", "--layers=1"}, "sample": {"nowhere"}, "noise": {"nowhere.png"}, "data": {"nowhere"}, "encode": {"nowhere"}, "edit": {"nowhere", "nowhere.png"}, "explain": {"nowhere", "nowhere.png", "--classifier=nowhere", "--target=x"}, "eval": {"nowhere"}, "info": {"nowhere"},
		"decode": {"nowhere", "--in", "nowhere.npz"}, "predict": {"--model", "nowhere", "--in", "nowhere.npz", "--out", "o.npz"},
		"import": {"--weights", "nowhere", "--out", "m"}, "lab": {"--data", "nowhere.csv"},
	}
	for _, cmd := range newRoot().Commands() {
		cmd.Flags().VisitAll(func(flag *pflag.Flag) {
			if slices.Contains(numeric, flag.Value.Type()) {
				rest := slices.DeleteFunc(slices.Clone(arguments[cmd.Name()]), func(a string) bool { return strings.HasPrefix(a, "--"+flag.Name+"=") })
				f(cmd, append([]string{cmd.Name()}, rest...), flag)
			}
		})
	}
}

// TestNumbers walks all flags that take numbers with what no one means to give: each is refused by
// its name as the command line's fault, or it is in range and what does not exist is named.
func TestNumbers(t *testing.T) {
	long(t)
	t.Chdir(t.TempDir())
	values := []string{"", "nan", "inf", "-inf", "-1", "0", "-0", "1e300", "1e-300", "9223372036854775807", "9223372036854775808", "1e999", "0x10", "1_0", " 1"}
	flags := 0
	eachNumeric(func(cmd *cobra.Command, args []string, flag *pflag.Flag) {
		flags++
		given := values
		if flag.Value.Type() == "float64Slice" {
			for _, v := range values {
				given = append(given, "0.9,"+v)
			}
		}
		for _, v := range given {
			r := cli(append(args, "--"+flag.Name+"="+v)...)
			code, text := r.code, r.err
			named := code == exitUsage && strings.Contains(text, "--"+flag.Name)
			if !named && !(code == exitFailure && strings.Contains(text, "nowhere")) && !(code == exitUsage && inRange(flag, v)) {
				t.Errorf("reverie %s --%s=%q: exit code %d: %s", cmd.Name(), flag.Name, v, code, text)
			}
			if x, err := strconv.ParseFloat(v, 64); (err == nil && (math.IsNaN(x) || math.IsInf(x, 0)) || v == "") && !named {
				t.Errorf("reverie %s --%s=%q: no number, and it is not refused by name: exit code %d: %s", cmd.Name(), flag.Name, v, code, text)
			}
		}
	})
	if flags < 80 {
		t.Errorf("%d flags take numbers; there are more", flags)
	}
}

// inRange says whether a flag by itself takes a value; another flag may be missing then, which is
// named in its place.
func inRange(flag *pflag.Flag, v string) bool { return flag.Value.Set(v) == nil }

// TestRangesAreSaid: every flag of one number says its range where it refuses one.
func TestRangesAreSaid(t *testing.T) {
	t.Chdir(t.TempDir())
	eachNumeric(func(cmd *cobra.Command, args []string, flag *pflag.Flag) {
		if slices.Contains([]string{"uint64", "size"}, flag.Value.Type()) { // of which every whole number is in range; which has a message of its own
			return
		}
		v := "-1"
		if flag.Value.Type() == "duration" {
			v = "-1s"
		} else if slices.Contains([]string{"int", "float64"}, flag.Value.Type()) && flag.Value.Set(v) == nil { // of which less is too little
			v = "-10000"
		}
		refused(t, exitUsage, []string{"--" + flag.Name + " " + v + " is outside ", " to "}, append(args, "--"+flag.Name+"="+v)...)
	})
}

// TestEveryNumberHasARange: no command has a flag whose value is pflag's own number, which takes
// NaN and what overflows later. Seeds may be anything.
func TestEveryNumberHasARange(t *testing.T) {
	eachNumeric(func(cmd *cobra.Command, _ []string, flag *pflag.Flag) {
		switch flag.Value.(type) {
		case *table.Field, *data.Size, levelValue:
		default:
			if flag.Name != "seed" {
				t.Errorf("reverie %s --%s is a %T", cmd.Name(), flag.Name, flag.Value)
			}
		}
	})
}

// TestEmpty: what is empty is refused, whatever argument or flag it is.
func TestEmpty(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, line := range [][]string{
		{"train", ""}, {"data", ""}, {"sample", ""}, {"info", ""}, {"noise", ""}, {"encode", "run", ""}, {"eval", "a.npz", ""}, {"decode", "", "--in", "z.npz"},
		{"train", "--run", ""}, {"train", "--vae", ""}, {"train", "--resume", ""}, {"sample", "run", "--out", ""}, {"sample", "run", "--npz", ""}, {"lab", "--out", ""},
	} {
		refused(t, exitUsage, []string{" is empty; "}, line...)
	}
}
