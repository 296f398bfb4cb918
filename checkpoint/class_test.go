package checkpoint

import "testing"

// The classes that the networks have.
func init() {
	AddClass(Class{Arch: "simpleunet", Library: "reverie", Name: "SimpleUnet"})
	AddClass(Class{Arch: "unet", Library: "diffusers", Name: "UNet2DModel"})
	AddClass(Class{Arch: "vae", Library: "diffusers", Name: "AutoencoderKL", Role: Autoencoder})
	AddClass(Class{Arch: "vae-mlp", Library: "reverie", Name: "DenseAutoencoder", Role: Autoencoder})
}

func TestAddClassTwice(t *testing.T) {
	for _, c := range []Class{{Arch: "unet", Library: "mine", Name: "Net"}, {Arch: "mine", Library: "diffusers", Name: "UNet2DModel"}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v was taken", c)
				}
			}()
			AddClass(c)
		}()
	}
}
