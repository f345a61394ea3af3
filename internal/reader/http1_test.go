package reader

import (
	"strings"
	"testing"

	"orgmodes/internal/http1/http1test"
)

func TestHTTP1RequestsAreFramedStrictly(t *testing.T) {
	w := newWorld(t)
	http1test.Check(t, strings.TrimPrefix(w.url, "http://"), "/api/marketplace/modes")
}
