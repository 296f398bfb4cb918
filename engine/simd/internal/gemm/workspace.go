package gemm

import "sync"

// scratch is what one worker of one call needs.
type scratch struct {
	tile   tile
	a, b   []float32
	c      []float32
	edge   []float32 // maxMR*maxNR
	runs   []int
	scaled []int
}

// workspace is the memory of one call. Workspaces are kept for later calls, so that in the steady
// state nothing is allocated.
type workspace struct {
	workers []scratch
	a, b, c []float32 // shared by the workers
	corr    correlation
	kgrad   kernelGrad
	mat     matmul
}

var spaces struct {
	sync.Mutex
	free []*workspace
}

// acquire returns a workspace for that many workers.
func acquire(workers int) *workspace {
	spaces.Lock()
	var ws *workspace
	if n := len(spaces.free); n > 0 {
		ws, spaces.free = spaces.free[n-1], spaces.free[:n-1]
	}
	spaces.Unlock()
	if ws == nil {
		ws = newWorkspace()
	}
	for len(ws.workers) < workers {
		ws.workers = append(ws.workers, scratch{edge: make([]float32, maxMR*maxNR)})
	}
	return ws
}

func release(ws *workspace) {
	spaces.Lock()
	spaces.free = append(spaces.free, ws)
	spaces.Unlock()
}

// resize returns s with length n, its contents lost when it must grow.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

func newWorkspace() *workspace {
	ws := &workspace{}
	ws.mat.ws = ws
	ws.mat.packTask, ws.mat.computeTask = ws.mat.pack, ws.mat.compute
	ws.corr.ws = ws
	ws.corr.packTask, ws.corr.copyTask, ws.corr.bandTask, ws.corr.chunkTask = ws.corr.pack, ws.corr.copy, ws.corr.band, ws.corr.chunk
	ws.kgrad.ws = ws
	ws.kgrad.bind()
	return ws
}
