package checkpoint

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
)

// A LoadOption chooses what Load reads.
type LoadOption func(*loader)

// Only loads the data of these parts alone; the other tensors come with type and shape and nil
// Data. Everything is still verified. Only() with no part reads the headers and the JSON files
// alone: no data are verified, and Optimizer.Step is left 0.
func Only(parts ...Part) LoadOption {
	return func(l *loader) {
		l.wants = func(p Part) bool { return slices.Contains(parts, p) }
		l.headers = len(parts) == 0
	}
}

// ForSampling loads the data that [Checkpoint.Sampling] gives and those of the autoencoder, and no
// others.
func ForSampling(raw bool) LoadOption {
	return func(l *loader) {
		l.wants = func(p Part) bool { return p == VAE || p == samplingPart(raw, l.hasEMA) }
	}
}

// Each hands the data of each tensor to f as it is read, instead of keeping them: t.Data is only
// valid during the call, and the tensors of the checkpoint that Load gives have nil Data. What f
// has got is verified only once Load has returned without an error.
func Each(f func(part Part, name string, t Tensor) error) LoadOption {
	return func(l *loader) { l.each = f }
}

// Sampling gives the weights to sample from, and which they are: the average where there is one and
// raw is false, else the network's own.
func (c *Checkpoint) Sampling(raw bool) (map[string]Tensor, Part) {
	if p := samplingPart(raw, c.EMA != nil); p == EMA {
		return c.EMA, p
	}
	return c.Weights, Weights
}

func samplingPart(raw, hasEMA bool) Part {
	if hasEMA && !raw {
		return EMA
	}
	return Weights
}

