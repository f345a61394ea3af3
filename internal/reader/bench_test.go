package reader

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"
)

// editorRequest returns an editor's request that is reused, as fasthttp does on a
// connection.
func editorRequest(t testing.TB, org, tok string, headers ...string) *fasthttp.RequestCtx {
	t.Helper()
	var req fasthttp.Request
	req.Header.SetMethod("GET")
	req.SetRequestURI("/api/organizations/" + org + "/modes.yaml")
	req.Header.SetHost("modes.example.com")
	req.Header.Set("Authorization", "Bearer "+tok)
	req.Header.Set("User-Agent", "opencode-kilo-provider/1.2.3")
	req.Header.Set("X-KiloCode-OrganizationId", org)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	ctx := &fasthttp.RequestCtx{}
	ctx.Init(&req, nil, nil)
	return ctx
}

const everyCoding = "gzip, deflate, br, zstd"

// tagOf makes one request and returns the entity-tag.
func tagOf(t testing.TB, h fasthttp.RequestHandler, org, tok string) string {
	t.Helper()
	ctx := editorRequest(t, org, tok, "Accept-Encoding", everyCoding)
	h(ctx)
	require.Equal(t, 200, ctx.Response.StatusCode())
	return etagOf(ctx)
}

// The 304 of a warm reader allocates nothing, for any headers that editors send. It
// makes no query to Redis either, as there is none.
func TestNotModifiedAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	r, org, tok := newOfflineReader(t, time.Now)
	h := r.fiber.Server().Handler
	tag := tagOf(t, h, org, tok)
	for name, headers := range map[string][]string{
		"the same tag": {"Accept-Encoding", everyCoding, "If-None-Match", tag},
		"weakened":     {"Accept-Encoding", everyCoding, "If-None-Match", "W/" + tag},
		"in a list":    {"Accept-Encoding", "br;q=1.0, *;q=0.1", "If-None-Match", `"a", "b", ` + withSuffix(tag, "-gzip")},
		"anything":     {"If-None-Match", "*"},
	} {
		ctx := editorRequest(t, org, tok, headers...)
		h(ctx)
		require.Equal(t, 304, ctx.Response.StatusCode(), name)
		allocs := testing.AllocsPerRun(20_000, func() {
			ctx.Response.Reset()
			h(ctx)
		})
		require.Zero(t, allocs, name)
	}
}

func benchmarkRequest(b *testing.B, status int, headers ...string) {
	b.Helper()
	r, org, tok := newOfflineReader(b, time.Now)
	h := r.fiber.Server().Handler
	for i, v := range headers {
		if v == "<tag>" {
			headers[i] = tagOf(b, h, org, tok)
		}
	}
	ctx := editorRequest(b, org, tok, headers...)
	h(ctx)
	require.Equal(b, status, ctx.Response.StatusCode())
	b.ReportAllocs()
	b.Run("handler", func(b *testing.B) {
		b.ReportAllocs()
		ctx := editorRequest(b, org, tok, headers...)
		for b.Loop() {
			ctx.Response.Reset()
			h(ctx)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			ctx := editorRequest(b, org, tok, headers...)
			for pb.Next() {
				ctx.Response.Reset()
				h(ctx)
			}
		})
	})
	// The cost of fasthttp alone for writing the same answer.
	bare := bareHandler(ctx)
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		ctx := editorRequest(b, org, tok, headers...)
		for b.Loop() {
			ctx.Response.Reset()
			bare(ctx)
		}
	})
}

// bareHandler writes the answer in ctx without examining the request.
func bareHandler(ctx *fasthttp.RequestCtx) fasthttp.RequestHandler {
	type header struct{ key, value []byte }
	var all []header
	for k, v := range ctx.Response.Header.All() {
		all = append(all, header{bytes.Clone(k), bytes.Clone(v)})
	}
	status, body := ctx.Response.StatusCode(), bytes.Clone(ctx.Response.Body())
	return func(ctx *fasthttp.RequestCtx) {
		ctx.Response.SetStatusCode(status)
		for i := range all {
			ctx.Response.Header.SetCanonical(all[i].key, all[i].value)
		}
		ctx.Response.SetBodyRaw(body)
	}
}

func BenchmarkNotModified(b *testing.B) {
	benchmarkRequest(b, 304, "Accept-Encoding", everyCoding, "If-None-Match", "<tag>")
}

func BenchmarkBrotli(b *testing.B)   { benchmarkRequest(b, 200, "Accept-Encoding", everyCoding) }
func BenchmarkGzip(b *testing.B)     { benchmarkRequest(b, 200, "Accept-Encoding", "gzip") }
func BenchmarkIdentity(b *testing.B) { benchmarkRequest(b, 200) }

func BenchmarkRefused(b *testing.B) {
	r, org, _ := newOfflineReader(b, time.Now)
	h := r.fiber.Server().Handler
	for name, tok := range map[string]string{"forged": renameKey(mintElsewhere(b)), "malformed": "x"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			ctx := editorRequest(b, org, tok)
			for b.Loop() {
				ctx.Response.Reset()
				h(ctx)
			}
			require.Equal(b, 401, ctx.Response.StatusCode())
		})
	}
}
