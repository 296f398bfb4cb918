package simd

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/pkg/core/dtypes"

	"github.com/reverie-go/reverie/engine/simd/internal/isa"
	"github.com/reverie-go/reverie/engine/simd/internal/par"
)

// Name is the name that the backend is registered under.
const Name = "simd"

func init() {
	backends.Register(Name, func(config string) (backends.Backend, error) { return New(config) })
}

// Backend implements [backends.Backend]. It is safe for concurrent use; executions run one after
// another.
type Backend struct {
	options   options
	pool      memPool
	arenas    arenaPool
	threads   *par.Pool
	finalized atomic.Bool
	lastArena atomic.Int64
}

var _ backends.Backend = (*Backend)(nil)

// maxThreads is more than the processors of any machine, and few enough that a slip of the pen
// takes no memory that counts.
const maxThreads = 1024

// options are the settings of the configuration string.
type options struct {
	threads int
	profile bool
	nofuse  bool
	level   *isa.Level // to use from now on; nil: as it is
}

func parseOptions(config string) (options, error) {
	o := options{threads: runtime.GOMAXPROCS(0), profile: os.Getenv("REVERIE_SIMD_PROFILE") != ""}
	for _, item := range strings.Split(config, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(item), "=")
		switch key {
		case "":
		case "threads":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > maxThreads {
				return o, fmt.Errorf("simd: configuration threads=%q: want a number from 1 to %d", value, maxThreads)
			}
			o.threads = n
		case "level":
			l, err := parseLevel(value)
			if err != nil {
				return o, err
			}
			o.level = &l
		case "profile":
			o.profile = true
		case "nofuse":
			o.nofuse = true
		default:
			return o, fmt.Errorf("simd: unknown configuration %q: want threads=N, level=LEVEL, profile or nofuse", item)
		}
	}
	return o, nil
}

// parseLevel returns the level of that name, where this machine has it.
func parseLevel(name string) (isa.Level, error) {
	if name == "best" {
		return isa.Best(), nil
	}
	for l := isa.Generic; l <= isa.Best(); l++ {
		if l.String() == name {
			return l, nil
		}
	}
	return 0, fmt.Errorf("simd: configuration level=%q: want best or a level that this machine has, from %s to %s", name, isa.Generic, isa.Best())
}

// New returns a backend for a configuration string, see the package comment; "" is the default.
func New(config string) (*Backend, error) {
	o, err := parseOptions(config)
	if err != nil {
		return nil, err
	}
	if o.level != nil {
		isa.Use(*o.level)
	}
	return &Backend{options: o, threads: par.New(o.threads)}, nil
}

// Name returns "simd".
func (b *Backend) Name() string { return Name }

// String returns "simd".
func (b *Backend) String() string { return Name }

// Description says what the backend runs on.
func (b *Backend) Description() string {
	return fmt.Sprintf("simd: pure Go and assembly on %s/%s, %s kernels, %d threads", runtime.GOOS, runtime.GOARCH, isa.Current(), b.options.threads)
}

// NumDevices returns 1.
func (b *Backend) NumDevices() int { return 1 }

// DeviceDescription describes the only device.
func (b *Backend) DeviceDescription(backends.DeviceNum) string { return b.Description() }

// Capabilities lists the operations and element types.
func (b *Backend) Capabilities() backends.Capabilities { return capabilities.Clone() }

// LastArena returns the bytes of intermediate values of the executable that was compiled last.
func (b *Backend) LastArena() int64 { return b.lastArena.Load() }

// Builder starts a new computation.
func (b *Backend) Builder(name string) backends.Builder { return newBuilder(b, name) }

// Finalize ends the backend's threads, releases the memory that it holds and makes it unusable.
func (b *Backend) Finalize() {
	b.finalized.Store(true)
	b.threads.Close()
	b.pool.clear()
	b.arenas.clear()
}

// IsFinalized reports whether Finalize was called.
func (b *Backend) IsFinalized() bool { return b.finalized.Load() }

func checkDType(dt dtypes.DType) error {
	if !capabilities.DTypes[dt] {
		return fmt.Errorf("simd: element type %s is not supported", dt)
	}
	return nil
}
