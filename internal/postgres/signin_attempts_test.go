package postgres_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/postgres"
)

func limitOf(key byte, most int) postgres.AttemptLimit {
	return postgres.AttemptLimit{Key: postgres.AttemptKey{key}, Max: most}
}

func TestConcurrentAttemptsStayWithinLimit(t *testing.T) {
	l := newLibrary(t)
	var let atomic.Int64
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			// Half of them list the keys in the opposite order.
			limits := []postgres.AttemptLimit{limitOf(1, 7), limitOf(2, 100)}
			if i%2 == 0 {
				limits[0], limits[1] = limits[1], limits[0]
			}
			wait, err := l.db.CountAttempt(t.Context(), limits, time.Hour)
			if err != nil {
				t.Error(err)
			}
			if wait == 0 {
				let.Add(1)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 7, let.Load())
	second := postgres.AttemptKey{2}
	require.EqualValues(t, 7, l.count(`select wrong from sign_in_attempts where key = $1`, second[:]), "what was refused counts nowhere")
}

func TestAttemptsAreRefundedAndExpire(t *testing.T) {
	l := newLibrary(t)
	count := func() time.Duration {
		wait, err := l.db.CountAttempt(t.Context(), []postgres.AttemptLimit{limitOf(1, 2)}, time.Hour)
		require.NoError(t, err)
		return wait
	}
	require.Zero(t, count())
	require.Zero(t, count())
	wait := count()
	require.True(t, wait > 59*time.Minute && wait <= time.Hour, wait)
	require.NoError(t, l.db.RefundAttempt(t.Context(), []postgres.AttemptKey{{1}}))
	require.Zero(t, count())
	require.NotZero(t, count())
	l.exec(`update sign_in_attempts set since = now() - interval '1 hour'`)
	require.Zero(t, count(), "the window is over")
	require.EqualValues(t, 1, l.count(`select wrong from sign_in_attempts`))
}

func TestSweepBoundsNumberOfAttemptKeys(t *testing.T) {
	l := newLibrary(t)
	l.exec(`insert into sign_in_attempts (key, wrong, since)
		select decode(lpad(to_hex(n), 32, '0'), 'hex'), case when n = 1 then 9 else 1 end,
			now() - case when n > 900 then interval '2 hours' else interval '0' end
		from generate_series(1, 1000) n`)
	require.NoError(t, l.db.SweepAttempts(t.Context(), time.Hour, 100))
	require.EqualValues(t, 100, l.count(`select count(*) from sign_in_attempts`))
	require.EqualValues(t, 1, l.count(`select count(*) from sign_in_attempts where wrong = 9`), "who is near a limit isn't forgotten for others")
}