// Load reads a checkpoint or a model folder, as [Resolve] gives it.
//
// In a checkpoint every file must have the SHA-256 that trainer.json lists; in a folder without
// trainer.json every value that is loaded must be finite. Errors name the file; they wrap
// ErrDamaged, ErrNotFinite or the system's error. Nothing outside a checkpoint's folder is read,
// not even through a symbolic link; a model's folder may hold links to files, as the caches of
// downloads do. A model's folder may be laid out as others do it (docs/models.md); the checkpoint's
// Notes say what was read otherwise than it lay there.
func Load(dir string, opts ...LoadOption) (*Checkpoint, error) {
	l := &loader{dir: dir, wants: func(Part) bool { return true }}
	for _, o := range opts {
		o(l)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	l.root = root
	return l.load()
}

// A loader reads one folder.
type loader struct {
	dir     string
	root    *os.Root
	wants   func(Part) bool
	headers bool // only headers, no data
	each    func(part Part, name string, t Tensor) error

	trainer *Trainer // nil: an imported model
	linked  bool     // files may be links out of the folder, as in an imported model
	index   index
	weights string // the network's folder
	ema     string // that of its average
	at      string // where a model without an index has its network's configuration, "" for one with an index
	hasEMA  bool
	buf     []byte // of the tensor given to each
}

func (l *loader) load() (*Checkpoint, error) {
	c := &Checkpoint{}
	for _, read := range []func(*Checkpoint) error{l.readTrainer, l.readIndex, l.readScheduler, l.readConfigs, l.readNetworks} {
		if err := read(c); err != nil {
			return nil, err
		}
	}
	var err error
	if l.trainer != nil {
		c.Optimizer, err = l.readOptimizer(c)
	}
	return c, err
}

// readTrainer reads trainer.json if there is one.
func (l *loader) readTrainer(c *Checkpoint) error {
	b, err := l.bytes(trainerFile)
	if errors.Is(err, os.ErrNotExist) {
		l.linked = true
		return nil
	}
	if err != nil {
		return err
	}
	if l.trainer, err = parseTrainer(b); err != nil {
		return l.name(trainerFile, err)
	}
	c.Trainer = l.trainer
	return nil
}

// readIndex reads model_index.json, from which it follows where all lies, and finds out whether
// there is an average.
func (l *loader) readIndex(c *Checkpoint) (err error) {
	if l.trainer == nil && !l.exists(indexFile) {
		l.index, err = l.readParts()
	} else {
		var b []byte
		if b, err = l.verified(indexFile); err != nil {
			return err
		}
		l.index, err = parseIndex(b)
		err = l.name(indexFile, err)
	}
	if err != nil {
		return err
	}
	c.Arch = l.index.arch
	l.weights, l.ema = networkDirs(c.Arch)
	if l.trainer == nil {
		if file := l.weights + "/" + configName; l.at == "." || !l.exists(file) && l.exists(configName) {
			l.weights = "."
		}
		l.hasEMA = l.exists(l.ema)
		return nil
	}
	_, l.hasEMA = l.trainer.Files[l.ema+"/"+tensorsName]
	return l.checkFiles()
}

// checkFiles refuses a trainer.json that lists files that are none of a checkpoint's.
func (l *loader) checkFiles() error {
	known := []string{indexFile, momentsFile}
	if l.schedules() {
		known = append(known, schedulerFile)
	}
	for _, dir := range l.networks() {
		known = append(known, dir+"/"+configName, dir+"/"+tensorsName)
	}
	if l.index.vae != "" {
		known = append(known, vaeDir+"/"+configName, vaeDir+"/"+tensorsName)
	}
	for name := range l.trainer.Files {
		if !slices.Contains(known, name) {
			return l.name(trainerFile, errDamaged("files: %q is not a file of a checkpoint", name))
		}
	}
	return nil
}

// schedules says whether the model has a scheduler, or one is taken for it.
func (l *loader) schedules() bool {
	role := RoleOf(l.index.arch)
	return role == Denoiser || role == Classifier && l.index.scheduler
}

func (l *loader) readScheduler(c *Checkpoint) error {
	if !l.schedules() {
		return nil
	}
	file := l.schedulerOf()
	if file == "" {
		c.Scheduler = NewScheduler()
		l.note(c, "there is no %s: taken for diffusers' DDPMScheduler as it is, T = %d, linear betas %v to %v, epsilon",
			schedulerFile, c.Scheduler.NumTrainTimesteps, c.Scheduler.BetaStart, c.Scheduler.BetaEnd)
		return nil
	}
	b, err := l.verified(file)
	if err != nil {
		return err
	}
	var notes []string
	c.Scheduler, notes, err = parseScheduler(b)
	c.Notes = append(c.Notes, notes...)
	return l.name(file, err)
}

func (l *loader) readConfigs(c *Checkpoint) (err error) {
	for _, dir := range l.networks() {
		config, err := l.readConfig(dir, c.Arch)
		if err != nil {
			return err
		}
		if dir == l.ema && l.trainer == nil {
			if config, err = withoutAverage(config); err != nil {
				return l.name(dir+"/"+configName, err)
			}
		}
		if dir == l.ema && string(config) != string(c.ArchConfig) {
			return l.name(dir+"/"+configName, fmt.Errorf("differs from %s/%s", l.weights, configName))
		}
		c.ArchConfig = config
	}
	if l.index.vae != "" {
		c.VAE = &Network{Arch: l.index.vae}
		c.VAE.ArchConfig, err = l.readConfig(vaeDir, l.index.vae)
	}
	return err
}

// readConfig reads the configuration of the network in a folder.
func (l *loader) readConfig(dir, arch string) (json.RawMessage, error) {
	file := path.Join(dir, configName)
	b, err := l.verified(file)
	if err != nil {
		return nil, err
	}
	class, err := classOf(arch)
	if err != nil {
		return nil, l.name(file, err)
	}
	config, err := parseConfig(b, class[1])
	return config, l.name(file, err)
}

func (l *loader) networks() []string {
	if l.hasEMA {
		return []string{l.weights, l.ema}
	}
	return []string{l.weights}
}

func (l *loader) readNetworks(c *Checkpoint) (err error) {
	if c.Weights, err = l.readNetwork(l.weights, Weights, c); err != nil {
		return err
	}
	if l.hasEMA {
		if c.EMA, err = l.readNetwork(l.ema, EMA, c); err != nil {
			return err
		}
	}
	if c.VAE != nil {
		c.VAE.Weights, err = l.readNetwork(vaeDir, VAE, c)
	}
	return err
}

func (l *loader) readNetwork(dir string, part Part, c *Checkpoint) (map[string]Tensor, error) {
	shards, err := l.weightsOf(dir, c)
	if err != nil {
		return nil, err
	}
	return l.readFiles(dir, shards, part, c)
}

// readFiles reads the files that hold the weights of the network in a folder.
func (l *loader) readFiles(dir string, shards []shard, part Part, c *Checkpoint) (map[string]Tensor, error) {
	tensors := map[string]Tensor{}
	for _, s := range shards {
		err := l.scan(s.file, func(name string) (dictionary, error) {
			if s.has != nil && !s.has[name] {
				return dictionary{}, errDamaged("the index does not say that it is in this shard")
			}
			return dictionary{part: part, name: name, tensors: tensors, keep: l.wants(part)}, nil
		})
		if err == nil {
			err = l.name(s.file, s.complete(tensors))
		}
		if err != nil {
			return nil, err
		}
	}
	if l.trainer != nil {
		return tensors, nil
	}
	plain, notes, err := PlainNames(tensors)
	if wide := narrow(plain); wide != "" {
		notes = append(notes, wide)
	}
	for _, n := range notes {
		l.note(c, "%s", strings.TrimPrefix(dir+": "+n, ".: "))
	}
	return plain, l.name(dir, err)
}

// memoryPrefix is that of what the method of learning remembers in trainer.safetensors.
const memoryPrefix = string(Memory) + "."

// readOptimizer reads trainer.safetensors, and what of it is the method's into c.
func (l *loader) readOptimizer(c *Checkpoint) (*Optimizer, error) {
	o := &Optimizer{Moments: map[string]map[string]Tensor{}}
	step := map[string]Tensor{}
	err := l.scan(momentsFile, func(name string) (dictionary, error) {
		if name == stepName {
			return dictionary{own: true, name: name, tensors: step, keep: true}, nil
		}
		if key, ok := strings.CutPrefix(name, memoryPrefix); ok {
			if c.Memory == nil {
				c.Memory = map[string]Tensor{}
			}
			return dictionary{part: Memory, name: key, tensors: c.Memory, keep: l.wants(Memory)}, nil
		}
		moment, key, ok := strings.Cut(name, ".")
		if !ok || moment == "" {
			return dictionary{}, errDamaged("is neither %s nor MOMENT.PARAMETER, such as exp_avg.conv.weight", stepName)
		}
		if o.Moments[moment] == nil {
			o.Moments[moment] = map[string]Tensor{}
		}
		return dictionary{part: Moment(moment), name: key, tensors: o.Moments[moment], keep: l.wants(Moment(moment))}, nil
	})
	if err != nil || l.headers {
		return o, err
	}
	v, err := step[stepName].I64s()
	if err == nil && (len(v) != 1 || v[0] < 0) {
		err = fmt.Errorf("found %v, expected one number, 0 or more", v)
	}
	if err != nil {
		return nil, l.name(momentsFile, errDamaged("tensor %q: %w", stepName, err))
	}
	o.Step = v[0]
	return o, nil
}

// A dictionary is where a tensor of a file belongs.
type dictionary struct {
	part    Part
	name    string // without the file's prefix
	tensors map[string]Tensor
	keep    bool // whether the data are wanted
	own     bool // not for the caller's function
}

// scan reads a safetensors file once, puts its tensors where place says and verifies what was read.
func (l *loader) scan(file string, place func(name string) (dictionary, error)) error {
	f, size, err := l.open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if l.headers {
		return l.name(file, l.whatIs(f, scanHeader(f, size, place)))
	}
	sum := sha256.New()
	_, err = scanSafetensors(io.TeeReader(f, sum), size, func(in Info, data io.Reader) error {
		d, err := place(in.Name)
		if err != nil {
			return err
		}
		return l.tensor(in, d, data)
	})
	if err == nil {
		err = l.verify(file, sum)
	}
	return l.name(file, l.whatIs(f, err))
}

// whatIs says of a file from elsewhere that is no safetensors file what it is.
func (l *loader) whatIs(f io.ReaderAt, err error) error {
	if l.trainer != nil {
		return err
	}
	return notSafetensors(f, err)
}

// scanHeader notes types and shapes alone.
func scanHeader(r io.Reader, size int64, place func(name string) (dictionary, error)) error {
	infos, _, err := readHeader(r, size)
	for _, in := range infos {
		d, err := place(in.Name)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", in.Name, err)
		}
		d.tensors[d.name] = Tensor{DType: in.DType, Shape: in.Shape}
	}
	return err
}

// tensor reads one tensor's data if they are wanted.
func (l *loader) tensor(in Info, d dictionary, data io.Reader) error {
	t := Tensor{DType: in.DType, Shape: in.Shape}
	d.tensors[d.name] = t
	if !d.keep {
		return nil
	}
	give := l.each != nil && !d.own
	t.Data = l.memory(in.end-in.begin, give)
	if _, err := io.ReadFull(data, t.Data); err != nil {
		return err
	}
	if l.trainer == nil {
		if err := t.Finite(); err != nil {
			return err
		}
	}
	if give {
		return l.each(d.part, d.name, t)
	}
	d.tensors[d.name] = t
	return nil
}

// memory gives n bytes, the same ones each time if they need not be kept.
func (l *loader) memory(n int64, reuse bool) []byte {
	if !reuse {
		return make([]byte, n)
	}
	if int64(cap(l.buf)) < n {
		l.buf = make([]byte, n)
	}
	return l.buf[:n]
}
