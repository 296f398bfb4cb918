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
	LRSchedules = table.New("lr-schedule", "rates", " over the run",
		table.Info{Name: "constant", Text: "the same after the warm-up"},
		table.Info{Name: "cosine", Text: "falls to zero along a cosine"},
	)
	Couplings = table.New("coupling", "couplings", " of a flow's ends",
		table.Info{Name: "none", Text: "as they come"},
		table.Info{Name: "ot", Text: "by exact optimal transport within a batch, Tong et al. 2023"},
	)
)
