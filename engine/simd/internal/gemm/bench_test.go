package gemm

import (
	"fmt"
	"testing"
)

// layer is a convolution of a network; transposed: its input gradient is the network's forward
// pass.
type layer struct {
	name string
	Conv
	transposed bool
}

// layers are those of SimpleUnet at batch 8, 64 x 64, and of a small residual U-Net at batch 32, 32
// x 32.
var layers = []layer{
	{"conv0", same3(8, 64, 64, 3, 64), false},
	{"down0.1", same3(8, 64, 64, 64, 128), false},
	{"down0.2", same3(8, 64, 64, 128, 128), false},
	{"down0.t", down4(8, 64, 64, 128, 128), false},
	{"down1.1", same3(8, 32, 32, 128, 256), false},
	{"down1.2", same3(8, 32, 32, 256, 256), false},
	{"down1.t", down4(8, 32, 32, 256, 256), false},
	{"down2.1", same3(8, 16, 16, 256, 512), false},
	{"down2.2", same3(8, 16, 16, 512, 512), false},
	{"down2.t", down4(8, 16, 16, 512, 512), false},
	{"down3.1", same3(8, 8, 8, 512, 1024), false},
	{"down3.2", same3(8, 8, 8, 1024, 1024), false},
	{"down3.t", down4(8, 8, 8, 1024, 1024), false},
	{"up0.1", same3(8, 4, 4, 2048, 512), false},
	{"up0.2", same3(8, 4, 4, 512, 512), false},
	{"up0.t", down4(8, 8, 8, 512, 512), true},
	{"up1.1", same3(8, 8, 8, 1024, 256), false},
	{"up1.2", same3(8, 8, 8, 256, 256), false},
	{"up1.t", down4(8, 16, 16, 256, 256), true},
	{"up2.1", same3(8, 16, 16, 512, 128), false},
	{"up2.2", same3(8, 16, 16, 128, 128), false},
	{"up2.t", down4(8, 32, 32, 128, 128), true},
	{"up3.1", same3(8, 32, 32, 256, 64), false},
	{"up3.2", same3(8, 32, 32, 64, 64), false},
	{"up3.t", down4(8, 64, 64, 64, 64), true},
	{"output", point(8, 64, 64, 64, 3), false},
	{"small.in", same3(32, 32, 32, 3, 16), false},
	{"small.16", same3(32, 32, 32, 16, 16), false},
	{"small.32", same3(32, 16, 16, 32, 32), false},
	{"small.64", same3(32, 8, 8, 64, 64), false},
	{"small.128", same3(32, 8, 8, 128, 64), false},
	{"small.48", same3(32, 32, 32, 48, 16), false},
	{"small.skip", point(32, 32, 32, 48, 16), false},
	{"small.out", same3(32, 32, 32, 16, 3), false},
}

func BenchmarkConv(b *testing.B) {
	p := pool(b, 2)
	for _, l := range layers {
		c := newConvCase(l.Conv, 1)
		xs, xc := [][]float32{c.x.data}, []int{c.C}
		run := func(name string, f func()) {
			b.Run(fmt.Sprintf("%s/%s", l.name, name), func(b *testing.B) {
				for b.Loop() {
					f()
				}
				b.ReportMetric(c.FLOP()*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
		run("forward", func() { c.Forward(p, c.y.data, xs, xc, c.w.data, Epilogue{}) })
		run("input", func() { c.InputGrad(p, c.dx.data, c.dy.data, c.w.data, Epilogue{}) })
		run("kernel", func() { c.KernelGrad(p, c.dw.data, c.x.data, c.dy.data) })
	}
}
