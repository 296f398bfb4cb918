package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/bench/report"
)

// budgets are numbers of calls for which a choice is named.
var budgets = []float64{10, 20, 50, 100, 300, math.Inf(1)}

// advise prints, for each budget, the row of least distance within it, and which cheaper or as
// cheap rows it is not told apart from.
func advise(rows []result) {
	fmt.Print("\nWhat to choose: the least swd within a budget of calls, and the others there that it is not told apart from, by two standard errors of the difference, the cheapest first.\n\n")
	fmt.Println("| calls at most | choose | calls | swd | not told apart |\n|---|---|---|---|---|")
	for _, budget := range budgets {
		best, ok := least(rows, budget)
		if !ok {
			continue
		}
		name := "any"
		if !math.IsInf(budget, 1) {
			name = fmt.Sprintf("%.0f", budget)
		}
		fmt.Printf("| %s | %s | %.0f | %s | %s |\n", name, best.row, report.Mean(best.calls), report.Spread(best.swd, 1), like(rows, best, budget))
	}
}

// least is the row of least mean distance within a budget.
func least(rows []result, budget float64) (best result, ok bool) {
	for _, r := range rows {
		if report.Mean(r.calls) <= budget && (!ok || report.Mean(r.swd) < report.Mean(best.swd)) {
			best, ok = r, true
		}
	}
	return best, ok
}

// shown is how many rows like names.
const shown = 4

// like names the rows within a budget whose distance may be the best one's too, the cheapest first.
func like(rows []result, best result, budget float64) string {
	var alike []result
	for _, r := range rows {
		if r.row != best.row && report.Mean(r.calls) <= budget && report.Mean(r.swd)-report.Mean(best.swd) < 2*math.Hypot(standardError(r), standardError(best)) {
			alike = append(alike, r)
		}
	}
	slices.SortStableFunc(alike, func(a, b result) int { return cmp.Compare(report.Mean(a.calls), report.Mean(b.calls)) })
	var names []string
	for _, r := range alike[:min(shown, len(alike))] {
		names = append(names, r.row.String())
	}
	if more := len(alike) - shown; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, "; ")
}

// standardError is that of the mean distance over the draws; of one draw nothing is known.
func standardError(r result) float64 {
	if len(r.swd) < 2 {
		return math.Inf(1)
	}
	return report.Deviation(r.swd) / math.Sqrt(float64(len(r.swd)))
}
