package guide

import (
	"errors"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/table"
)

// rows are the guides as a table has them.
func rows() (all []table.Row) {
	for _, g := range builtin[none]() {
		all = append(all, g)
	}
	return append(all, &own{})
}

// own is a guide of a program's own.
type own struct {
	Share float64 `flag:"share" range:"[0,1]" help:"how far x0hat is drawn to 0"`
}

func (*own) Row() table.Info { return table.Info{Name: "own", Text: "draw x0hat to 0"} }

func (g *own) Guide(s Setup[batch], d denoiser) (denoiser, error) {
	draw := func(x batch) batch { return s.Space.Sum([]float64{1 - g.Share}, x) }
	return reverie.Map(d, draw, func(_, u batch) batch { return draw(u) }), nil
}

// made chooses guides as a command line does and gives them its settings.
func made(t *testing.T, values []string, settings map[string]string) ([]Guide[batch], error) {
	t.Helper()
	chosen, err := choose(rows(), values, func(flag string) bool { _, ok := settings[flag]; return ok }, func(v string) bool { return strings.HasPrefix(v, "runs/") })
	if err != nil {
		return nil, err
	}
	var guides []Guide[batch]
	for _, row := range chosen {
		for name, value := range settings {
			if f := table.Find(table.Fields(row), name); f != nil {
				if err := f.Set(value); err != nil {
					return nil, err
				}
			}
		}
		g, err := For[batch](row)
		if err != nil {
			return nil, err
		}
		guides = append(guides, g)
	}
	return guides, nil
}

