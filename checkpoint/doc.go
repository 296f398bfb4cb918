// Package checkpoint reads and writes the files of reverie: safetensors and npz files, model
// folders as diffusers lays them out, checkpoints and run folders.
//
// A run folder holds its checkpoints:
//
//	runs/NAME-N/
//	  .lock                                       held while a process trains in it
//	  config.json  log.jsonl  samples/  loss.svg  written by package train
//	  checkpoints/step-000500/                    one checkpoint
//	    model_index.json
//	    unet/config.json
//	    unet/diffusion_pytorch_model.safetensors
//	    unet_ema/...                              where an average was kept
//	    scheduler/scheduler_config.json
//	    trainer.json  trainer.safetensors         absent in an imported model
//
// Weights keep PyTorch's names and layouts, little endian, so that both worlds read them. Nothing
// written holds a time stamp: equal states give equal bytes.
//
// A checkpoint is written under a temporary name, every file and folder of it synced, then renamed:
// whenever the writer is stopped, the newest complete checkpoint loads. Every file that is read is
// taken for hostile: sizes are checked before memory is asked for, and no name leads out of the
// folder.
//
// The package knows no engine and no network. The functions that change files take an [FS], nil
// meaning the operating system's.
package checkpoint
