// Package sound reads and writes recordings: WAV (PCM of 8, 16, 24 and 32 bits, floats of 32 and
// 64, plain or extensible, RF64) and FLAC, as numbers of which 1 is full scale, channel by channel.
//
//	clip, err := sound.Open("speech.flac")            // clip.X[channel][i], clip.Rate
//	clipped, err := sound.WriteFile("out.wav", clip.X, clip.Rate, sound.PCM16)
//
// A [Reader] gives blocks in bounded memory. Recordings come from anybody: what a header announces
// is checked and allocated only as its samples come, numbers that are none are refused by their
// place, and what is read otherwise than as it stands is noted.
//
// A whole number v of b bits stands for v 2^(1-b), so that full scale is [-1, 1 - 2^(1-b)]; floats
// stand for themselves and may exceed 1, which is noted. The folders below change the rate
// (resample), go to short-time spectra and back (stft), make of these what a network takes
// (spectra), and mix speech with noise (mix).
package sound

import (
	"fmt"
	"math"
)

// Bounds of a recording.
const (
	MaxRate    = 1 << 20 // samples a second
	MaxSamples = 1 << 27 // of all channels together, where they are read at once
	MaxValue   = 1e30    // what a float may be at most, either way
)

// A Coding is how samples stand in a file. Of FLAC there are others, such as "pcm20".
type Coding string

// The codings of WAV.
const (
	PCM8    Coding = "pcm8" // unsigned; read only
	PCM16   Coding = "pcm16"
	PCM24   Coding = "pcm24"
	PCM32   Coding = "pcm32"
	Float32 Coding = "float32"
	Float64 Coding = "float64" // read only
)

// A Format says what a recording is.
type Format struct {
	File     string // "WAV" or "FLAC"
	Rate     int    // samples a second, 1 to MaxRate
	Channels int    // at least 1
	Coding   Coding
}

// A Clip is a recording in memory.
type Clip struct {
	Format
	// X holds the samples, [channels][n], 1 being full scale.
	X [][]float64
	// Notes say what was read otherwise than as it stands, or may not be what was meant.
	Notes []string
}

// checkFormat reports a rate or a number of channels that no recording has here.
func checkFormat(rate, channels int) error {
	switch {
	case channels < 1:
		return fmt.Errorf("%d channels: expected at least 1", channels)
	case rate < 1 || rate > MaxRate:
		return fmt.Errorf("%d samples a second: expected 1 to %d", rate, MaxRate)
	}
	return nil
}

// checkBlock reports slices that are not of so many channels of one length, and returns the length.
func checkBlock(x [][]float64, channels int) (int, error) {
	if len(x) != channels || channels < 1 {
		return 0, fmt.Errorf("sound: a block of %d channels: expected %d", len(x), max(channels, 1))
	}
	for c := range x {
		if len(x[c]) != len(x[0]) {
			return 0, fmt.Errorf("sound: a block whose channel 0 has %d samples and channel %d %d: expected as many", len(x[0]), c, len(x[c]))
		}
	}
	return len(x[0]), nil
}

// checkValue reports a number that no recording may hold.
func checkValue(v float64, channel int, at int64) error {
	if !(math.Abs(v) <= MaxValue) {
		return fmt.Errorf("sample %d of channel %d is %v: expected a finite number of at most %v", at, channel, v, float64(MaxValue))
	}
	return nil
}
