package sound

import (
	"bufio"
	"crypto/md5"
	"errors"
	"fmt"
	"hash"
	"io"
	"log"
	"math"
	"sync"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"

	"github.com/reverie-go/reverie/internal/sniff"
)

// flacFile reads the frames of a FLAC file.
type flacFile struct {
	stream *flac.Stream
	info   *meta.StreamInfo
	frame  *frame.Frame
	at     int    // of the frame's samples, read
	done   uint64 // samples of each channel decoded
	sum    hash.Hash
	bytes  []byte
}

// guardFLAC makes a panic of the decoder an error.
func guardFLAC(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the decoder failed: %v", p)
	}
}

// openFLAC reads the header.
func (r *Reader) openFLAC(b *bufio.Reader) (err error) {
	defer guardFLAC(&err)
	s, err := flac.New(b)
	if err != nil {
		return err
	}
	i := s.Info
	if i.BitsPerSample < 4 {
		return fmt.Errorf("its samples are of %d bits: expected 4 to 32", i.BitsPerSample)
	}
	r.Format = Format{"FLAC", int(i.SampleRate), int(i.NChannels), Coding(fmt.Sprintf("pcm%d", i.BitsPerSample))}
	r.Len = -1
	if i.NSamples > 0 {
		r.Len = int64(i.NSamples)
	}
	r.source = &flacFile{stream: s, info: i, sum: md5.New()}
	return nil
}

// read is source's.
func (f *flacFile) read(dst [][]float64) (n int, err error) {
	defer guardFLAC(&err)
	if f.frame == nil || f.at == len(f.frame.Subframes[0].Samples) {
		if err := f.next(); err != nil {
			return 0, err
		}
	}
	n = min(len(dst[0]), len(f.frame.Subframes[0].Samples)-f.at)
	scale := math.Ldexp(1, 1-int(f.info.BitsPerSample))
	for c := range dst {
		for i, v := range f.frame.Subframes[c].Samples[f.at : f.at+n] {
			dst[c][i] = float64(v) * scale
		}
	}
	f.at += n
	return n, nil
}

// loggerMutex is held while the standard logger is silent.
var loggerMutex sync.Mutex

// header reads the header of a frame. At two rates, which its own tests lack, the decoder tells the
// standard logger so, frame by frame: that is left out.
func (f *flacFile) header() (*frame.Frame, error) {
	if r := f.info.SampleRate; r == 24000 || r == 176400 {
		loggerMutex.Lock()
		defer loggerMutex.Unlock()
		defer log.SetOutput(log.Writer())
		log.SetOutput(io.Discard)
	}
	return f.stream.Next()
}

// next decodes a frame; at the end it compares the checksum of all samples, where there is one.
func (f *flacFile) next() error {
	if f.info.NSamples > 0 && f.done == f.info.NSamples { // what follows may be a tag
		return f.verify()
	}
	fr, err := f.header()
	if err == nil {
		if fr.BitsPerSample == 0 { // as the header has it; the decoder would take none
			fr.BitsPerSample = f.info.BitsPerSample
		}
		if err = fr.Parse(); errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return truncated{"ends within a frame"}
	case errors.Is(err, io.EOF) && f.done < f.info.NSamples:
		return truncated{fmt.Sprintf("ends %d samples before the end that its header announces", f.info.NSamples-f.done)}
	case errors.Is(err, io.EOF):
		return f.verify()
	case err != nil:
		return fmt.Errorf("after %d samples: %w", f.done, err)
	case fr.Channels.Count() != int(f.info.NChannels) || fr.BitsPerSample != f.info.BitsPerSample:
		return sniff.FLAC.Unsupported(fmt.Errorf("after %d samples it changes from %d channels of %d bits to %d of %d", f.done, f.info.NChannels, f.info.BitsPerSample, fr.Channels.Count(), fr.BitsPerSample), sniff.Audio.Remedy())
	case fr.SampleRate != 0 && fr.SampleRate != f.info.SampleRate:
		return sniff.FLAC.Unsupported(fmt.Errorf("after %d samples it changes from %d samples a second to %d", f.done, f.info.SampleRate, fr.SampleRate), sniff.Audio.Remedy())
	}
	n := len(fr.Subframes[0].Samples)
	for _, s := range fr.Subframes {
		if len(s.Samples) != n || n == 0 {
			return fmt.Errorf("after %d samples a frame has channels of %d and %d samples", f.done, n, len(s.Samples))
		}
	}
	f.frame, f.at, f.done = fr, 0, f.done+uint64(n)
	if f.info.NSamples > 0 && f.done > f.info.NSamples {
		return fmt.Errorf("it holds more than the %d samples that its header announces", f.info.NSamples)
	}
	f.add()
	return nil
}

// add takes the frame's samples into the checksum: little-endian, of whole bytes, in turns.
func (f *flacFile) add() {
	width := (int(f.info.BitsPerSample) + 7) / 8
	f.bytes = f.bytes[:0]
	for i := range f.frame.Subframes[0].Samples {
		for _, s := range f.frame.Subframes {
			for k := range width {
				f.bytes = append(f.bytes, byte(s.Samples[i]>>(8*k)))
			}
		}
	}
	f.sum.Write(f.bytes)
}

// verify is io.EOF where the samples are those that were encoded.
func (f *flacFile) verify() error {
	if want := f.info.MD5sum; want != [md5.Size]byte{} && want != [md5.Size]byte(f.sum.Sum(nil)) {
		return errors.New("its samples are not those that were encoded: their checksum (MD5) differs")
	}
	return io.EOF
}
