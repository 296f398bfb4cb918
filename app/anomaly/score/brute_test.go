package score

import (
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie/random"
)

// The definitions, written as they are read, one threshold after the other.

// brute is a set as the definitions see it.
type brute struct {
	images      []Image
	labels      [][]int // by image and pixel: the lesion, from 1 on
	from, below int     // areas of the lesions that count
}

func newBrute(images []Image, from, below int) brute {
	b := brute{images, nil, from, below}
	for _, m := range images {
		mask := m.Mask
		if mask == nil {
			mask = make([]bool, len(m.Map))
		}
		b.labels = append(b.labels, bruteLabels(mask, m.W))
	}
	return b
}

// bruteLabels gives each pixel of a mask a number of its own, and then the least of its
// neighbours', until nothing changes.
func bruteLabels(mask []bool, w int) []int {
	l := make([]int, len(mask))
	for p, in := range mask {
		if in {
			l[p] = p + 1
		}
	}
	for changed := true; changed; {
		changed = false
		for p := range l {
			for q := range l {
				near := max(p%w-q%w, q%w-p%w, p/w-q/w, q/w-p/w) <= 1
				if near && l[p] > 0 && l[q] > 0 && l[q] < l[p] {
					l[p], changed = l[q], true
				}
			}
		}
	}
	return l
}

// kept says whether a pixel is of a lesion that counts.
func (b brute) kept(i, p int) bool {
	area := 0
	for _, l := range b.labels[i] {
		if l == b.labels[i][p] {
			area++
		}
	}
	return b.labels[i][p] > 0 && b.from <= area && area < b.below
}

// pixels returns the numbers of the lesions that count, and the normal ones.
func (b brute) pixels() (lesion, normal []float64) {
	for i, m := range b.images {
		for p, v := range m.Map {
			if b.kept(i, p) {
				lesion = append(lesion, float64(v))
			} else if b.labels[i][p] == 0 {
				normal = append(normal, float64(v))
			}
		}
	}
	return lesion, normal
}

