package shell

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orgmodes/internal/fault"
)

func TestMaskRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		token := rapid.StringMatching(`[0-9a-f]{64}`).Draw(t, "token")
		first, second := mask(token), mask(token)
		require.NotEqual(t, first, second)
		require.Equal(t, token, unmask(first))
		require.Equal(t, token, unmask(second))
	})
	for _, s := range []string{"", "a", "!", "YWJj"} {
		require.Empty(t, strings.Trim(unmask(s), "\x00"), "%q", s)
	}
}

func TestReturnPathIsLocal(t *testing.T) {
	for path, want := range map[string]string{
		"/orgs/acme/modes?q=a&show=ours": "/orgs/acme/modes?q=a&show=ours",
		"":                               "/", "orgs": "/", "//evil.example": "/", `/\evil.example`: "/", "https://evil.example": "/",
		"/\t/evil.example": "/", "/\n/evil.example": "/", "javascript:alert(1)": "/", "/sign-in?return=/": "/", "/sign-out": "/",
		"/%2f%2fevil.example": "/%2f%2fevil.example",
	} {
		require.Equal(t, want, safeReturnPath(path), "%q", path)
	}
}

func TestSavedFormRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fields := url.Values{}
		for range rapid.IntRange(0, 5).Draw(t, "fields") {
			fields.Add(rapid.String().Draw(t, "name"), rapid.String().Draw(t, "value"))
		}
		k := savedForm{Path: "/orgs/acme/modes", Fields: fields, User: "u"}
		back, ok := parseSavedForm(k.String())
		require.True(t, ok)
		require.Len(t, back.Pairs(), len(k.Pairs()))
	})
	_, ok := parseSavedForm(savedForm{Path: "//evil.example"}.String())
	require.False(t, ok)
	_, ok = parseSavedForm("nonsense")
	require.False(t, ok)
}

func TestAgo(t *testing.T) {
	now := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	for before, want := range map[time.Duration]string{
		0: "just now", 44 * time.Second: "just now", time.Minute: "1 minute ago", 89 * time.Second: "1 minute ago", 2 * time.Hour: "2 hours ago",
		24 * time.Hour: "yesterday", 72 * time.Hour: "3 days ago", 8 * 24 * time.Hour: "12 Nov", 400 * 24 * time.Hour: "16 Oct 2025",
		-2 * time.Hour: "in 2 hours", -10 * time.Second: "just now", -50 * 24 * time.Hour: "in 50 days",
	} {
		require.Equal(t, want, Ago(now.Add(-before), now), before.String())
	}
	require.Contains(t, string(timeHTML(now, now)), `datetime="2026-11-20T14:00:00Z" title="20 November 2026, 14:00:00 UTC"`)
}

func TestFormAddFault(t *testing.T) {
	e := fault.New(fault.Invalid, "invalid", "The mode breaks a rule").With(
		fault.Field{Pointer: "/config/groups/1/1/fileRegex", Detail: "not a regular expression"},
		fault.Field{Pointer: "/name", Detail: "is missing"}, fault.Field{Pointer: "/unknown", Detail: "what is it"},
	)
	f := NewForm("name", "").AddFault(e, map[string]string{"/name": "name", "/config/groups": "tools", "/config": "rest"})
	require.Equal(t, []string{"tools", "name", ""}, f.ErrorFields)
	require.Equal(t, "not a regular expression", f.Errors["tools"])
	require.Equal(t, "/unknown: what is it", f.Errors[""])
}

func TestFormGetNormalizesLineEndings(t *testing.T) {
	f := NewForm("prompt", "one\r\ntwo")
	require.Equal(t, "one\ntwo", f.Get("prompt"), "line ends are those that people mean")
}

func TestContentSecurityPolicyForbidsInline(t *testing.T) {
	p := policy("abc")
	require.NotContains(t, p, "unsafe")
	require.Contains(t, p, "default-src 'none'")
	require.Contains(t, p, "frame-ancestors 'none'")
	first, second := newNonce(), newNonce()
	require.NotEqual(t, first, second)
}
