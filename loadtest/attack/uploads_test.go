package attack

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
)

// archives sends archives that are made to do harm to what reads archives.
func (a *attacks) archives() {
	for _, archive := range archives(whole) {
		b := oneRequest
		if len(archive.body) > 1<<20 {
			b = oneUpload
		}
		a.run(fmt.Sprintf("archive: %s, %s", archive.name, mebibytes(int64(len(archive.body)))), a.admin, b, func(w *row) {
			member, writer, owner := a.evil.senders()
			for _, path := range []string{"/modes/import?dry_run=true", "/templates/import?dry_run=true", "/modes/import"} {
				for _, as := range []sender{writer, member} {
					w.fire(request{method: http.MethodPost, path: "/api/v1/organizations/" + a.evil.org.Slug + path, media: mediaZip, body: archive.body, as: as})
				}
			}
			w.fire(request{method: http.MethodPost, path: "/api/v1/advice", media: mediaZip, body: archive.body, as: member})
			w.fire(a.pageImport(a.evil, "modes.zip", archive.body, owner))
		})
	}
}

// uploads sends what can be uploaded at worst by those who are allowed to, to be
// looked at and to be applied.
func (a *attacks) uploads() {
	for i, upload := range uploadShapes(whole) {
		if !*long && i%3 != 0 {
			continue
		}
		a.run("upload: "+upload.name, a.admin, oneUpload, func(w *row) {
			tn := a.tenant("upload")
			_, writer, owner := tn.senders()
			at := "/api/v1/organizations/" + tn.org.Slug
			w.requests(
				request{method: http.MethodPost, path: at + "/modes/import?dry_run=true", media: upload.media, body: upload.body, as: writer},
				request{method: http.MethodPost, path: at + "/modes/import?only=valid", media: upload.media, body: upload.body, as: writer},
				request{method: http.MethodPost, path: "/api/v1/advice", media: upload.media, body: upload.body, as: writer},
				a.pageImport(tn, "modes.yaml", upload.body, owner),
			)
			if *long {
				w.requests(
					request{method: http.MethodPost, path: at + "/templates/import?dry_run=true", media: upload.media, body: upload.body, as: writer},
					request{method: http.MethodPost, path: at + "/modes", media: upload.media, body: upload.body, as: writer},
					request{method: http.MethodPost, path: at + "/modes/import?collision=keep_both&only=valid", media: upload.media, body: upload.body, as: writer},
				)
			}
		})
	}
	// What one mode can have is read to the end, and compared, and shown.
	for _, size := range []int{200 << 10, 1 << 20} {
		a.run("upload: each of that, of "+mebibytes(int64(size)), a.admin, oneRequest, func(w *row) {
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
					a.pageImport(a.evil, "modes.yaml", upload.body, owner).of(upload.name),
					request{method: http.MethodGet, path: at + "/modes/bomb/advice", as: writer, what: upload.name},
					request{method: http.MethodGet, path: at + "/modes/bomb/clients", as: writer, what: upload.name},
					request{method: http.MethodGet, path: at + "/audit?limit=100", as: writer, what: upload.name},
					request{method: http.MethodGet, path: "/orgs/" + a.evil.org.Slug + "/audit", as: owner, what: upload.name},
					request{method: http.MethodGet, path: "/orgs/" + a.evil.org.Slug + "/modes/bomb/history", as: owner, what: upload.name},
				)
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

// pageImport is an upload on the import page.
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