// levels are the numbers of the maps, each once, from the largest down.
func (b brute) levels() (all []float64) {
	for _, m := range b.images {
		for _, v := range m.Map {
			all = append(all, float64(v))
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	slices.Reverse(all)
	return all
}

func atLeast(v []float64, t float64) (n float64) {
	for _, v := range v {
		if v >= t {
			n++
		}
	}
	return n
}

// auroc is the share of the pairs in which p is larger.
func auroc(p, n []float64) (won float64) {
	for _, p := range p {
		for _, n := range n {
			if p > n {
				won++
			} else if p == n {
				won += .5
			}
		}
	}
	return won / float64(len(p)*len(n))
}

func (b brute) auprc() (sum float64) {
	p, n := b.pixels()
	recall := 0.0
	for _, t := range b.levels() {
		if tp, fp := atLeast(p, t), atLeast(n, t); tp+fp > 0 {
			r := tp / float64(len(p))
			sum += (r - recall) * tp / (tp + fp)
			recall = r
		}
	}
	return sum
}

func (b brute) oracleDice() (best, threshold float64) {
	p, n := b.pixels()
	for _, t := range b.levels() {
		if d := 2 * atLeast(p, t) / (atLeast(p, t) + atLeast(n, t) + float64(len(p))); d > best {
			best, threshold = d, t
		}
	}
	return best, threshold
}

// aupro adds up trapezoids, of which the last is cut at the limit.
func (b brute) aupro(limit float64) (area float64) {
	_, n := b.pixels()
	x, y := 0.0, 0.0
	for _, t := range b.levels() {
		x1, y1 := atLeast(n, t)/float64(len(n)), b.overlap(t)
		if x < limit && x1 > limit {
			x1, y1 = limit, y+(y1-y)*(limit-x)/(x1-x)
		}
		if x1 <= limit {
			area += (x1 - x) * (y + y1) / 2
		}
		x, y = x1, y1
		if x >= limit {
			break
		}
	}
	return area / limit
}

// overlap is the mean share of a lesion that has at least t.
func (b brute) overlap(t float64) float64 {
	sum, lesions := 0.0, 0.0
	for i, m := range b.images {
		area, in := map[int]float64{}, map[int]float64{}
		for p, v := range m.Map {
			if b.kept(i, p) {
				area[b.labels[i][p]]++
				if float64(v) >= t {
					in[b.labels[i][p]]++
				}
			}
		}
		for l, a := range area {
			sum += in[l] / a
			lesions++
		}
	}
	return sum / lesions
}

// found is the share of the lesions found at a rate of false positives an image.
func (b brute) found(rate float64) float64 {
	hit, worst, lesions := map[[2]int]bool{}, make([]float64, len(b.images)), map[[2]int]bool{}
	share := 0.0
	for _, t := range b.levels() {
		for i, m := range b.images {
			marked := make([]bool, len(m.Map))
			for p, v := range m.Map {
				marked[p] = float64(v) >= t
				if b.kept(i, p) {
					lesions[[2]int{i, b.labels[i][p]}] = true
				}
			}
			worst[i] = max(worst[i], b.judge(i, bruteLabels(marked, m.W), hit))
		}
		sum := 0.0
		for _, w := range worst {
			sum += w
		}
		if sum/float64(len(b.images)) > rate {
			break
		}
		share = float64(len(hit)) / float64(len(lesions))
	}
	return share
}

// judge notes the lesions that regions hit, and returns how many regions are false.
func (b brute) judge(i int, regions []int, hit map[[2]int]bool) (wrong float64) {
	for r := 1; r <= len(regions); r++ {
		size, inside := 0, 0
		for p, q := range regions {
			if q == r {
				size++
				if b.labels[i][p] > 0 {
					inside++
				}
			}
		}
		if size == 0 {
			continue
		}
		if 10*inside < size {
			wrong++
			continue
		}
		for p, q := range regions {
			if q == r && b.kept(i, p) {
				hit[[2]int{i, b.labels[i][p]}] = true
			}
		}
	}
	return wrong
}

// marks counts over what a threshold marks.
func (b brute) marks(t float64) (dice, meanDice, pixels, images float64) {
	var tp, fp, pos, dices, lesioned, above, all, any, normals float64
	for i, m := range b.images {
		var itp, ifp, ip, lesion, n float64
		for p, v := range m.Map {
			switch {
			case b.kept(i, p):
				ip++
				if float64(v) > t {
					itp++
				}
			case b.labels[i][p] == 0 && float64(v) > t:
				ifp++
			}
			n++
			lesion += float64(min(b.labels[i][p], 1))
		}
		tp, fp, pos = tp+itp, fp+ifp, pos+ip
		if ip > 0 {
			dices += 2 * itp / (2*itp + ifp + ip - itp)
			lesioned++
		}
		if lesion == 0 {
			above, all = above+ifp, all+n
			any += min(ifp, 1)
			normals++
		}
	}
	return 2 * tp / (2*tp + fp + pos - tp), dices / lesioned, above / all, any / normals
}

func (b brute) imageAUROC() float64 {
	var sick, well []float64
	for i, m := range b.images {
		lesion, kept := false, false
		for p := range m.Map {
			lesion = lesion || b.labels[i][p] > 0
			kept = kept || b.kept(i, p)
		}
		v := float64(slices.Max(m.Map))
		if m.Score != nil {
			v = *m.Score
		}
		if kept {
			sick = append(sick, v)
		} else if !lesion {
			well = append(well, v)
		}
	}
	return auroc(sick, well)
}

// all are the metrics by their definitions, at a threshold and a limit.
func (b brute) all(threshold, limit float64) map[string]float64 {
	p, n := b.pixels()
	best, _ := b.oracleDice()
	dice, meanDice, pixels, images := b.marks(threshold)
	froc := 0.0
	for _, r := range []float64{.25, .5, 1, 2, 4, 8} {
		froc += b.found(r) / 6
	}
	return map[string]float64{
		"prevalence": float64(len(p)) / float64(len(p)+len(n)), "AUPRC": b.auprc(), "AUROC": auroc(p, n),
		"image AUROC": b.imageAUROC(), "oracle's Dice": best, "AUPRO": b.aupro(limit), "Dice": dice, "mean Dice": meanDice,
		"false pixels": pixels, "false images": images, "FROC": froc, "found": b.found(.5),
	}
}

// fast are the same metrics.
func fast(threshold, limit float64) map[string]Metric {
	return map[string]Metric{
		"prevalence": Prevalence(), "AUPRC": AUPRC(), "AUROC": AUROC(), "image AUROC": ImageAUROC(), "oracle's Dice": OracleDice(),
		"AUPRO": AUPRO(limit), "Dice": Dice(threshold), "mean Dice": MeanDice(threshold),
		"false pixels": FalsePixels(threshold), "false images": FalseImages(threshold), "FROC": FROC(), "found": FROC(.5),
	}
}

// tied returns n images of several sizes, some normal, with maps of few different numbers and masks
// that touch by corners.
func tied(t *testing.T, seed uint64, n int) []Image {
	t.Helper()
	images := make([]Image, n)
	for i := range images {
		h, w := 3+i%4, 5-i%2
		u := make([]float64, 2*h*w+2)
		random.Stream{Seed: seed, Sample: uint64(i)}.Uniforms(u)
		m := Image{H: h, W: w, Map: make([]float32, h*w)}
		if i%3 != 1 {
			m.Mask = make([]bool, h*w)
		}
		for p := range m.Map {
			m.Map[p] = float32(math.Floor(u[2*p]*7)) - 3
			if m.Mask != nil && u[2*p+1] < .3 {
				m.Mask[p] = true
				m.Map[p] += float32(math.Floor(u[2*p+1] * 10))
			}
		}
		if i%2 == 0 {
			score := math.Floor(u[2*h*w]*4) - 2
			m.Score = &score
		}
		images[i] = m
	}
	return images
}

func set(t *testing.T, images []Image) *Set {
	t.Helper()
	s, err := New(images)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func measure(t *testing.T, s *Set, m Metric) float64 {
	t.Helper()
	v, err := s.Measure(m)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// near reports a difference above 1e-12: both sides add up a few hundred numbers of at most 1.
func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-12) {
		t.Errorf("%s = %.15g, want %.15g", what, got, want)
	}
}

// Every metric is its definition, ties and all, for all lesions and for those of some sizes.
func TestAgainstDefinitions(t *testing.T) {
	for seed := range uint64(12) {
		images := tied(t, seed, 9)
		s := set(t, images)
		parts, err := s.BySize(2, 5)
		if err != nil {
			t.Fatal(err)
		}
		for k, s := range append(parts, s) {
			b := newBrute(images, s.from, s.below)
			threshold, limit := float64(seed%4)-1, []float64{.3, .05, 1}[k%3]
			want := b.all(threshold, limit)
			for name, m := range fast(threshold, limit) {
				got, err := s.Measure(m)
				if math.IsNaN(want[name]) != (err != nil) {
					t.Errorf("seed %d, %s, %s: %v, want %v", seed, s.Size(), name, err, want[name])
				} else if err == nil {
					near(t, s.Size()+": "+name, got, want[name])
				}
			}
			if at, err := s.OracleThreshold(); err == nil {
				best, level := b.oracleDice()
				near(t, "Dice at the oracle's threshold", measure(t, s, Dice(at)), best)
				near(t, "oracle's threshold", float64(math.Nextafter32(float32(at), 100)), level)
			}
		}
	}
}

// The metric of a resample is that of a set that holds its images, each as often.
func TestResamples(t *testing.T) {
	images := tied(t, 3, 7)
	s := set(t, images)
	parts, err := s.BySize(3)
	if err != nil {
		t.Fatal(err)
	}
	b := Bootstrap{Seed: 4}
	r := b.draw(16, len(images))
	for k := range lanes {
		var drawn []Image
		for i := range images {
			for range int(r[i].of(k)) {
				drawn = append(drawn, images[i])
			}
		}
		if len(drawn) != len(images) {
			t.Fatalf("resample of %d images", len(drawn))
		}
		of := set(t, drawn)
		ofParts, err := of.BySize(3)
		if err != nil {
			t.Fatal(err)
		}
		for j, s := range append(parts, s) {
			for name, m := range fast(1, .3) {
				got := m.of(s)(r)[k]
				want, err := append(ofParts, of)[j].Measure(m)
				if err != nil {
					want = math.NaN()
				}
				if math.IsNaN(got) != math.IsNaN(want) || math.Abs(got-want) > 1e-12 {
					t.Errorf("resample %d, %s, %s = %v, want %v", k, s.Size(), name, got, want)
				}
			}
		}
	}
}

// Labels are the definition's, renumbered in the order of first pixels.
func TestComponents(t *testing.T) {
	for seed := range uint64(40) {
		h, w := 1+int(seed)%9, 1+int(seed)%7
		u, mask := make([]float64, h*w), make([]bool, h*w)
		random.Stream{Seed: seed}.Uniforms(u)
		for p := range mask {
			mask[p] = u[p] < .2+.1*float64(seed%4)
		}
		labels, n := Components(mask, h, w)
		number := map[int]int32{0: 0}
		for p, l := range bruteLabels(mask, w) {
			if _, ok := number[l]; !ok {
				number[l] = int32(len(number))
			}
			if labels[p] != number[l] {
				t.Fatalf("%v of width %d: labels %v", mask, w, labels)
			}
		}
		if n != len(number)-1 {
			t.Errorf("%d parts, want %d", n, len(number)-1)
		}
	}
}
