package reader

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"orgmodes/internal/pubstore"
)

// call sends a request through the complete handler, without a network.
func call(t testing.TB, h fasthttp.RequestHandler, method, path string, headers ...string) *fasthttp.RequestCtx {
	t.Helper()
	var req fasthttp.Request
	req.Header.SetMethod(method)
	req.SetRequestURI(path)
	req.Header.SetHost("x")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	ctx := &fasthttp.RequestCtx{}
	ctx.Init(&req, nil, nil)
	h(ctx)
	return ctx
}

// etagOf returns the ETag header, which Peek would look up as "Etag".
func etagOf(ctx *fasthttp.RequestCtx) string {
	for k, v := range ctx.Response.Header.All() {
		if string(k) == "ETag" {
			return string(v)
		}
	}
	return ""
}

// The reader treats preconditions like net/http, for every way of writing
// If-None-Match. The tests below cover our own extensions.
func TestPreconditionsMatchServeContent(t *testing.T) {
	r, org, tok := newOfflineReader(t, time.Now)
	h := r.fiber.Server().Handler
	path := "/api/organizations/" + org + "/modes.yaml"
	full := call(t, h, "GET", path, "Authorization", "Bearer "+tok)
	require.Equal(t, 200, full.Response.StatusCode())
	tag, body := etagOf(full), bytes.Clone(full.Response.Body())
	require.NotEmpty(t, tag)

	oracle := func(method string, lines []string) (int, string) {
		req := httptest.NewRequest(method, path, http.NoBody)
		if lines != nil {
			// One line, as net/http only looks at the first one.
			req.Header.Set("If-None-Match", strings.Join(lines, ", "))
		}
		w := httptest.NewRecorder()
		w.Header().Set("ETag", tag)
		http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(body))
		return w.Code, w.Body.String()
	}
	for _, lines := range [][]string{
		nil,
		{""},
		{" "},
		{tag},
		{"W/" + tag},
		{"w/" + tag},
		{"*"},
		{" * "},
		{"*", `"x"`},
		{`"x"`, "*"},
		{`"x"`},
		{`W/"x"`},
		{`"x"`, tag},
		{tag, `"x"`},
		{`"x"`, "W/" + tag, `"y"`},
		{`"x","y",` + tag},
		{`"x"`, `"y"`},
		{`"x` + "\t" + `"`, tag},
		{strings.Trim(tag, `"`)},
		{strings.TrimSuffix(tag, `"`)},
		{strings.TrimPrefix(tag, `"`)},
		{tag + tag},
		{tag + "garbage"},
		{"garbage", tag},
		{`""`},
		{`""`, tag},
		{",,", tag},
		{",", ",", tag},
		{`"a,b"`, tag},
		{`"a\"b"`, tag},
		{`W/`, tag},
		{`W/*`},
		{`"ünï"`, tag},
		{tag, "garbage"},
		{strings.ToUpper(tag)},
		{`"` + tag + `"`},
		{"\t" + tag + "\t"},
		{`W/ ` + tag},
		{`"1.1.0000000000000000"`},
		{`"0.9.0123456789abcdef"`},
		{`'` + tag + `'`},
		{tag[:len(tag)-2] + `"`},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			headers := []string{"Authorization", "Bearer " + tok}
			for _, l := range lines {
				headers = append(headers, "If-None-Match", l)
			}
			ctx := call(t, h, method, path, headers...)
			status, wantBody := oracle(method, lines)
			assert.Equal(t, status, ctx.Response.StatusCode(), "%s %q", method, lines)
			if method == "GET" {
				assert.Equal(t, wantBody, string(ctx.Response.Body()), "%q", lines)
			}
			if status == 304 {
				assert.Empty(t, ctx.Response.Body())
			}
		}
	}
}

