package admin_test

import (
	"testing"

	"orgmodes/internal/admin"
	"orgmodes/internal/http1/http1test"
)

func TestHTTP1RequestsAreFramedStrictly(t *testing.T) {
	w := newTestServer(t, 0, func(*admin.Options) {})
	http1test.Check(t, w.listener.Addr().String(), "/api/v1/openapi.yaml")
}
