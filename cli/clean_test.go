package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data/sound"
	"github.com/reverie-go/reverie/eval"
)

// writeTone writes a recording of n samples, of those channels.
func writeTone(t *testing.T, path string, rate, n, channels int, cycles float64, coding sound.Coding) {
	t.Helper()
	x := make([][]float64, channels)
	for c := range x {
		x[c] = make([]float64, n)
		for i := range x[c] {
			x[c][i] = .5 * math.Sin(2*math.Pi*cycles*float64(i*(c+1))/float64(rate))
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := sound.WriteFile(path, x, rate, coding); err != nil {
		t.Fatal(err)
	}
}

// speechRun trains a small model of speech in noise for two steps; the folder holds speech/, noise/
// and run/.
func speechRun(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for i := range 6 {
		writeTone(t, filepath.Join(dir, "speech", fmt.Sprintf("%d.wav", i)), 1000, 1500, 1, float64(40+30*i), sound.PCM16)
		writeTone(t, filepath.Join(dir, "noise", fmt.Sprintf("%d.wav", i)), 1000, 300, 1, 1.7+float64(i)*7.3, sound.PCM16)
	}
	r := ok(t, "train", filepath.Join(dir, "speech"), "--mix", filepath.Join(dir, "noise"), "--resolution", "16x16", "--rate", "1000",
		"--channels", "4,8", "--steps", "2", "--batch", "2", "--val", "0.4", "--run", filepath.Join(dir, "run"))
	if !strings.Contains(r.err, "sb-ve") || !strings.Contains(r.err, "at -5:15 dB") && !strings.Contains(r.err, "spectra of 16x16x2") {
		t.Error(r.err)
	}
	return dir
}

// Recordings of a folder, a file and stdin become clean ones of their rate, length and width; what
// is wrong is named.
func TestCleanRecordings(t *testing.T) {
	dir := speechRun(t)
	run, noisy, clean := filepath.Join(dir, "run"), filepath.Join(dir, "noisy"), filepath.Join(dir, "clean")
	writeTone(t, filepath.Join(noisy, "a/one.wav"), 1000, 1, 1, 90, sound.PCM16)
	writeTone(t, filepath.Join(noisy, "stereo.wav"), 2000, 901, 2, 90, sound.PCM24)
	writeTone(t, filepath.Join(noisy, "eight.wav"), 1000, 301, 8, 20, sound.Float32)
	r := ok(t, "sample", run, "--from", noisy, "--dir", clean, "--steps", "2")
	if !strings.Contains(r.err, "what lies above 500 Hz is lost") || strings.Count(r.err, "is lost") != 1 || !strings.Contains(r.err, "s for a second of it") {
		t.Error(r.err)
	}
	for _, name := range []string{"a/one.wav", "stereo.wav", "eight.wav"} {
		was, err := sound.Open(filepath.Join(noisy, name))
		if err != nil {
			t.Fatal(err)
		}
		is, err := sound.Open(filepath.Join(clean, name))
		if err != nil || is.Format != was.Format || len(is.X[0]) != len(was.X[0]) {
			t.Errorf("%s: %v of %d samples became %v, %v", name, was.Format, len(was.X[0]), is, err)
		}
	}
	again := filepath.Join(dir, "again.wav")
	ok(t, "sample", run, "--from", filepath.Join(noisy, "stereo.wav"), "--out", again, "--steps", "2", "--batch", "3")
	a, err := sound.Open(again)
	if err != nil {
		t.Fatal(err)
	}
	b, err := sound.Open(filepath.Join(clean, "stereo.wav"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range b.X[1] {
		if d := math.Abs(a.X[1][i] - b.X[1][i]); d > 1e-4 {
			t.Fatalf("sample %d is %v by batches of 3, %v of 16", i, a.X[1][i], b.X[1][i])
		}
	}
	bad := filepath.Join(dir, "bad.wav")
	if err := os.WriteFile(bad, []byte("RIFF\x10\x00\x00\x00WAVEjunk"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code int
		want string
		args []string
	}{
		{exitUsage, "give --dir", []string{"--from", noisy}},
		{exitUsage, "is a folder; give --dir", []string{"--from", noisy, "--out", again}},
		{exitUsage, "give one", []string{"--from", bad, "--out", again, "--dir", clean}},
		{exitUsage, "over what it is made of", []string{"--from", noisy, "--dir", noisy}},
		{exitUsage, "--npz belongs to samples that are drawn", []string{"--from", noisy, "--npz", filepath.Join(dir, "x.npz")}},
		{exitUsage, "from stdin is written to --out", []string{"--from", "-"}},
		{exitFailure, "bad.wav", []string{"--from", bad, "--out", filepath.Join(dir, "x.wav")}},
		{exitFailure, "no such file or folder", []string{"--from", filepath.Join(dir, "nowhere"), "--dir", clean}},
	} {
		refused(t, c.code, []string{c.want}, append([]string{"sample", run}, c.args...)...)
	}
	if _, err := os.Stat(filepath.Join(dir, "x.wav")); err == nil {
		t.Error("a damaged recording was written")
	}
	ok(t, "sample", run, "-n", "2", "--steps", "2", "--out", filepath.Join(dir, "grid.png")) // held-out segments
}

// A model of speech is judged by whole recordings in noise that it did not see, at each ratio, and
// by nothing else.
func TestEvalOfSpeech(t *testing.T) {
	dir := speechRun(t)
	run := filepath.Join(dir, "run")
	r := ok(t, "eval", run, filepath.Join(dir, "speech"), "-n", "3", "--steps", "2", "--json")
	var report eval.SpeechReport
	if err := json.Unmarshal([]byte(r.out), &report); err != nil {
		t.Fatal(err, r.out)
	}
	if len(report.Rows) != 8 || !report.Mixed {
		t.Fatalf("%d rows", len(report.Rows))
	}
	for _, row := range report.Rows {
		if row.Recordings != 3 || math.Abs(row.Gain.Value-row.Clean.Value+row.Noisy.Value) > 1e-9 {
			t.Errorf("%+v", row)
		}
		// Noise and speech are hardly alike, so that SI-SDR is about the ratio.
		if row.Metric == "si-sdr" && math.Abs(row.Noisy.Value-row.SNR) > 1 {
			t.Errorf("noisy at %v dB has an SI-SDR of %v", row.SNR, row.Noisy.Value)
		}
	}
	if r := ok(t, "eval", run, filepath.Join(dir, "speech"), "-n", "2", "--steps", "1", "--metrics", "si-sdr"); strings.Contains(r.out, "estoi") || !strings.Contains(r.out, "si-sdr  -5") {
		t.Error(r.out)
	}
	refused(t, exitUsage, []string{"swd judges no speech"}, "eval", run, "--metrics", "swd")
	refused(t, exitUsage, []string{"--npz belongs to samples that are drawn"}, "eval", run, "--npz", filepath.Join(dir, "x.npz"))
	refused(t, exitFailure, []string{"si-sdr is for recordings"}, "eval", sampleFile(t, dir), "--metrics", "si-sdr")
}

// sampleFile is a file of two samples of images.
func sampleFile(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "images.npz")
	if err := checkpoint.WriteNPZ(nil, path, checkpoint.NamedTensor{Key: "arr_0", Tensor: checkpoint.FromU8s(make([]uint8, 2*32*32*3), 2, 32, 32, 3)}); err != nil {
		t.Fatal(err)
	}
	return path
}
