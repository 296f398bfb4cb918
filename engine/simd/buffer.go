package simd

import (
	"fmt"
	"sync"
	"unsafe"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/shapes"
)

// Buffer is an array in the backend's memory. It is always shared: its data is plain Go memory.
type Buffer struct {
	shape shapes.Shape
	mem   []byte // nil once finalized or donated
	flat  any
}

// align is the alignment of every array, in bytes: a cache line and an AVX-512 register.
const align = 64

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// largePage is the size and alignment of a large page of memory.
const largePage = 2 << 20

// alignedBytes allocates n bytes at a multiple of align, in large pages if there is much.
func alignedBytes(n int) []byte {
	to := align
	if n >= 2*largePage {
		to = largePage
	}
	m := make([]byte, n+to)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(m))) & uintptr(to-1))
	m = m[skip : skip+n : skip+n]
	if to == largePage {
		hugePages(m[:n&^(largePage-1)])
	}
	return m
}

// memPool keeps released memory for reuse, by exact rounded size.
type memPool struct {
	mu   sync.Mutex
	free map[int][][]byte
	held int
}

// maxPooled bounds the bytes that a pool keeps; what is released beyond goes to the garbage
// collector.
const maxPooled = 64 << 20

func (p *memPool) get(n int) []byte {
	n = max(roundUp(n, align), align)
	p.mu.Lock()
	if l := p.free[n]; len(l) > 0 {
		m := l[len(l)-1]
		p.free[n] = l[:len(l)-1]
		p.held -= n
		p.mu.Unlock()
		return m
	}
	p.mu.Unlock()
	return alignedBytes(n)
}

func (p *memPool) put(m []byte) {
	n := len(m)
	if n == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held+n > maxPooled {
		return
	}
	if p.free == nil {
		p.free = map[int][][]byte{}
	}
	p.free[n] = append(p.free[n], m)
	p.held += n
}

func (p *memPool) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free, p.held = nil, 0
}

func (b *Backend) newBuffer(shape shapes.Shape) *Buffer {
	n := shape.Size()
	mem := b.pool.get(n * sizeOf(shape.DType))
	return bufferOf(shape, mem)
}

func bufferOf(shape shapes.Shape, mem []byte) *Buffer {
	return &Buffer{shape: shape.Clone(), mem: mem, flat: flatOf(shape.DType, mem, shape.Size())}
}

func (b *Backend) buffer(x backends.Buffer) (*Buffer, error) {
	buf, ok := x.(*Buffer)
	if !ok || buf == nil {
		return nil, fmt.Errorf("simd: buffer is a %T, not one of this backend", x)
	}
	if buf.mem == nil {
		return nil, fmt.Errorf("simd: buffer of shape %s was finalized or donated before", buf.shape)
	}
	return buf, nil
}

// BufferFinalize releases the buffer's memory for reuse.
func (b *Backend) BufferFinalize(x backends.Buffer) error {
	buf, err := b.buffer(x)
	if err != nil {
		return err
	}
	b.pool.put(buf.mem)
	buf.mem, buf.flat = nil, nil
	return nil
}

// BufferShape returns the shape of the buffer.
func (b *Backend) BufferShape(x backends.Buffer) (shapes.Shape, error) {
	buf, err := b.buffer(x)
	if err != nil {
		return shapes.Invalid(), err
	}
	return buf.shape, nil
}

// BufferDeviceNum returns 0: there is one device.
func (b *Backend) BufferDeviceNum(x backends.Buffer) (backends.DeviceNum, error) {
	_, err := b.buffer(x)
	return 0, err
}

// BufferToFlatData copies the buffer to flat, a slice of the buffer's element type and size.
func (b *Backend) BufferToFlatData(x backends.Buffer, flat any) error {
	buf, err := b.buffer(x)
	if err != nil {
		return err
	}
	dst, dt, n := bytesOf(flat)
	if dt != buf.shape.DType || n != buf.shape.Size() {
		return fmt.Errorf("simd: cannot copy a buffer of shape %s to a %T of length %d", buf.shape, flat, n)
	}
	copy(dst, buf.mem)
	return nil
}

// BufferFromFlatData copies flat to a new buffer of the given shape.
func (b *Backend) BufferFromFlatData(device backends.DeviceNum, flat any, shape shapes.Shape) (backends.Buffer, error) {
	src, dt, n := bytesOf(flat)
	if dt != shape.DType || n != shape.Size() {
		return nil, fmt.Errorf("simd: cannot make a buffer of shape %s of a %T of length %d", shape, flat, n)
	}
	x, _, err := b.NewSharedBuffer(device, shape)
	if err != nil {
		return nil, err
	}
	copy(x.(*Buffer).mem, src)
	return x, nil
}

// HasSharedBuffers returns true: buffers are plain Go memory.
func (b *Backend) HasSharedBuffers() bool { return true }

// NewSharedBuffer returns a buffer and the slice that is its memory. The contents are undefined.
func (b *Backend) NewSharedBuffer(device backends.DeviceNum, shape shapes.Shape) (backends.Buffer, any, error) {
	if b.IsFinalized() {
		return nil, nil, fmt.Errorf("simd: the backend was finalized")
	}
	if device != 0 {
		return nil, nil, fmt.Errorf("simd: there is no device %d, only device 0", device)
	}
	if err := checkDType(shape.DType); err != nil {
		return nil, nil, err
	}
	buf := b.newBuffer(shape)
	return buf, buf.flat, nil
}

// BufferData returns the slice that is the buffer's memory.
func (b *Backend) BufferData(x backends.Buffer) (any, error) {
	buf, err := b.buffer(x)
	if err != nil {
		return nil, err
	}
	return buf.flat, nil
}

// BufferCopyToDevice is an error: there is one device only.
func (b *Backend) BufferCopyToDevice(backends.Buffer, backends.DeviceNum) (backends.Buffer, error) {
	return nil, fmt.Errorf("simd: there is only one device to copy to")
}