// A 304 has those headers of the 200 that a cache needs, the tag that the client sent,
// and no headers about a body.
func TestNotModified(t *testing.T) {
	w := newWorld(t)
	org, tok := w.newOrganization()
	path := "/api/organizations/" + org + "/modes.yaml"
	w.get(path, tok)
	for _, accept := range []string{"", "gzip", "br", "zstd"} {
		full := w.get(path, tok, "Accept-Encoding", accept)
		tag := full.header.Get("ETag")
		for _, method := range []string{"GET", "HEAD"} {
			for sent, want := range map[string]string{
				tag:                                tag,
				"W/" + tag:                         "W/" + tag,
				"*":                                tag,
				withSuffix(tag, "-gzip"):           withSuffix(tag, "-gzip"),
				withSuffix(tag, "-gz"):             withSuffix(tag, "-gz"),
				withSuffix(tag, "-br"):             withSuffix(tag, "-br"),
				withSuffix(tag, "-zst"):            withSuffix(tag, "-zst"),
				withSuffix(tag, "-df"):             withSuffix(tag, "-df"),
				withSuffix(tag, "--gzip"):          withSuffix(tag, "--gzip"),
				withSuffix(tag, ""):                withSuffix(tag, ""),
				`"x", ` + tag:                      tag,
				withSuffix(tag, "-x") + ", " + tag: tag,
			} {
				a := w.request(method, path, tok, "Accept-Encoding", accept, "If-None-Match", sent)
				require.Equal(t, 304, a.status, sent)
				assert.Empty(t, a.body)
				assert.Equal(t, want, a.header.Get("ETag"), sent)
				for _, same := range []string{"Cache-Control", "Vary", "Cache-Status", "X-Poll-Interval", "X-Content-Type-Options"} {
					if same != "Cache-Status" {
						assert.Equal(t, full.header.Get(same), a.header.Get(same), same)
					}
				}
				assert.Regexp(t, anyHit, a.header.Get("Cache-Status"))
				for _, none := range []string{"Content-Length", "Content-Type", "Content-Encoding", "Repr-Digest", "Transfer-Encoding"} {
					assert.NotContains(t, a.header, none)
				}
			}
		}
	}
}

// withSuffix replaces the coding suffix of a tag.
func withSuffix(tag, suffix string) string {
	core, _, _ := strings.Cut(strings.Trim(tag, `"`), "-")
	return `"` + core + suffix + `"`
}

func TestTooManyTagsAreIgnored(t *testing.T) {
	r, org, tok := newOfflineReader(t, time.Now)
	h := r.fiber.Server().Handler
	path := "/api/organizations/" + org + "/modes.yaml"
	tag := etagOf(call(t, h, "GET", path, "Authorization", "Bearer "+tok))
	for sent, want := range map[string]int{
		strings.Repeat(`"x", `, maxTags-1) + tag:                        304,
		strings.Repeat(`"x", `, maxTags) + tag:                          200,
		tag + strings.Repeat(`, "x"`, maxTags):                          200,
		tag + ` "` + strings.Repeat("x", maxTagBytes) + `"`:             200,
		`"` + strings.Repeat("x", maxTagBytes-len(tag)-5) + `", ` + tag: 304,
		"*" + strings.Repeat(",", maxTagBytes):                          200,
	} {
		got := call(t, h, "GET", path, "Authorization", "Bearer "+tok, "If-None-Match", sent)
		assert.Equal(t, want, got.Response.StatusCode(), sent)
	}
	var lines []string
	for range maxTags {
		lines = append(lines, "If-None-Match", `"x"`)
	}
	got := call(t, h, "GET", path, append(lines, "Authorization", "Bearer "+tok, "If-None-Match", tag)...)
	assert.Equal(t, 200, got.Response.StatusCode())
}

func TestIfNoneMatchRecognizesNewerTag(t *testing.T) {
	rep := &representation{tag: []byte("2.40.0123456789abcdef")}
	at := pubstore.Version{Epoch: 2, Revision: 50, Edition: 1}
	for sent, want := range map[string]preconditionResult{
		`"2.51.ffffffffffffffff"`:                             newer,
		`"2.51.ffffffffffffffff-gz"`:                          newer,
		`W/"3.1.ffffffffffffffff-gzip"`:                       newer,
		`"2.50.ffffffffffffffff"`:                             modified,
		`"2.45.ffffffffffffffff"`:                             modified, // we know all up to 50: this one never existed
		`"1.99.ffffffffffffffff"`:                             modified,
		`"2.51.fffffffffffffff"`:                              modified,
		`"2.51.ffffffffffffffffx"`:                            modified,
		`"2.51.gggggggggggggggg"`:                             modified,
		`"2..ffffffffffffffff"`:                               modified,
		`"2.51"`:                                              modified,
		`"-2.51.ffffffffffffffff"`:                            modified,
		`"99999999999999999999999.1.ffffffffffffffff"`:        modified,
		`"2.51.ffffffffffffffff", "2.40.0123456789abcdef-br"`: notModified,
		`"2.40.0123456789abcdef-br", "2.51.ffffffffffffffff"`: notModified,
	} {
		got, _, _ := evaluateIfNoneMatch([][]byte{[]byte(sent)}, rep, at, nil, tagChecker{})
		assert.Equal(t, want, got, sent)
	}
}

