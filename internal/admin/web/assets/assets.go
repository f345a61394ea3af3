// Package assets has the files that pages load: what `make assets` makes of the sources
// beside it, compressed, under names that change with their content.
package assets

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"
	"github.com/klauspost/compress/gzip"
)

// built is what `make assets` makes.
//
//go:embed dist
var built embed.FS

// Assets are the files that pages load.
type Assets struct {
	// names are those with their hash, by the name in assets/: "app.css".
	names map[string]string
	files map[string]asset
}

type asset struct {
	media               string
	plain, gzip, brotli []byte
}

// Read returns the bundles in dist. They never change and take a while to compress,
// so that is done once per process.
var Read = sync.OnceValues(prepare)

// prepare reads dist. A name without a hash is not for browsers.
func prepare() (Assets, error) {
	a := Assets{names: map[string]string{}, files: map[string]asset{}}
	return a, fs.WalkDir(built, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name := path.Base(file)
		ext := path.Ext(name)
		stem, hash, ok := cutLast(strings.TrimSuffix(name, ext), "-")
		if !ok || len(hash) != 8 {
			return nil
		}
		plain, err := built.ReadFile(file)
		if err != nil {
			return err
		}
		media := mime.TypeByExtension(ext)
		if ext == ".js" {
			media = "text/javascript; charset=utf-8"
		}
		a.names[stem+ext] = name
		a.files[name], err = newAsset(media, plain)
		return err
	})
}

func newAsset(media string, plain []byte) (asset, error) {
	out := asset{media: media, plain: plain}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return out, err
	}
	if _, err := z.Write(plain); err != nil {
		return out, err
	}
	if err := z.Close(); err != nil {
		return out, err
	}
	out.gzip = bytes.Clone(b.Bytes())
	b.Reset()
	br := brotli.NewWriterLevel(&b, 5)
	if _, err := br.Write(plain); err != nil {
		return out, err
	}
	err = br.Close()
	out.brotli = bytes.Clone(b.Bytes())
	return out, err
}

// URL is the address of an asset, by the name of its source.
func (a Assets) URL(name string) (string, error) {
	hashed, ok := a.names[name]
	if !ok {
		return "", fmt.Errorf("there is no asset %q in assets/dist: run make assets", name)
	}
	return "/assets/" + hashed, nil
}

// Serve answers with the asset of a path's last step. Its name changes with its content,
// so it never has to be asked for again.
func (a Assets) Serve(c *fiber.Ctx) error {
	f, ok := a.files[c.Params("file")]
	if !ok {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderContentType, f.media)
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	switch c.AcceptsEncodings("br", "gzip", "identity") {
	case "br":
		c.Set(fiber.HeaderContentEncoding, "br")
		return c.Send(f.brotli)
	case "gzip":
		c.Set(fiber.HeaderContentEncoding, "gzip")
		return c.Send(f.gzip)
	}
	return c.Send(f.plain)
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
