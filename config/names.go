package config

import "github.com/reverie-go/reverie/table"

// What flags of the run alone choose by a name.
var (
	Crops = table.New("crop", "crops", ": how other shapes are made to fit",
		table.Info{Name: "none", Text: "both sides are resized, whatever the shape"},
		table.Info{Name: "center", Text: "the largest rectangle of the right shape is cut from the middle"},
	)
	Splits = table.New("split", "rules", " by which images are held out",
		table.Info{Name: "bytes", Text: "by each file's bytes: copies that were saved again may lie on both sides"},
		table.Info{Name: "pixels", Text: "by what is seen: copies that look alike lie on one side"},
	)
	Labelings = table.New("labels", "labels", ": where it stands of which class an image is",
		table.Info{Name: "auto", Text: "in metadata.jsonl, metadata.csv and class folders, which must not disagree; in dataset.json alone where there is one"},
		table.Info{Name: "folders", Text: "the folder directly below the root is the class"},
		table.Info{Name: "metadata", Text: "in metadata.jsonl, metadata.csv (file_name, label) and dataset.json alone"},
		table.Info{Name: "prefix", Text: "in the image's name, before the first underscore: cat_001.png"},
		table.Info{Name: "none", Text: "nowhere: the images have no classes"},
	)
	LRSchedules = table.New("lr-schedule", "rates", " over the run",
		table.Info{Name: "constant", Text: "the same after the warm-up"},
		table.Info{Name: "cosine", Text: "falls to zero along a cosine"},
	)
	Couplings = table.New("coupling", "couplings", " of the ends of a flow or a bridge",
		table.Info{Name: "none", Text: "as they come"},
		table.Info{Name: "ot", Text: "by exact optimal transport within a batch, Tong et al. 2023"},
		table.Info{Name: "sinkhorn", Text: "drawn from the entropic transport within a batch that is the bridge's over its reference, Tong et al. 2024"},
	)
)
