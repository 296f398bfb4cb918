package config

import (
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/vae"
	"github.com/reverie-go/reverie/table"
)

// Named is a value that a flag may have, with what it is in a line.
type Named struct{ Name, Text string }

// A Section lists the values of one flag.
type Section struct {
	Flag  string // without dashes
	Title string // what the names are, to be read before the flag
	Note  string // after it
	Rows  []Named
}

// Catalogue describes the values of the flags that are fields of Run, but for those of tables.
func Catalogue() []Section {
	return []Section{
		{"preset", "presets", ": where a run starts from", []Named{
			{"small", "new emoji faces in eight minutes on two cores"},
			{"lecture", "the lecture's experiment: SimpleUnet at 128x128, 300 steps, L1"},
		}},
		section(net.Architectures.Section()),
		{"crop", "crops", ": how other shapes are made to fit", []Named{
			{"none", "both sides are resized, whatever the shape"},
			{"center", "the largest rectangle of the right shape is cut from the middle"},
		}},
		{"split", "rules", " by which images are held out", []Named{
			{"bytes", "by each file's bytes: copies that were saved again may lie on both sides"},
			{"pixels", "by what is seen: copies that look alike lie on one side"},
		}},
		section(vae.Likelihoods.Section()),
		{"loss", "losses", ": norm of the error", []Named{
			{"l1", "its absolute value"},
			{"mse", "its square"},
			{"huber", "its square where it is small, else its absolute value"},
		}},
		{"lr-schedule", "rates", " over the run", []Named{
			{"constant", "the same after the warm-up"},
			{"cosine", "falls to zero along a cosine"},
		}},
		{"best", "judges", " of the best checkpoint", []Named{
			{"val", "validation loss"},
			{"swd", "sliced Wasserstein distance of samples to the held-out images"},
			{"mmd", "maximum mean discrepancy of the same"},
			{"w2", "Wasserstein distance of the same, of points"},
		}},
		{"process", "processes", ": x_t = alpha x0 + sigma eps", []Named{
			{"ddpm", "discrete chain over a table of betas, Ho et al. 2020"},
			{"vp", "variance-preserving SDE, the limit of ddpm, Song et al. 2021"},
			{"subvp", "sub-VP SDE, never more variance than vp, Song et al. 2021"},
			{"ve", "variance-exploding SDE, the limit of NCSN: alpha = 1, sigma geometric in t, Song et al. 2021"},
			{"edm", "alpha = 1, the time is sigma itself, Karras et al. 2022"},
			{"flow", "flow matching on straight paths: alpha = 1-t, sigma = t, Lipman et al. 2023; with --from between two data sets"},
		}},
		{"schedule", "schedules", ", of ddpm and vp", []Named{
			{"linear", "beta even in t"},
			{"scaled-linear", "square root of beta even in t (ddpm)"},
			{"cosine", "alpha a cosine of t, Nichol & Dhariwal 2021"},
			{"sigmoid", "of ddpm: beta a sigmoid of t, as diffusers has it; of vp: abar one, Jabri et al. 2022"},
			{"learned", "monotone network, learned by the bound, Kingma et al. 2021 (vp)"},
		}},
		{"prediction", "predictions", ": what the network says", []Named{
			{"eps", "the noise"},
			{"x0", "the data"},
			{"v", "alpha eps - sigma x0, Salimans & Ho 2022"},
			{"score", "gradient of the log density, -eps/sigma"},
			{"velocity", "dx/dt of the probability flow"},
			{"edm", "x0 preconditioned by the noise level, Karras et al. 2022"},
		}},
		{"objective", "objectives", ": how it learns", []Named{
			{"denoise", "regression on the prediction's target, at all times or at one (--level)"},
			{"exact", "score matching with the exact trace, Hyvarinen 2005; up to 64 numbers a sample"},
			{"sliced", "score matching along random directions, Song et al. 2019"},
			{"sliced-vr", "the same with less variance"},
		}},
		{"weighting", "weightings", " over time, on |x0hat - x0|^2 but for simple", []Named{
			{"simple", "1 on the network's own target"},
			{"elbo", "the evidence lower bound"},
			{"min-snr", "min(SNR, 5), Hang et al. 2023"},
			{"likelihood", "g^2/2 on the score's error, Song et al. 2021"},
			{"edm", "Karras et al. 2022"},
			{"snr", "1 on the noise's error, sigma^2 on the score's, Song & Ermon 2019"},
		}},
		{"times", "times", ": how they are drawn", []Named{
			{"uniform", "uniform in time"},
			{"stratified", "spread evenly within a batch, Kingma et al. 2021"},
			{"importance", "by the size of the last losses, unbiased, Nichol & Dhariwal 2021"},
			{"log-normal", "log noise level ~ N(-1.2, 1.2^2), Karras et al. 2022; for flow ~ N(0, 1)"},
		}},
		{"coupling", "couplings", " of a flow's ends", []Named{
			{"none", "as they come"},
			{"ot", "by exact optimal transport within a batch, Tong et al. 2023"},
		}},
	}
}

// section is a table's.
func section(s table.Section) Section {
	rows := make([]Named, len(s.Rows))
	for i, row := range s.Rows {
		rows[i] = Named(row)
	}
	return Section{s.Flag, s.Title, s.Note, rows}
}
