package checkpoint

import "encoding/json"

// A Part names one group of a checkpoint's tensors.
type Part string

// The parts of a checkpoint beside the moments.
const (
	Weights Part = "weights" // the network's own weights, in unet/
	EMA     Part = "ema"     // their moving average, in unet_ema/
	VAE     Part = "vae"     // the weights of the autoencoder beside the network, in vae/
	Memory  Part = "memory"  // what the method of learning remembers, in trainer.safetensors
)

// Moment is the part of an optimiser's moment of that name, in trainer.safetensors.
func Moment(name string) Part { return Part("moment " + name) }

// A Checkpoint is a network with all that is needed to sample from it and, where Trainer is not
// nil, to go on training it.
type Checkpoint struct {
	// Arch names the architecture as the registry of package net does: "simpleunet", "unet".
	Arch string
	// ArchConfig is the architecture's own configuration, a JSON object. Keys starting with an
	// underscore belong to the file (diffusers' _class_name) and are added and removed here.
	ArchConfig json.RawMessage
	// Weights and EMA are state dicts: PyTorch's names and layouts, running statistics included.
	// EMA is nil where no average was kept.
	Weights, EMA map[string]Tensor
	// VAE is the autoencoder in whose latent space the network works; nil for one that works on the
	// data themselves.
	VAE *Network
	// Scheduler describes the process that the network was trained on. An autoencoder (see
	// [IsAutoencoder]) has none, and a classifier of clean samples: their files hold none, and its
	// zero value is loaded.
	Scheduler SchedulerConfig
	// Optimizer is the optimiser's state; nil where Trainer is.
	Optimizer *Optimizer
	// Memory are arrays that the method of learning remembers beside Trainer.Method, by their
	// names; in trainer.safetensors they are memory.NAME.
	Memory map[string]Tensor
	// Trainer is the state of the training loop; nil for an imported model.
	Trainer *Trainer

	// Notes are sentences about what Load read otherwise than it lay there, of a model from
	// elsewhere: a variant, shards, renamed tensors, what a scheduler says that sampling does not
	// follow.
	Notes []string

	// Fill, which may be nil, gives the data of the tensors whose Data is nil when the checkpoint
	// is written: it fills dst, whose length is that of type and shape, and does not keep it. So a
	// large network is saved one tensor at a time, without a second copy of all. Load does not set
	// it.
	Fill func(part Part, name string, dst []byte) error
}

// HasScheduler says whether the network knows a process.
func (c *Checkpoint) HasScheduler() bool {
	switch RoleOf(c.Arch) {
	case Autoencoder:
		return false
	case Classifier:
		return c.Scheduler.ClassName != ""
	}
	return true
}

// A Network is a second network of a model folder.
type Network struct {
	Arch       string            // as Checkpoint.Arch
	ArchConfig json.RawMessage   // likewise
	Weights    map[string]Tensor // likewise
}

// Optimizer is an optimiser's state for every trained parameter.
type Optimizer struct {
	// Step counts the updates made, by which Adam corrects the bias of its moments.
	Step int64
	// Moments are what it keeps of each parameter, by the moments' names, which have no dot and are
	// not memory, and under the names of the parameters, in PyTorch's layout. Adam's are exp_avg
	// and exp_avg_sq. In trainer.safetensors the names are MOMENT.PARAMETER, and Step is the scalar
	// "step".
	Moments map[string]map[string]Tensor
}