// A command line's words are the functions they stand for, in the order in which guides compose.
func TestRows(t *testing.T) {
	m, p := classes(t, 2, 5, 0, 1, 1), reverie.VP{}
	d, weak := denoiser(m.Denoiser(p)), denoiser(classes(t, 2, 8, 0, 1).Denoiser(p))
	var opened []string
	s := Setup[batch]{
		Space: host, Process: p,
		Class: func(name string) (int, error) {
			if name == "cat" {
				return 1, nil
			}
			return 0, errors.New("no class " + name)
		},
		Denoiser: func(run string) (denoiser, error) {
			opened = append(opened, run)
			return weak, nil
		},
		Classifier: func(run string) (Classifier[batch], error) {
			opened = append(opened, run)
			return exactClassifier(m, p), nil
		},
	}
	must := func(r Rule[batch], err error) Rule[batch] {
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	free := func(r Rule[batch]) denoiser { return ClassifierFree(host, d, reverie.NullClass, r) }
	type settings = map[string]string
	for _, c := range []struct {
		values   []string
		settings settings
		names    string
		want     denoiser
	}{
		{nil, nil, "", d},
		{nil, settings{"guidance": "2"}, "classifier-free", free(Linear(host, 2))},
		{nil, settings{"guidance": "1"}, "classifier-free", d},
		{[]string{"classifier-free"}, nil, "classifier-free", d},
		{nil, settings{"guidance": "0"}, "classifier-free", free(Linear(host, 0))},
		{nil, settings{"guidance": "2", "negative": "cat"}, "classifier-free", ClassifierFree(host, d, 1, Linear(host, 2))},
		{nil, settings{"guidance": "2", "guidance-rescale": "0.7"}, "classifier-free", free(must(Rescale(host, 2, 0.7)))},
		{nil, settings{"guidance": "3", "apg": "true", "apg-norm": "0.5", "apg-eta": "0.1", "apg-momentum": "-0.5"}, "classifier-free", free(must(Projected(host, 3, APG{0.1, 0.5, -0.5})))},
		{nil, settings{"guidance": "2", "guidance-interval": "0.1:100"}, "classifier-free", free(Linear(host, 2))},
		{nil, settings{"guidance": "2", "guidance-interval": "50:inf"}, "classifier-free", d},
		{[]string{"runs/small@100"}, settings{"guidance": "2"}, "autoguidance", Autoguidance(host, d, weak, Linear(host, 2))},
		{nil, settings{"classifier": "runs/noised", "classifier-scale": "3"}, "classifier", Classified(host, p, d, exactClassifier(m, p), 3)},
		{[]string{"own"}, settings{"classifier": "runs/noised", "guidance": "2", "share": "0.25"}, "classifier-free classifier own",
			reverie.Map(Classified(host, p, free(Linear(host, 2)), exactClassifier(m, p), 1), func(x batch) batch { return host.Sum([]float64{0.75}, x) }, nil)},
	} {
		opened = nil
		guides, err := made(t, c.values, c.settings)
		if err != nil {
			t.Fatal(c.values, c.settings, err)
		}
		var names []string
		for _, g := range guides {
			names = append(names, g.Row().Name)
		}
		got, err := Apply(s, d, guides...)
		if err != nil || strings.Join(names, " ") != c.names {
			t.Fatalf("%v %v: guides %v: %v", c.values, c.settings, names, err)
		}
		q := query{X: batch{{1, -0.5}, {0.2, 0.9}}, T: 0.4, Want: reverie.WantClass, Class: []int{1, 0}, Step: 1}
		a, err := got.Denoise(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		b, err := c.want.Denoise(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if gap := distance(a.X0, b.X0); gap != 0 {
			t.Errorf("%v %v: x0hat is off by %v", c.values, c.settings, gap)
		}
		if run := append(c.values, c.settings["classifier"])[0]; strings.HasPrefix(run, "runs/") && (len(opened) != 1 || opened[0] != run) {
			t.Errorf("opened %v, want %s", opened, run)
		}
	}
}

// CFG++ and the shift by the variance are those functions' too, whatever solver asks.
func TestRowsOfSteps(t *testing.T) {
	m, p := classes(t, 2, 5, 0, 1, 1), reverie.VP{}
	d := denoiser(m.Denoiser(p))
	s := Setup[batch]{Space: host, Process: p, Classifier: func(string) (Classifier[batch], error) { return exactClassifier(m, p), nil }}
	for want, settings := range map[reverie.Want]map[string]string{
		reverie.WantRenoise: {"cfgpp": "0.6"},
		reverie.WantShift:   {"classifier": "runs/noised", "classifier-shift": "variance"},
	} {
		guides, err := made(t, nil, settings)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Apply(s, d, guides...)
		if err != nil {
			t.Fatal(err)
		}
		if err := got.Knows(want | reverie.WantClass); err != nil || got.Knows(reverie.WantClass) == nil {
			t.Errorf("%v: %v", settings, err)
		}
	}
}

// What a command line cannot mean is refused by the name of the flag.
func TestRowsRefuse(t *testing.T) {
	m, p := classes(t, 2, 5, 0, 1), reverie.VP{}
	type settings = map[string]string
	for _, c := range []struct {
		values   []string
		settings settings
		err      string
	}{
		{[]string{"fre"}, nil, `--guide "fre" is unknown; choose one of classifier-free, autoguidance, cfg++, classifier, own`},
		{[]string{"own", "own"}, nil, "guide own is chosen twice"},
		{[]string{"runs/a", "runs/b"}, nil, "guide autoguidance is chosen twice"},
		{nil, settings{"guidance": "2", "cfgpp": "0.5"}, "guides classifier-free and cfg++ both guide away"},
		{[]string{"runs/a"}, settings{"cfgpp": "0.5"}, "guides autoguidance and cfg++ both guide away"},
		{nil, settings{"cfgpp": "1.5"}, "--cfgpp 1.5 is outside 0 to 1"},
		{nil, settings{"guidance": "2", "apg": "true", "guidance-rescale": "0.7"}, "--apg and --guidance-rescale"},
		{nil, settings{"guidance": "2", "apg-eta": "0.7"}, "settings of --apg"},
		{nil, settings{"guidance": "2", "guidance-interval": "2:1"}, `--guidance-interval "2:1": expected two noise levels`},
		{nil, settings{"guidance": "2", "guidance-interval": "2"}, "such as 0.28:1.6"},
		{nil, settings{"guidance": "2", "negative": "dog"}, `class "dog": the model has no classes`},
		{[]string{"runs/a"}, settings{"guidance": "2", "weak": "runs/b"}, "--guide runs/a and --weak both name the weaker model"},
		{[]string{"autoguidance"}, nil, "guide autoguidance: it needs a weaker model"},
		{[]string{"classifier"}, nil, "guide classifier: it needs a classifier"},
	} {
		guides, err := made(t, c.values, c.settings)
		if err == nil {
			_, err = Apply(Setup[batch]{Space: host, Process: p}, denoiser(m.Denoiser(p)), guides...)
		}
		if err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%v %v: %v, want %q", c.values, c.settings, err, c.err)
		}
	}
	if _, err := Apply(Setup[batch]{Space: host, Process: p}, denoiser(m.Denoiser(p)), nil); err == nil || !strings.Contains(err.Error(), "guide 1 of 1 is nil") {
		t.Error(err)
	}
	if _, err := For[[]float64](&own{}); err == nil || !strings.Contains(err.Error(), "guide own works on other batches") {
		t.Error(err)
	}
}

// TestConventions: gamma is told of what it is against.
func TestConventions(t *testing.T) {
	for want, g := range map[string]interface{ Convention() string }{
		"null + gamma (class - null)":                         &ClassifierFreeGuide[batch]{},
		"negative + gamma (class - negative); 0 is class dog": &ClassifierFreeGuide[batch]{Negative: "dog"},
		"weak + gamma (model - weak)":                         &AutoGuide[batch]{},
		"null + lambda (class - null)":                        &PlusPlusGuide[batch]{},
		"x0hat + scale (sigma^2/alpha) grad ":                 &ClassifierGuide[batch]{},
	} {
		if text := g.Convention(); !strings.Contains(text, want) {
			t.Errorf("%q, want %q", text, want)
		}
	}
}

// TestIdle: what guides nothing is an error where something says that it should.
func TestIdle(t *testing.T) {
	type settings = map[string]string
	for _, c := range []struct {
		values   []string
		settings settings
		err      string
	}{
		{nil, settings{"guidance": "1"}, ""},
		{nil, settings{"guidance": "2", "apg": "true"}, ""},
		{nil, settings{"guidance": "0", "negative": "cat"}, ""},
		{[]string{"runs/a"}, settings{"guidance": "1.5"}, ""},
		{[]string{"own"}, nil, ""},
		{nil, settings{"cfgpp": "1", "classifier": "runs/noised"}, ""},
		{[]string{"runs/a"}, nil, "--guide autoguidance guides nothing at a gamma of 1, the default; give --guidance"},
		{[]string{"classifier-free"}, nil, "guide classifier-free guides nothing"},
		{[]string{"runs/a"}, settings{"guidance": "1"}, "--guide has no effect at --guidance 1"},
		{nil, settings{"guidance": "1", "apg": "true"}, "--apg has no effect at --guidance 1"},
		{nil, settings{"guidance": "1", "negative": "cat"}, "--negative has no effect at --guidance 1"},
		{nil, settings{"guidance": "1", "guidance-interval": "0.1:inf"}, "--guidance-interval has no effect"},
	} {
		guides, err := made(t, c.values, c.settings)
		if err != nil {
			t.Fatal(err)
		}
		given := func(flag string) bool { _, ok := c.settings[flag]; return ok }
		for _, g := range guides {
			if err == nil {
				err = Idle(g, given)
			}
		}
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%v %v: %v, want %q", c.values, c.settings, err, c.err)
		}
	}
}
