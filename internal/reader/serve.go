package reader

import (
	"errors"
	"time"

	"github.com/valyala/fasthttp"

	"orgmodes/internal/pubstore"
)

// serve answers a request for one representation of a document. It authenticates, checks
// that the token grants access to the organization, loads, evaluates the precondition and
// writes.
//
// Only a caller whose token grants access learns whether an organization exists. Any
// other caller gets the same 404 from the token alone, before any lookup, so neither
// the bytes nor the timing reveal it.
//
// The lease is read before the document and the token are looked up, so its statement holds
// for both.
func (r *Reader) serve(ctx *fasthttp.RequestCtx, k documentKey, name string, vary []byte) {
	l, synced, now := r.freshness.lease.Load(), r.freshness.synced.Load(), r.clock.now()
	principal, auth := r.authenticate(ctx, l, now)
	r.metrics.authentications[auth].Inc()
	if auth != authOK {
		authProblems[auth].write(ctx)
		return
	}
	if !principal.record.grants(k.organization) {
		problemNoSuchOrganization.write(ctx)
		return
	}
	r.tokens.table.recordUse(principal.record.hash, now.wall)
	doc, from, err := r.documents.get(k)
	r.metrics.cache[from].Inc()
	switch {
	case errors.Is(err, pubstore.ErrAbsent):
		problemNotPublished.write(ctx)
		return
	case err != nil:
		problemUnavailable.write(ctx)
		return
	}
	for rechecked := false; ; rechecked = true {
		if doc.deleted {
			problemNoSuchOrganization.write(ctx)
			return
		}
		rep := doc.representation(name)
		if rechecked || from != hit {
			now = r.clock.now() // there was a wait
		}
		// knownUntil is the time up to which we have every change to the document.
		knownUntil := time.Time{}
		if synced && l.covers(doc.verified) && !doc.outdated() {
			knownUntil = l.organizationAsOf(k.organization, doc.verified)
		}
		fresh := !knownUntil.IsZero() && l.age(minTime(knownUntil, principal.asOf), now) <= freshFor
		checker := tagChecker{futureTags: r.futureTags, organization: k.organization}
		if fresh {
			checker.knownUntil = knownUntil
		}
		if rep == nil {
			r.serveMissing(ctx, k, cacheStatusFor(from, fresh))
			return
		}
		chosen := r.negotiateCoding(ctx, rep)
		// If-Match is first (RFC 9110, section 13.2.2).
		if !evaluateIfMatch(ctx.Request.Header.PeekAll(requestIfMatch), rep.encodings[chosen].etag) {
			problemPreconditionFailed.write(ctx)
			return
		}
		tags := ctx.Request.Header.PeekAll(requestIfNoneMatch)
		result, repeat, newerTag := evaluateIfNoneMatch(tags, rep, doc.version, rep.encodings[chosen].etag, checker)
		if result == newer {
			// The client was served by a reader that is ahead of this one. Going back
			// would be worse than reporting nothing new.
			r.futureTags.observe(futureTag{k.organization, newerTag}, now.wall)
			if !rechecked {
				doc = r.documents.checkForNewer(k, doc)
				continue
			}
			fresh = false // there may be newer versions
		}
		r.metrics.conditional[result].Inc()
		if fresh {
			r.metrics.fresh.Inc()
		} else {
			r.metrics.stale.Inc()
		}
		r.write(ctx, rep, chosen, result, repeat, vary, cacheStatusFor(from, fresh))
		return
	}
}

// serveMissing answers a request for a representation that the document doesn't have.
func (r *Reader) serveMissing(ctx *fasthttp.RequestCtx, k documentKey, status []byte) {
	if r.documents.collections[k.collection].part.Collection == "" {
		problemNotPublished.write(ctx) // the worker that published it did not know this representation yet
		return
	}
	problemNoSuchDocument.write(ctx)
	ctx.Response.Header.SetCanonical(headerCacheStatus, status)
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// authProblems maps each failed authentication to a problem, as detailed as the caller may know.
var authProblems = [authResultCount]*problem{
	authMissing:     problemTokenMissing,
	authMalformed:   problemTokenRefused,
	authForged:      problemTokenRefused,
	authAbsent:      problemTokenRefused,
	authRevoked:     problemTokenRefused,
	authExpired:     problemTokenRefused,
	authScope:       problemTokenScope,
	authRateLimited: problemTooManyRequests,
	authUnknown:     problemUnavailable,
}

// authenticate reads the bearer token (RFC 6750, section 2.1). Two
// Authorization lines count as none: a proxy in front of us may have checked
// the other one.
func (r *Reader) authenticate(ctx *fasthttp.RequestCtx, l *lease, now instant) (caller, authResult) {
	lines := ctx.Request.Header.PeekAll(requestAuthorization)
	if len(lines) != 1 {
		return caller{}, authMissing
	}
	scheme, presented := cutByte(trim(lines[0]), ' ')
	presented = trim(presented)
	if !foldEqual(scheme, "bearer") || len(presented) == 0 {
		return caller{}, authMissing
	}
	return r.tokens.authenticate(presented, l, now)
}

func (r *Reader) negotiateCoding(ctx *fasthttp.RequestCtx, rep *representation) coding {
	return negotiate(ctx.Request.Header.PeekAll(requestAcceptEncoding), rep)
}

// write answers 304 or 200. A 304 has those headers of the 200 that matter to a
// cache (RFC 9110, section 15.4.5), and the tag that the client sent.
func (r *Reader) write(ctx *fasthttp.RequestCtx, rep *representation, chosen coding,
	result preconditionResult, repeat, vary, status []byte,
) {
	c := &rep.encodings[chosen]
	h := &ctx.Response.Header
	if repeat == nil {
		repeat = c.etag
	}
	h.SetCanonical(headerETag, repeat)
	h.SetCanonical(headerCacheControl, valueCacheControl)
	h.SetCanonical(headerVary, vary)
	h.SetCanonical(headerCacheStatus, status)
	h.SetCanonical(headerPollInterval, r.pollInterval)
	h.SetCanonical(headerContentTypeOptions, valueNosniff)
	if result != modified {
		ctx.Response.SetStatusCode(fasthttp.StatusNotModified)
		return
	}
	h.SetCanonical(headerContentType, rep.contentType)
	h.SetCanonical(headerReprDigest, c.digest)
	if chosen != identity {
		h.SetCanonical(headerContentEncoding, c.name)
	}
	switch {
	case ctx.IsHead():
		ctx.Response.SkipBody = true
		h.SetContentLength(c.length)
	case chosen != identity:
		ctx.Response.SetBodyRaw(c.bytes)
	default:
		if err := rep.decompress(ctx.Response.BodyWriter()); err != nil {
			r.log.Error("decompressing document failed", "error", err.Error())
			h.Reset()
			problemInternal.write(ctx)
		}
	}
}
