package loadtest

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// openLoop makes requests at a constant rate, whether or not earlier ones were answered. It
// uses a number of workers with one connection each. Latencies count from when a request
// was due. A request that waited behind a slow one is itself slow, as it is for real users.
//
// See Gil Tene, "How NOT to Measure Latency" (2013), on coordinated omission.
func openLoop(rate, workers int, during time.Duration, request func(worker int) error) (latencies, error) {
	total := int(float64(rate) * during.Seconds())
	took := make([]time.Duration, total)
	errs := make([]error, workers)
	began := time.Now()
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			timer := time.NewTimer(0)
			defer timer.Stop()
			for i := w; i < total; i += workers {
				due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
				if wait := time.Until(due); wait > 0 {
					timer.Reset(wait)
					<-timer.C
				}
				if err := request(w); err != nil && errs[w] == nil {
					errs[w] = err
				}
				took[i] = time.Since(due)
			}
		})
	}
	all.Wait()
	took = slices.DeleteFunc(took, func(d time.Duration) bool { return d == 0 })
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return sorted(took), nil
}

// latencies is a sorted list.
type latencies []time.Duration

func sorted(took []time.Duration) latencies {
	slices.Sort(took)
	return took
}

// percentile returns the latency that a share (0 to 1) of the requests did not exceed.
func (l latencies) percentile(share float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	return l[min(len(l)-1, int(share*float64(len(l))))]
}

// String lists the percentiles in one line.
func (l latencies) String() string {
	return fmt.Sprintf("p50 %s  p90 %s  p99 %s  p99.9 %s  max %s  (n=%d)",
		round(l.percentile(.5)), round(l.percentile(.9)), round(l.percentile(.99)), round(l.percentile(.999)), round(l.percentile(1)), len(l))
}

func round(d time.Duration) time.Duration {
	if d < 10*time.Millisecond {
		return d.Round(10 * time.Microsecond)
	}
	return d.Round(100 * time.Microsecond)
}
