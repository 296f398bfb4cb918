package checkpoint

// SchedulerConfig is scheduler/scheduler_config.json: the keys of diffusers'
// DDPMScheduler, and under "reverie" what it has no key for. [NewScheduler]
// gives the defaults.
type SchedulerConfig struct {
	ClassName        string `json:"_class_name"`
	DiffusersVersion string `json:"_diffusers_version"`

	NumTrainTimesteps int     `json:"num_train_timesteps"` // T, at least 1
	BetaStart         float64 `json:"beta_start"`          // in (0, 1)
	BetaEnd           float64 `json:"beta_end"`            // in (0, 1)
	// BetaSchedule is "linear", "scaled_linear" or "squaredcos_cap_v2" (cosine).
	BetaSchedule string `json:"beta_schedule"`
	// PredictionType is "epsilon", "sample" (x0) or "v_prediction".
	PredictionType string `json:"prediction_type"`
	// VarianceType is "fixed_small" (posterior) or "fixed_large" (beta).
	VarianceType string `json:"variance_type"`
	// ClipSample clamps x0 to [-ClipSampleRange, ClipSampleRange] at every step.
	ClipSample      bool    `json:"clip_sample"`
	ClipSampleRange float64 `json:"clip_sample_range"`

	// The rest are diffusers' keys that change the maths in ways that reverie does
	// not offer: any value but the default is refused on loading.
	TrainedBetas          []float64 `json:"trained_betas"`
	Thresholding          bool      `json:"thresholding"`
	RescaleBetasZeroSNR   bool      `json:"rescale_betas_zero_snr"`
	DynamicThresholdRatio float64   `json:"dynamic_thresholding_ratio"`
	SampleMaxValue        float64   `json:"sample_max_value"`
	TimestepSpacing       string    `json:"timestep_spacing"` // of Python's sampler; not used here
	StepsOffset           int       `json:"steps_offset"`     // likewise

	// Reverie holds what diffusers has no key for; nil in a file from elsewhere.
	Reverie *SchedulerExtra `json:"reverie,omitempty"`
}

// SchedulerExtra is what reverie keeps beside diffusers' keys.
type SchedulerExtra struct {
	// Process is the process as --process names it; "" means ddpm.
	Process string `json:"process"`
	// Clamp is what sampling clamps unless told otherwise: "x0", "x", "none", or
	// "" for the solver's default.
	Clamp string `json:"clamp"`
	// Preset is the preset that the run was started from, "" for none or unknown.
	Preset string `json:"preset"`
}
