package reader

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/valyala/fasthttp"

	"orgmodes/internal/pubstore"
)

// maxCatalog bounds the public catalog, in bytes.
const maxCatalog = 4 << 20

// emptyCatalog is the catalog if none is configured.
const emptyCatalog = "items: []\n"

// preparePublic makes the public catalog ready to be served like any other
// document. It has no revisions: only the hash in its tag is set.
func preparePublic(body []byte) (*document, error) {
	if len(body) == 0 {
		body = []byte(emptyCatalog)
	}
	switch {
	case len(body) > maxCatalog:
		return nil, fmt.Errorf("the public catalog has %d bytes; at most %d are served", len(body), maxCatalog)
	case !utf8.Valid(body):
		return nil, fmt.Errorf("the public catalog is not UTF-8")
	case !bytes.HasPrefix(body, []byte("items:")) && !bytes.Contains(body, []byte("\nitems:")):
		return nil, fmt.Errorf("the public catalog has no list named items")
	}
	sum, hash := pubstore.SumOf(body)
	encoded, err := pubstore.Encode(body)
	if err != nil {
		return nil, err
	}
	return prepareDocument(&pubstore.Document{
		Organization: "public",
		Representations: []pubstore.Representation{{
			Name: "public", ContentType: "application/yaml; charset=utf-8", // RFC 9512
			Tag: pubstore.Tag{Hash: hash}, Sum: sum, Length: len(body), Encoded: encoded,
		}},
	}, nil, 0)
}

// servePublic answers a request that names no organization; it requires no token.
func (r *Reader) servePublic(ctx *fasthttp.RequestCtx) {
	rep := &r.public.representations[0]
	chosen := r.negotiateCoding(ctx, rep)
	if !evaluateIfMatch(ctx.Request.Header.PeekAll(requestIfMatch), rep.encodings[chosen].etag) {
		problemPreconditionFailed.write(ctx)
		return
	}
	tags := ctx.Request.Header.PeekAll(requestIfNoneMatch)
	result, repeat, _ := evaluateIfNoneMatch(tags, rep, r.public.version, rep.encodings[chosen].etag, tagChecker{})
	if result == newer { // nothing can be newer than a document without revisions
		result, repeat = modified, nil
	}
	r.write(ctx, rep, chosen, result, repeat, valueVaryMarketplace, cacheStatusFor(hit, true))
}
