package isa

import "testing"

func TestEachVisitsEveryLevelAndRestores(t *testing.T) {
	var seen []Level
	OnChange(func(l Level) { seen = append(seen, l) })
	if len(seen) != 1 || seen[0] != Best() {
		t.Fatalf("OnChange called with %v, want [%v]", seen, Best())
	}
	next := Generic
	Each(t, func(t *testing.T) {
		if Current() != next || seen[len(seen)-1] != next {
			t.Errorf("current %v, last told %v, want %v", Current(), seen[len(seen)-1], next)
		}
		next++
	})
	if next != Best()+1 || Current() != Best() {
		t.Errorf("ended at %v with level %v in use, want all up to %v and that one in use", next-1, Current(), Best())
	}
}

func TestUseRefusesWhatIsMissing(t *testing.T) {
	for _, l := range []Level{-1, Best() + 1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Use(%v) did not panic", l)
				}
			}()
			Use(l)
		}()
	}
}

func TestString(t *testing.T) {
	for l, want := range map[Level]string{Generic: "generic", AVX2: "avx2", AVX512: "avx512", 7: "Level(7)"} {
		if got := l.String(); got != want {
			t.Errorf("Level(%d).String() = %q, want %q", int(l), got, want)
		}
	}
}
