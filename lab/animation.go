package lab

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/internal/chart"
	"github.com/reverie-go/reverie/sample"
)

// particles is the number of points of the animation.
const particles = 400

// animationFigure makes diffusion.gif: noise flows to the data along the learned probability flow,
// and is diffused again.
func animationFigure(ctx context.Context, l *lab) ([]output, error) {
	network, err := l.diffusionNetwork(ctx)
	if err != nil {
		return nil, err
	}
	back, err := l.framesBack(ctx, network)
	if err != nil {
		return nil, err
	}
	last := back[len(back)-1].x
	for i := range back {
		back[i].origin = last
	}
	frames := append(back, l.framesForth(last)...)
	g := &gif.GIF{}
	for i, f := range frames {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		l.progress("painting the animation", float64(i)/float64(len(frames)))
		g.Image = append(g.Image, paletted(f.paint(l.data)))
		g.Delay = append(g.Delay, f.hold)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		return nil, err
	}
	return []output{{file: "diffusion.gif", shows: "noise flows to the data by the learned ODE, and diffuses again", bytes: b.Bytes()}}, nil
}

// A frame is a picture of the animation: points at t, in the colours of the directions of their
// origins, shown for so many 1/100 s.
type frame struct {
	x, origin points
	t         float64
	title     string
	hold      int
}

// framesBack walks from noise to data.
func (l *lab) framesBack(ctx context.Context, n *Network) ([]frame, error) {
	grid, err := sample.LogSNR(n.Process, 36)
	if err != nil {
		return nil, err
	}
	const title = "noise to data: learned probability flow"
	x := l.noise(particles)
	_, hi := n.Process.Span()
	frames := []frame{{x: x, t: hi, title: title, hold: 40}}
	run := &sample.Run[points]{Space: &reverie.Host[float64]{}, Process: n.Process, Denoiser: n.Denoiser()}
	_, err = sample.Sample(ctx, run, sample.Heun[points]{}, x, grid, func(s sample.State[points]) error {
		l.progress("sampling for the animation", float64(s.Step)/float64(s.Steps))
		frames = append(frames, frame{x: s.X, t: max(0, s.S), title: title, hold: 8})
		return nil
	})
	frames[len(frames)-1].hold = 120
	return frames, err
}

// framesForth diffuses x along the forward chain.
func (l *lab) framesForth(x points) []frame {
	sp := &reverie.Host[float64]{Stream: stream(l.Seed, streamSampling+60<<32)}
	var frames []frame
	from, origin := reverie.Coef{Alpha: 1}, x
	const n = 20
	for i := range n {
		u := float64(i+1) / n
		t := u * u
		c := diffusionProcess.At(max(t, .002))
		x = sp.Sum([]float64{c.Alpha / from.Alpha, math.Sqrt(reverie.ForwardVariance(c, from))}, x, sp.Noise(x))
		from = c
		frames = append(frames, frame{x: x, origin: origin, t: t, title: "data to noise: diffusion", hold: 8})
	}
	return frames
}

// paint draws the frame, 288 pixels wide.
func (f frame) paint(d Data) image.Image {
	fig := &figure{box: window, rows: [][]*panel{{(&panel{title: f.title, note: fmt.Sprintf("t = %.2f", f.t)}).add(
		dimmed(densityOf(d.Law.At(lawAt(f.t)), window, 128).coarse()), byDirection(f.x, f.origin, 1.2))}}, window: 200, bare: true}
	return chart.ImageAt(fig, 100)
}

// animationPalette is that of the animation: the shades, the hues whole and half over the night,
// and greys for text.
func animationPalette() color.Palette {
	p := dimPalette()
	for i := range 36 {
		c := hue(float64(i) / 36)
		for _, u := range []float64{0, .3, .6} {
			p = append(p, chart.Mix(c, shade(3), u))
		}
	}
	for i := range 12 {
		p = append(p, chart.Mix(chart.Ink, chart.Paper, float64(i)/11), chart.Mix(shade(0), white, float64(i)/11))
	}
	return p
}

// paletted finds the nearest colour of the palette for each pixel, each colour once.
func paletted(img image.Image) *image.Paletted {
	b := img.Bounds()
	out := image.NewPaletted(image.Rect(0, 0, b.Dx(), b.Dy()), animationPalette())
	known := map[color.Color]uint8{}
	for y := range b.Dy() {
		for x := range b.Dx() {
			c := img.At(b.Min.X+x, b.Min.Y+y)
			k, ok := known[c]
			if !ok {
				k = uint8(out.Palette.Index(c))
				known[c] = k
			}
			out.Pix[y*out.Stride+x] = k
		}
	}
	return out
}
