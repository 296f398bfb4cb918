package reverie

// paramNames are the names that golden files and tests have for params.
var (
	paramNames = []string{"eps", "x0", "v", "velocity", "score", "edm"}
	params     = []Param{Eps, X0, V, Velocity, Score, EDMParam(0.5)}
)

// betasOf is the table of a schedule.
func betasOf(schedule string, T int, start, end float64) []float64 {
	switch schedule {
	case "linear":
		return LinearBetas(T, start, end)
	case "scaled-linear":
		return ScaledLinearBetas(T, start, end)
	case "sigmoid":
		return SigmoidBetas(T, start, end)
	}
	return CosineBetas(T)
}
