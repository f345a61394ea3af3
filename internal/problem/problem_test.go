package problem_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/fault"
	"orgmodes/internal/problem"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestProblems(t *testing.T) {
	stale := fault.New(fault.Stale, "version_conflict", "The mode was changed meanwhile")
	stale.Current = map[string]any{"slug": "docs", "version": 3}
	for name, err := range map[string]error{
		"malformed": fault.New(fault.Malformed, "malformed_json", "This is not JSON").
			With(fault.Field{Detail: "invalid character 'o'", Line: 2, Column: 11}),
		"invalid": fmt.Errorf("saving: %w", fault.New(fault.Invalid, "invalid_mode", "This mode is invalid").With(
			fault.Field{Pointer: "/name", Detail: "Mode name is required"},
			fault.Field{Pointer: "/config/groups/0", Detail: "unknown group", Line: 7, Column: 3})),
		"stale":             stale,
		"conflict":          fault.New(fault.Conflict, "slug_taken", `A mode with the slug "x" already exists in this organization`),
		"not_found":         fault.New(fault.NotFound, "", "There is no such mode"),
		"forbidden":         fault.New(fault.Forbidden, "forbidden", "Only owners and admins can change the library; ask one of them"),
		"unauthenticated":   fault.New(fault.Unauthenticated, "token_refused", "This access token is not known"),
		"precondition":      fault.New(fault.PreconditionRequired, "precondition_required", "Say in If-Match which version you saw"),
		"too_large":         fault.New(fault.TooLarge, "upload_too_large", "This is 11 MiB; one upload can have at most 10 MiB"),
		"unsupported":       fault.New(fault.Unsupported, "unsupported_media_type", "Say in Content-Type what this is"),
		"exhausted":         fault.New(fault.Exhausted, "too_many_attempts", "Too many wrong passwords; try again in 15 minutes"),
		"unavailable":       fault.New(fault.Unavailable, "unavailable", "The database can't be reached right now"),
		"deadline":          fmt.Errorf("query: %w", context.DeadlineExceeded),
		"unknown":           errors.New("pq: password authentication failed for user secret"),
		"internal_by_fault": fault.New(fault.Internal, "x", "panic: secret").WithCause(errors.New("secret")),
	} {
		t.Run(name, func(t *testing.T) {
			p := problem.FromError(err)
			p.RequestID = "r-1"
			var got bytes.Buffer
			require.NoError(t, json.Indent(&got, p.JSON(), "", "  "))
			require.NotContains(t, got.String(), "secret")
			golden := filepath.Join("testdata", name+".json")
			if *update {
				require.NoError(t, os.WriteFile(golden, got.Bytes(), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), got.String())
			require.Equal(t, p.Status == 503 || p.Status == 429, p.RetryAfter > 0, "when to try again")
		})
	}
}

func TestEveryFaultKindHasItsOwnStatus(t *testing.T) {
	seen := map[int]fault.Kind{}
	for kind := fault.Internal; kind <= fault.Unavailable; kind++ {
		status := problem.FromError(fault.New(kind, "x", "x")).Status
		_, twice := seen[status]
		require.False(t, twice, "kinds %d and %d are both %d", seen[status], kind, status)
		seen[status] = kind
	}
}
