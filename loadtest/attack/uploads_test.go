package attack

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// archives sends malicious archives to everything that reads archives. Archives of less
// than 1 MiB are held to the budget of any request.
func (a *attacks) archives() {
	var little, large []shape
	for _, archive := range archives(maxUpload) {
		if len(archive.body) > 1<<20 {
			large = append(large, archive)
		} else {
			little = append(little, archive)
		}
	}
	a.run("archive: "+strconv.Itoa(len(little))+" of less than 1 MiB", a.admin, oneRequest, func(w *row) { a.sendArchives(w, little) })
	a.run("archive: "+strconv.Itoa(len(large))+" of up to 10 MiB", a.admin, oneUpload, func(w *row) { a.sendArchives(w, large) })
}

func (a *attacks) sendArchives(w *row, list []shape) {
	member, writer, owner := a.evil.senders()
	for _, archive := range list {
		for _, path := range []string{"/modes/import?dry_run=true", "/templates/import?dry_run=true", "/modes/import"} {
			for _, as := range []sender{writer, member} {
				w.fire(request{method: http.MethodPost, path: "/api/v1/organizations/" + a.evil.org.Slug + path, media: mediaZip, body: archive.body, as: as}.describedAs(archive.name))
			}
		}
		w.fire(request{method: http.MethodPost, path: "/api/v1/advice", media: mediaZip, body: archive.body, as: member}.describedAs(archive.name))
		w.fire(a.pageImport(a.evil, "modes.zip", archive.body, owner).describedAs(archive.name))
	}
}

// uploads sends the most expensive uploads that a user with write access can send, both as
// dry runs and to be applied.
func (a *attacks) uploads() {
	shapes := map[string][]shape{}
	var families []string
	for i, upload := range uploadShapes(maxUpload) {
		family, _, _ := strings.Cut(upload.name, ":")
		if !*long && i%3 != 0 {
			continue
		}
		if shapes[family] == nil {
			families = append(families, family)
		}
		shapes[family] = append(shapes[family], upload)
	}
	for _, family := range families {
		a.run(fmt.Sprintf("upload: 10 MiB of %s, %d shapes", family, len(shapes[family])), a.admin, oneUpload, func(w *row) {
			for _, upload := range shapes[family] {
				a.upload(w, upload)
			}
		})
	}
	// An upload the size of one mode is parsed completely, compared and shown.
	for _, size := range []int{200 << 10, 1 << 20} {
		a.run("upload: each shape, of "+mebibytes(int64(size)), a.admin, oneRequest, func(w *row) {
			_, writer, owner := a.evil.senders()
			at := "/api/v1/organizations/" + a.evil.org.Slug
			for i, upload := range uploadShapes(size) {
				if !*long && i%3 != 1 {
					continue
				}
				w.requests(
					request{method: http.MethodPost, path: at + "/modes/import?only=valid", media: upload.media, body: upload.body, as: writer, what: upload.name},
					request{method: http.MethodPost, path: "/api/v1/advice", media: upload.media, body: upload.body, as: writer, what: upload.name},
					request{method: http.MethodPost, path: at + "/templates/import", media: upload.media, body: upload.body, as: writer, what: upload.name},
					a.pageImport(a.evil, "modes.yaml", upload.body, owner).describedAs(upload.name),
					request{method: http.MethodGet, path: at + "/modes/bomb/advice", as: writer, what: upload.name},
					request{method: http.MethodGet, path: at + "/modes/bomb/clients", as: writer, what: upload.name},
					request{method: http.MethodGet, path: at + "/audit?limit=100", as: writer, what: upload.name},
					request{method: http.MethodGet, path: "/orgs/" + a.evil.org.Slug + "/audit", as: owner, what: upload.name},
					request{method: http.MethodGet, path: "/orgs/" + a.evil.org.Slug + "/modes/bomb/history", as: owner, what: upload.name},
				)
			}
		})
	}
	for _, c := range []struct {
		size int
		budget
	}{{1 << 20, oneRequest}, {maxUpload, oneUpload}} {
		a.run("apply: each shape, of "+mebibytes(int64(c.size)), a.admin, c.budget, func(w *row) {
			tn := a.tenant("apply")
			_, writer, _ := tn.senders()
			for i, upload := range manifestShapes(c.size) {
				if !*long && i%4 != 0 {
					continue
				}
				for _, path := range []string{"/apply?dry_run=true", "/apply"} {
					w.fire(request{method: http.MethodPost, path: "/api/v1/organizations/" + tn.org.Slug + path, media: upload.media, body: upload.body, as: writer, what: upload.name})
				}
			}
		})
	}
	a.run("upload: files of a form", a.admin, oneUpload, func(w *row) {
		tn := a.tenant("upload")
		_, writer, owner := tn.senders()
		for _, form := range forms()[4:] {
			w.requests(
				request{method: http.MethodPost, path: "/api/v1/organizations/" + tn.org.Slug + "/modes/import", media: form.media, body: form.body, as: writer},
				request{method: http.MethodPost, path: "/orgs/" + tn.org.Slug + "/modes/import", media: form.media, body: form.body, as: owner},
			)
		}
	})
}

func (a *attacks) upload(w *row, upload shape) {
	tn := a.tenant("upload")
	_, writer, owner := tn.senders()
	at := "/api/v1/organizations/" + tn.org.Slug
	post := func(path string) request {
		return request{method: http.MethodPost, path: path, media: upload.media, body: upload.body, as: writer, what: upload.name}
	}
	w.requests(post(at+"/modes/import?dry_run=true"), post(at+"/modes/import?only=valid"), post("/api/v1/advice"),
		a.pageImport(tn, "modes.yaml", upload.body, owner).describedAs(upload.name))
	if *long {
		w.requests(post(at+"/templates/import?dry_run=true"), post(at+"/modes"), post(at+"/modes/import?collision=keep_both&only=valid"))
	}
}

// pageImport returns the request that uploads a file on the import page.
func (a *attacks) pageImport(tn tenant, name string, data []byte, as sender) request {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`}})
	if err == nil {
		_, err = part.Write(data)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		a.t.Fatal(err)
	}
	return request{method: http.MethodPost, path: "/orgs/" + tn.org.Slug + "/modes/import", media: form.FormDataContentType(), body: b.Bytes(), as: as}
}
