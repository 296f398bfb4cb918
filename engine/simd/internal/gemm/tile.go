package gemm

//go:generate sh -c "cd _asm && go run . -out ../kernel_amd64.s -stubs ../stubs_amd64.go -pkg gemm && sed -i 's/t \\*uint/t *tile/' ../stubs_amd64.go"

// tile is the work of one call of a micro-kernel: mr x nr elements of C, accumulated in registers
// over all runs, then finished as flags say and stored. Strides and offsets are in bytes. The order
// of its fields is known to _asm.
type tile struct {
	a        *float32 // element (0, 0) of A, before the offset of the run
	b        *float32 // packed: for each run, for each step, nr floats
	c        *float32
	runs     *int // offsets from a, one a run
	nruns    int
	length   int // steps of every run, > 0
	step     int // rows kernels: from row to row of A; cols kernels: from step to step
	cstep    int // from row to row of C and of the residual
	bias     *float32
	residual *float32
	flags    int
}

const (
	flagAccumulate = 1 << iota // add what C holds
	flagBias
	flagResidual
	flagReLU
)
