// Package report is what the benchmarks' tables share: the line on the machine and the form of
// numbers.
package report

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"
)

// Machine is the line on the machine that stands over a table.
func Machine() string {
	return fmt.Sprintf("machine: %s, %d threads, %s", Processor(), runtime.GOMAXPROCS(0), runtime.Version())
}

// Processor names the processor, where the system tells.
func Processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(text)) {
			if name, ok := strings.CutPrefix(line, "model name"); ok {
				return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
			}
		}
	}
	return runtime.GOARCH
}

// Mean is the mean of v.
func Mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// Deviation is the standard deviation of v, with n - 1 in the denominator.
func Deviation(v []float64) float64 {
	mean, sum := Mean(v), 0.0
	for _, x := range v {
		sum += (x - mean) * (x - mean)
	}
	return math.Sqrt(sum / float64(max(1, len(v)-1)))
}

// Spread prints the mean and the deviation of v, or one number alone.
func Spread(v []float64, digits int) string {
	if len(v) == 1 {
		return fmt.Sprintf("%.*f", digits, v[0])
	}
	return fmt.Sprintf("%.*f ± %.*f", digits, Mean(v), digits, Deviation(v))
}
