package attack

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// bombs sends each bomb to each operation that takes a body, as senders of each role.
func (a *attacks) bombs() {
	a.createTargets(a.evil)
	member, writer, owner := a.evil.senders()
	described, pages := a.described(), a.pages()
	for _, bomb := range requestBombs() {
		a.run("bomb: "+bomb.name, a.admin, oneRequest, func(w *row) {
			for _, op := range described {
				for _, as := range a.roles(op, member, writer) {
					if len(bomb.body) > 1<<20 && as.token != "" && strings.HasSuffix(op.path, "/import") {
						continue // an upload, which has another budget
					}
					for _, media := range a.mediaFor(op, bomb) {
						w.fire(op.request(a.evil, media, bomb.body, as))
					}
				}
			}
		})
	}
	a.run("bomb: forms of pages", a.admin, oneRequest, func(w *row) {
		for _, form := range forms() {
			for _, op := range pages {
				for _, as := range []sender{anonymous, owner} {
					if op.method == http.MethodPost && !strings.HasSuffix(op.path, "/sign-out") && (op.path != "/orgs/{org}/modes/import" || as.name != "owner") {
						w.fire(op.request(a.evil, form.media, form.body, as).describedAs(form.name))
					}
				}
			}
		}
	})
	a.run("bomb: regular expressions", a.admin, oneRequest, func(w *row) { a.regexes(w, writer) })
}

// createTargets creates the mode and the template that the operations' paths name.
func (a *attacks) createTargets(tn tenant) {
	a.t.Helper()
	a.mode(tn, "target", "Be a target.")
	_, writer, _ := tn.senders()
	w := &row{victim: a.admin, status: map[int]int{}}
	got := w.fire(request{
		method: http.MethodPost, path: "/api/v1/organizations/" + tn.org.Slug + "/templates", media: mediaJSON, as: writer,
		body: []byte(`{"name":"target","permission_mode":"acceptEdits"}`),
	})
	if got.status != http.StatusCreated {
		a.t.Fatalf("creating a template answers %d: %s", got.status, got.start)
	}
}

// roles returns the senders of a bomb. The short form omits senders that can do no more
// than another one. Only the anonymous sender uses the session operations, since a session
// can be ended.
func (a *attacks) roles(op operation, member, writer sender) []sender {
	switch {
	case op.path == "/api/v1/session":
		return []sender{anonymous}
	case *long:
		return []sender{anonymous, member, writer}
	default:
		return []sender{writer}
	}
}

// mediaFor returns the media types under which a bomb is sent to an operation.
func (a *attacks) mediaFor(op operation, bomb shape) []string {
	var out []string
	for _, media := range op.media {
		same := media == bomb.media || media == mediaPatch && bomb.media == mediaJSON || media == "text/plain" && *long
		if same && op.method != http.MethodDelete {
			out = append(out, media)
		}
	}
	if len(out) == 0 && *long && slices.Contains(op.media, mediaJSON) {
		out = append(out, bomb.media)
	}
	return out
}

// forms returns forms that are expensive to parse.
func forms() []shape {
	parts := count(maxUpload, "", func(i int) string {
		return fmt.Sprintf("--x\r\nContent-Disposition: form-data; name=\"f%d\"\r\n\r\na\r\n", i%100_000)
	}, "--x--\r\n")
	files := count(maxUpload, "", func(i int) string {
		return fmt.Sprintf("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%d.yaml\"\r\n\r\na\r\n", i)
	}, "--x--\r\n")
	return []shape{
		{"a form of 10 MiB in one field", mediaForm, []byte(fill(maxUpload, "name=", "a", ""))},
		{"a form of 3,000,000 fields", mediaForm, []byte(fill(maxUpload, "", "a=&", ""))},
		{"a form of 700,000 names", mediaForm, []byte(count(maxUpload, "", func(i int) string { return fmt.Sprintf("f%d=a&", i) }, ""))},
		{"a form of percent escapes", mediaForm, []byte(fill(maxUpload, "name=", "%41", ""))},
		{"150,000 parts", "multipart/form-data; boundary=x", []byte(parts)},
		{"130,000 files", "multipart/form-data; boundary=x", []byte(files)},
		{"a part with a header of 10 MiB", "multipart/form-data; boundary=x", []byte(fill(maxUpload, "--x\r\nContent-Disposition: form-data; name=\"", "a", "\"\r\n\r\na\r\n--x--\r\n"))},
		{"no end of parts", "multipart/form-data; boundary=x", []byte(fill(maxUpload, "", "--x\r\n\r\n", ""))},
	}
}

// regexes tries modes whose fileRegex is expensive to compile or to lint.
func (a *attacks) regexes(w *row, as sender) {
	for _, pattern := range []string{
		strings.Repeat("(a?){1000}", 50), "(" + strings.Repeat("(a{1,1000}){1,1000}", 3) + ")", strings.Repeat("(", 30_000) + "a" + strings.Repeat(")", 30_000),
		strings.Repeat("(a|", 20_000), strings.Repeat("(?=", 20_000) + "a", strings.Repeat("[a-z", 20_000), strings.Repeat(`\p{L}`, 20_000),
		"^" + strings.Repeat("(a+)+", 5000) + "$", strings.Repeat(`\1`, 30_000), strings.Repeat("(?<n>a)", 10_000), "((((((((a{999}){999}){999}){999}){999}){999})))",
		strings.Repeat("a|", 100_000), strings.Repeat("[^a]*", 40_000), strings.Repeat(`[\s\S]`, 30_000), strings.Repeat("(?:", 50_000), "a{2147483647}{2147483647}",
	} {
		body := fmt.Sprintf(`{"slug":"regex","name":"Regex","config":{"roleDefinition":"r","groups":[["edit",{"fileRegex":%q}]]}}`, pattern)
		at := "/api/v1/organizations/" + a.evil.org.Slug + "/modes"
		w.requests(
			request{method: http.MethodPost, path: at, media: mediaJSON, body: []byte(body), as: as},
			request{method: http.MethodGet, path: at + "/regex/clients", as: as},
			request{method: http.MethodGet, path: at + "/regex/advice", as: as},
			request{method: http.MethodDelete, path: at + "/regex", as: as, header: map[string]string{"If-Match": "*"}},
			request{method: http.MethodPost, path: "/api/v1/views", media: mediaJSON, body: []byte(body), as: as},
			request{method: http.MethodPost, path: "/api/v1/advice", media: mediaJSON, body: []byte(body), as: as},
		)
	}
}
