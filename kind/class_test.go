package kind

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func animals() Kind { return OfImages(4, 4, 1).Labelled([]Class{{"cat", 3}, {"dog", 0}}) }

// A class is found by its name, and what is not there is told with what is.
func TestClassNumber(t *testing.T) {
	k := animals()
	if n, err := k.ClassNumber("dog"); n != 1 || err != nil {
		t.Errorf("dog is class %d, %v", n, err)
	}
	if names := k.ClassNames(); !reflect.DeepEqual(names, []string{"cat", "dog"}) {
		t.Errorf("names %q", names)
	}
	many := make([]Class, 40)
	for i := range many {
		many[i].Name = fmt.Sprint(i)
	}
	for want, k := range map[string]Kind{
		`no class "cow": expected one of "cat" "dog"`: k,
		`"31" and 8 more`: k.Labelled(many),
		`no class "cow": the points have no classes`: OfPoints(2),
		`no class "cow": the images have no classes`: k.Labelled(nil),
	} {
		if n, err := k.ClassNumber("cow"); n != -1 || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("cow is class %d, %v; want %q", n, err, want)
		}
	}
}

// What cannot be the classes of samples is refused by name.
func TestValidateClasses(t *testing.T) {
	if err := animals().Validate(); err != nil {
		t.Error(err)
	}
	for want, classes := range map[string][]Class{
		"65537 classes":                     make([]Class, MaxClasses+1),
		"class 1: the name of a class is e": {{"a", 1}, {}},
		"has 256 bytes":                     {{strings.Repeat("a", 256), 1}},
		"not UTF-8":                         {{"\xff", 1}},
		"control characters":                {{"a\x1b[31m", 1}},
		`class 1: "a" comes twice`:          {{"a", 1}, {"a", 2}},
		`class 0, "a": -1 samples`:          {{"a", -1}},
	} {
		if err := OfPoints(2).Labelled(classes).Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Classes are written with the kind, and a kind without any as it was before there were classes.
func TestClassesJSON(t *testing.T) {
	text, err := json.Marshal(animals())
	if want := `{"form":"images","height":4,"width":4,"channels":1,"ranged":true,"levels":256,"classes":[{"name":"cat","samples":3},{"name":"dog","samples":0}]}`; err != nil || string(text) != want {
		t.Errorf("%s, %v; want %s", text, err, want)
	}
	var back Kind
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, animals()) {
		t.Errorf("%+v, %v", back, err)
	}
	if text, err := json.Marshal(OfPoints(2)); err != nil || string(text) != `{"form":"points","height":1,"width":1,"channels":2}` {
		t.Errorf("%s, %v", text, err)
	}
}

// Names that are whole numbers are sorted by their value, and keep their digits.
func TestCompareClassNames(t *testing.T) {
	want := []string{"", "-3", "0", "01", "1", "2", "10", "99999999999999999999", "100000000000000000000", "-", "10a", "B", "a", "a10", "a2"}
	want = append(want[1:9:9], append([]string{""}, want[9:]...)...) // the empty name is no number
	for n := range want {
		got := slices.Concat(want[n:], want[:n])
		slices.SortFunc(got, CompareClassNames)
		if !slices.Equal(got, want) {
			t.Fatalf("sorted %q, want %q", got, want)
		}
	}
}
