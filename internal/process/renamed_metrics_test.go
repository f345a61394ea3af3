package process

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

func TestRenamedMetricsKeepTheirOldNames(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	leader := prometheus.NewGauge(prometheus.GaugeOpts{Name: "orgmodes_worker_leader", Help: "1 on the leader."})
	requests := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "orgmodes_admin_request_duration_seconds", Help: "Duration.", Buckets: []float64{1},
	}, []string{"method", "code"})
	registry.MustRegister(leader, requests)
	leader.Set(1)
	requests.WithLabelValues("GET", "200").Observe(0.5)

	scraped := httptest.NewRecorder()
	privateRoutes(Health{}, registry).ServeHTTP(scraped, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, scraped.Code)
	require.Equal(t, `# HELP orgmodes_admin_request_duration_seconds Duration.
# TYPE orgmodes_admin_request_duration_seconds histogram
orgmodes_admin_request_duration_seconds_bucket{code="200",method="GET",le="1"} 1
orgmodes_admin_request_duration_seconds_bucket{code="200",method="GET",le="+Inf"} 1
orgmodes_admin_request_duration_seconds_sum{code="200",method="GET"} 0.5
orgmodes_admin_request_duration_seconds_count{code="200",method="GET"} 1
# HELP orgmodes_admin_request_seconds Deprecated: use orgmodes_admin_request_duration_seconds.
# TYPE orgmodes_admin_request_seconds histogram
orgmodes_admin_request_seconds_bucket{status="200",method="GET",le="1"} 1
orgmodes_admin_request_seconds_bucket{status="200",method="GET",le="+Inf"} 1
orgmodes_admin_request_seconds_sum{status="200",method="GET"} 0.5
orgmodes_admin_request_seconds_count{status="200",method="GET"} 1
# HELP orgmodes_leading Deprecated: use orgmodes_worker_leader.
# TYPE orgmodes_leading gauge
orgmodes_leading 1
# HELP orgmodes_worker_leader 1 on the leader.
# TYPE orgmodes_worker_leader gauge
orgmodes_worker_leader 1
`, scraped.Body.String())
}
