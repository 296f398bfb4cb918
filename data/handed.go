package data

import (
	"math"
	"unicode/utf8"
)

// handed says whether mirroring harms: of how many more images the nearest other image is clearly
// nearer than that of their mirror image, as a share of all, than it is the other way round. Digits
// and letters have a hand, so their mirror images lie off the set; of faces and scenes a mirrored
// one is as likely as another, and the share is about 0.
func handed(looks []*look) (share float64, yes bool) {
	nearer, farther := 0, 0
	for i, l := range looks {
		m := l.mirror()
		own, mirrored := math.MaxInt, math.MaxInt
		for k, other := range looks {
			if k != i {
				own = min(own, squares(l.luma[:], other.luma[:], own))
				mirrored = min(mirrored, squares(m.luma[:], other.luma[:], mirrored))
			}
		}
		switch limit := handedMargin * handedMargin; {
		case float64(own) < limit*float64(mirrored):
			nearer++
		case float64(mirrored) < limit*float64(own):
			farther++
		}
	}
	share = float64(nearer-farther) / float64(max(1, len(looks)))
	// Where both are as likely, the difference has the deviation of that many throws of a coin.
	return share, share > handedShare && float64(nearer-farther) > 4*math.Sqrt(float64(nearer+farther))
}

// A distance is clearly less that is under handedMargin of another; handedShare is the least share
// of a set with a hand: of rendered digits it is .7, of letters .5, of the emoji's faces, animals,
// food, places and objects up to .12, see TestHanded.
const (
	handedMargin = .8
	handedShare  = .25
)

// signs says whether the classes are called as digits or letters are: two or more names of one
// character each.
func signs(classes []string) bool {
	for _, c := range classes {
		if utf8.RuneCountInString(c) != 1 {
			return false
		}
	}
	return len(classes) > 1
}
