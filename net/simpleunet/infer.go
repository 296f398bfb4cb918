package simpleunet

import "fmt"

// Infer reads the configuration off the shapes of a PyTorch state dict. It looks at no more than it
// needs: whether all tensors fit the network of that configuration is for net.CheckArrays to say.
func Infer(shapes map[string][]int) (Config, error) {
	kernel := func(name string) ([]int, error) {
		s, ok := shapes[name]
		if !ok {
			return nil, fmt.Errorf("simpleunet: weights of another network: missing %q", name)
		}
		if len(s) != 4 {
			return nil, fmt.Errorf("simpleunet: weights of another network: %q has shape %v, expected a convolution's [out,in,h,w]", name, s)
		}
		return s, nil
	}
	first, err := kernel("conv0.weight")
	if err != nil {
		return Config{}, err
	}
	c := Config{Channels: []int{first[0]}, ImageChannels: first[1]}
	for i := 0; i == 0 || i < maxLevels && shapes[downName(i)] != nil; i++ {
		s, err := kernel(downName(i))
		if err != nil {
			return Config{}, err
		}
		c.Channels = append(c.Channels, s[0])
	}
	if s := shapes["output.weight"]; len(s) == 4 && s[0] != c.ImageChannels {
		c.OutChannels = s[0]
	}
	if s := shapes["class_embedding.weight"]; len(s) == 2 {
		c.NumClassEmbeds = s[0]
	}
	if c.ImageChannels == 0 { // would stand for the default
		c.ImageChannels = -1
	}
	if err := c.Validate(); err != nil {
		return Config{}, fmt.Errorf("simpleunet: %w", err)
	}
	return c, nil
}

func downName(i int) string { return fmt.Sprintf("downs.%d.conv1.weight", i) }