func FuzzIfNoneMatch(f *testing.F) {
	const tag = "1.2.0123456789abcdef"
	for _, s := range []string{`"1.2.0123456789abcdef"`, `W/"1.2.0123456789abcdef-gz"`, "*", `"a", "b"`, `"9.9.0123456789abcdef"`, `W/`, `"`, ",", `W/"`} {
		f.Add(s, s)
	}
	rep := &representation{tag: []byte(tag)}
	f.Fuzz(func(t *testing.T, one, two string) {
		lines := [][]byte{[]byte(one), []byte(two)}
		result, repeat, _ := evaluateIfNoneMatch(lines, rep, version(2), []byte(`"`+tag+`"`), tagChecker{})
		if repeat != nil {
			// The repeated text occurs literally in the request, and is a tag.
			require.True(t, strings.Contains(one, string(repeat)) || strings.Contains(two, string(repeat)))
			require.Regexp(t, `^(W/)?"[!#-~]*"$`, string(repeat))
		}
		switch result {
		case notModified:
			require.True(t, repeat == nil || strings.Contains(string(repeat), tag))
		case modified:
			require.Nil(t, repeat)
		case newer:
			require.NotNil(t, repeat)
		}
	})
}

// RFC 9110, sections 13.1.1 and 13.2.2: If-Match compares strongly, and is evaluated before
// If-None-Match.
func TestIfMatchIsEvaluatedFirst(t *testing.T) {
	r, org, tok := newOfflineReader(t, time.Now)
	h := r.fiber.Server().Handler
	for _, path := range []string{"/api/organizations/" + org + "/modes.yaml", "/api/marketplace/modes"} {
		full := call(t, h, "GET", path, "Authorization", "Bearer "+tok)
		require.Equal(t, 200, full.Response.StatusCode())
		tag := etagOf(full)
		for _, c := range []struct {
			name   string
			header []string
			status int
		}{
			{"the tag", []string{"If-Match", tag}, 200},
			{"anything", []string{"If-Match", "*"}, 200},
			{"a list", []string{"If-Match", `"a", W/"b" ,` + tag}, 200},
			{"two lines", []string{"If-Match", `"a"`, "If-Match", tag}, 200},
			{"another tag", []string{"If-Match", `"a"`}, 412},
			{"a weak tag", []string{"If-Match", "W/" + tag}, 412},
			{"the tag of another coding", []string{"If-Match", withSuffix(tag, "-gzip")}, 412},
			{"no tag", []string{"If-Match", "a"}, 412},
			{"an empty list", []string{"If-Match", ""}, 412},
			{"matches, and If-None-Match too", []string{"If-Match", tag, "If-None-Match", tag}, 304},
			{"does not match, but If-None-Match does", []string{"If-Match", `"a"`, "If-None-Match", tag}, 412},
		} {
			for _, method := range []string{"GET", "HEAD"} {
				a := call(t, h, method, path, append([]string{"Authorization", "Bearer " + tok}, c.header...)...)
				require.Equal(t, c.status, a.Response.StatusCode(), "%s %s: %s", method, path, c.name)
				if c.status == 412 {
					require.Contains(t, string(a.Response.Body()), `"code":"precondition_failed"`, c.name)
					require.Empty(t, etagOf(a))
				}
			}
		}
	}
	a := call(t, h, "GET", "/api/organizations/"+org+"/modes.yaml", "If-Match", `"a"`)
	require.Equal(t, 401, a.Response.StatusCode(), "preconditions are for those who may read")
}
