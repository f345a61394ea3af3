// Package assets serves the files that pages load. `make assets` builds them from the
// sources next to this file. They are served compressed, under names that change with their
// content.
package assets

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"path"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"
	"github.com/klauspost/compress/gzip"
)

// distFiles holds the output of `make assets`.
//
//go:embed dist
var distFiles embed.FS

// Assets holds the files that pages load.
type Assets struct {
	// names maps a name in assets/, such as "app.css", to the name with its hash.
	names map[string]string
	files map[string]asset
}

// asset is one file. It is compressed on the first request: that takes a while, and most
// processes never get one.
type asset struct {
	media        string
	plain        []byte
	gzip, brotli func() ([]byte, error)
}

// Read returns the bundles in dist, which never change.
var Read = sync.OnceValues(readDist)

// readDist reads dist. Files without a hash in their name are not for browsers.
func readDist() (Assets, error) {
	a := Assets{names: map[string]string{}, files: map[string]asset{}}
	return a, fs.WalkDir(distFiles, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name := path.Base(file)
		ext := path.Ext(name)
		stem, hash, ok := cutLast(strings.TrimSuffix(name, ext), "-")
		if !ok || len(hash) != 8 {
			return nil
		}
		plain, err := distFiles.ReadFile(file)
		if err != nil {
			return err
		}
		media := mime.TypeByExtension(ext)
		if ext == ".js" {
			media = "text/javascript; charset=utf-8"
		}
		a.names[stem+ext] = name
		a.files[name] = newAsset(media, plain)
		return nil
	})
}

func newAsset(media string, plain []byte) asset {
	return asset{
		media: media, plain: plain,
		gzip: compressOnce(plain, func(to io.Writer) (io.WriteCloser, error) {
			return gzip.NewWriterLevel(to, gzip.BestCompression)
		}),
		brotli: compressOnce(plain, func(to io.Writer) (io.WriteCloser, error) {
			return brotli.NewWriterLevel(to, 5), nil
		}),
	}
}

func compressOnce(plain []byte, compressor func(io.Writer) (io.WriteCloser, error)) func() ([]byte, error) {
	return sync.OnceValues(func() ([]byte, error) {
		var b bytes.Buffer
		w, err := compressor(&b)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(plain); err != nil {
			return nil, err
		}
		err = w.Close()
		return b.Bytes(), err
	})
}

// URL returns the address of an asset, by the name of its source.
func (a Assets) URL(name string) (string, error) {
	hashed, ok := a.names[name]
	if !ok {
		return "", fmt.Errorf("there is no asset %q in assets/dist: run make assets", name)
	}
	return "/assets/" + hashed, nil
}

// Serve answers with the asset that the path parameter "file" names. The name changes with the
// content, so browsers never need to request it again.
func (a Assets) Serve(c *fiber.Ctx) error {
	f, ok := a.files[c.Params("file")]
	if !ok {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderContentType, f.media)
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	var compress func() ([]byte, error)
	encoding := c.AcceptsEncodings("br", "gzip", "identity")
	switch encoding {
	case "br":
		compress = f.brotli
	case "gzip":
		compress = f.gzip
	default:
		return c.Send(f.plain)
	}
	body, err := compress()
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentEncoding, encoding)
	return c.Send(body)
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
