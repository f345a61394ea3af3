package attack

import (
	"fmt"
	"net/http"
	"strings"
)

// oversizedRequests sends oversized requests to admin and to the reader.
func (a *attacks) oversizedRequests() {
	_, writer, owner := a.evil.senders()
	editor := sender{name: "read token", token: a.evil.read}
	page, at, published := "/orgs/"+a.evil.org.Slug+"/modes", "/api/v1/organizations/"+a.evil.org.Slug+"/modes", "/api/organizations/"+a.evil.org.ID.String()+"/modes.yaml"
	// A size just below the servers' limit for request headers, and one far above it.
	for i, size := range []int{14 << 10, 1 << 20} {
		ofReader := []int{7 << 10, 1 << 20}[i]
		a.run(fmt.Sprintf("odd: query, headers, cookies of %s", mebibytes(int64(size))), a.admin, oneRequest, func(w *row) {
			a.sendOversized(w, size, page, owner)
			a.sendOversized(w, size, at, writer)
			a.sendOversized(w, size, "/mcp", writer)
			a.sendOversized(w, size, "/sign-in", anonymous)
		})
		a.run(fmt.Sprintf("odd: query, headers, cookies of %s at the reader", mebibytes(int64(ofReader))), a.reader, oneRequest, func(w *row) {
			a.sendOversized(w, ofReader, published, editor)
			a.sendOversized(w, ofReader, published, anonymous)
			a.sendOversized(w, ofReader, "/api/marketplace/modes", editor)
		})
	}
	a.run("odd: bodies at the reader", a.reader, oneRequest, func(w *row) {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, "BREW"} {
			w.fire(request{method: method, path: published, media: mediaForm, body: []byte(strings.Repeat("a", maxUpload)), as: editor})
		}
	})
}

// sendOversized puts size bytes into each part of a request's header section.
func (a *attacks) sendOversized(w *row, size int, path string, as sender) {
	header := func(name, value string) request {
		return request{method: http.MethodGet, path: path, as: as, header: map[string]string{name: value}}
	}
	many := map[string]string{}
	for i := range size / 16 {
		many[fmt.Sprintf("X-%06d", i)] = "abcd"
	}
	w.requests(
		request{method: http.MethodGet, path: path + "?q=" + strings.Repeat("a", size), as: as},
		request{method: http.MethodGet, path: path + "?" + strings.Repeat("q&", size/2), as: as},
		request{method: http.MethodGet, path: path + "?slug=" + strings.Repeat(",", size), as: as},
		request{method: http.MethodGet, path: path + "?cursor=" + strings.Repeat("%41", size/3), as: as},
		request{method: http.MethodGet, path: path + strings.Repeat("/a", size/2), as: as},
		request{method: http.MethodGet, path: path + strings.Repeat("/..", size/3), as: as},
		header("If-None-Match", strings.Repeat(`"a",`, size/4)),
		header("If-None-Match", strings.Repeat(`W/"1.1.0000000000000000-gz",`, size/28)),
		header("Accept-Encoding", strings.Repeat("gzip;q=0.1,", size/11)),
		header("Accept", strings.Repeat("text/html;q=0.1,", size/16)),
		header("Accept-Language", strings.Repeat("en;q=0.1,", size/9)),
		header("X-Forwarded-For", strings.Repeat("1.1.1.1,", size/8)),
		header("X-KiloCode-OrganizationId", strings.Repeat("a", size)),
		header("Range", "bytes="+strings.Repeat("0-1,", size/4)),
		header("Cookie", strings.Repeat("a=b; ", size/5)),
		header("Cookie", "orgmodes="+strings.Repeat("a", size)),
		header("Authorization", "Bearer "+strings.Repeat("a", size)),
		header("Authorization", "Bearer omt_k1_"+strings.Repeat("0", size)),
		request{method: http.MethodGet, path: path, as: as, header: many},
	)
}

// junkValues are not valid IDs, numbers, names or cursors. They are sent unescaped.
var junkValues = []string{
	"%ff", "%00", "a%00b", "%c3%28", "%e2%80%ae", "%2e%2e%2f", "%2F", "%0d%0aX-Injected:1", "%", "%zz", "%F0%9F%98%80", "-1", "0", "1e9",
	"99999999999999999999", "NaN", "0x10", "null", "{}", "[]", "%27%20or%201=1--", "00000000-0000-0000-0000-000000000000",
	"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "%20", "*", ";", "__proto__", strings.Repeat("a", 4000), strings.Repeat("%ff", 1000), strings.Repeat("%00", 1000),
}

// junk puts junk into each path parameter and each query parameter of each route.
func (a *attacks) junk() {
	_, writer, owner := a.evil.senders()
	for _, kind := range []struct {
		name string
		list []operation
		as   sender
	}{{"the API", a.described(), writer}, {"pages", a.pages(), owner}} {
		a.run("junk: in each path of "+kind.name, a.admin, oneRequest, func(w *row) {
			w.refused = true
			for _, op := range kind.list {
				for _, name := range op.parameters() {
					for _, value := range a.sample(junkValues) {
						w.fire(junkRequest(op, op.pathFor(a.evil, map[string]string{name: value}), kind.as))
					}
				}
			}
		})
		a.run("junk: in each query of "+kind.name, a.admin, oneRequest, func(w *row) {
			for _, op := range kind.list {
				if op.method != http.MethodGet || strings.HasSuffix(op.path, "/events") {
					continue
				}
				for _, name := range op.query {
					for _, value := range a.sample(junkValues) {
						w.fire(junkRequest(op, op.pathFor(a.evil, nil)+"?"+name+"="+value, kind.as))
					}
				}
			}
		})
	}
	a.run("junk: in each path and header of the reader", a.reader, oneRequest, func(w *row) {
		w.refused = true
		editor := sender{name: "read token", token: a.evil.read}
		for _, value := range junkValues {
			for _, file := range []string{"modes", "modes.yaml", "organization.yaml", "marketplace.yaml", "templates"} {
				w.fire(request{method: http.MethodGet, path: "/api/organizations/" + value + "/" + file, as: editor})
			}
			w.fire(request{method: http.MethodGet, path: "/api/organizations/" + a.evil.org.ID.String() + "/modes" + value, as: editor})
			w.fire(request{method: http.MethodGet, path: "/api/marketplace/modes", as: editor, header: map[string]string{"X-KiloCode-OrganizationId": "x" + value}})
		}
	})
}

// sample returns a fifth of the values in the short form, another fifth on each call.
func (a *attacks) sample(values []string) []string {
	if *long {
		return values
	}
	a.round++
	var out []string
	for i := a.round % 5; i < len(values); i += 5 {
		out = append(out, values[i])
	}
	return out
}

func junkRequest(op operation, path string, as sender) request {
	r := request{method: op.method, path: path, as: as, header: map[string]string{"If-Match": "*"}}
	if len(op.media) > 0 {
		r.media, r.body = op.media[0], []byte("{}")
		if op.page {
			r.body = []byte("a=%ff&b=%00&_pack=%ff&do=apply&base=-1&slug=%00")
		}
	}
	return r
}
