package reader

import (
	"encoding/json"
	"net/http"

	"github.com/valyala/fasthttp"

	"orgmodes/internal/http1"
)

// problem is a prebuilt answer other than a document. Its body follows RFC 9457, and
// also has the member "error", which editors display.
type problem struct {
	status     int
	body       []byte
	challenge  []byte // WWW-Authenticate (RFC 6750, section 3)
	retryAfter []byte // seconds
	allow      []byte
}

func newProblem(status int, code, detail string) *problem {
	body, err := json.Marshal(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
		Code   string `json:"code"`
		Error  string `json:"error"`
	}{"/problems/" + code, http.StatusText(status), status, detail, code, detail})
	if err != nil {
		panic(err) // strings and a number
	}
	return &problem{status: status, body: append(body, '\n')}
}

func (p *problem) withChallenge(c string) *problem { p.challenge = []byte(c); return p }

func (p *problem) withRetryAfter(seconds string) *problem { p.retryAfter = []byte(seconds); return p }

func (p *problem) withAllow(methods string) *problem { p.allow = []byte(methods); return p }

// All problems, in one place. The two reasons for 404 that an unauthorized caller could
// tell apart share one problem on purpose.
var (
	problemOrganizationID = newProblem(400, "organization_id_malformed",
		"The organization id in the path is not a UUID; copy it from the admin page, such as 3f2b8c1e-0d4a-4b6f-9a51-7c2e8d90f413.")
	problemHeaderID = newProblem(400, "organization_header_malformed",
		"The X-KiloCode-OrganizationId header is not a UUID.")
	problemOrganizationMismatch = newProblem(400, "organization_header_disagrees",
		"The X-KiloCode-OrganizationId header names another organization than the path.")
	problemBadRequest = newProblem(400, "request_malformed",
		"The request could not be read as HTTP.")

	problemTokenMissing = newProblem(401, "token_missing",
		"Send an access token: Authorization: Bearer omt_...").
		withChallenge(`Bearer realm="orgmodes"`)
	problemTokenRefused = newProblem(401, "token_refused",
		"This access token is unknown, has expired or was revoked; ask an admin of your organization for a new one.").
		withChallenge(`Bearer realm="orgmodes", error="invalid_token"`)
	problemTokenScope = newProblem(401, "token_scope_missing",
		"This access token may not read modes; ask an admin of your organization for one with the scope read.").
		withChallenge(`Bearer realm="orgmodes", error="insufficient_scope", scope="read"`)

	problemNoSuchPath = newProblem(404, "path_unknown",
		"There is no such path.")
	problemNoSuchOrganization = newProblem(404, "organization_unknown",
		"There is no such organization, or this access token does not open it.")

	problemNoSuchDocument = newProblem(404, "document_unknown",
		"This organization has no such document; it may have been deleted or renamed.")

	problemMethodNotAllowed = newProblem(405, "method_not_allowed",
		"This can only be read: GET or HEAD.").withAllow("GET, HEAD")
	problemTimeout = newProblem(408, "request_timeout",
		"The request took too long to arrive.")
	problemPreconditionFailed = newProblem(412, "precondition_failed",
		"No tag in If-Match is that of the current content; weak tags (W/) never match there. Send the request without If-Match.")
	problemBodyTooLarge = newProblem(413, "body_too_large",
		"A request to read something needs no body.")
	problemTooManyRequests = newProblem(429, "token_key_unknown",
		"Too many access tokens of a key that this server does not know; try again shortly.").withRetryAfter("1")
	problemHeadersTooLarge = newProblem(431, "headers_too_large",
		"The request headers are larger than 8 KiB.")

	problemInternal = newProblem(500, "internal",
		"Something went wrong; it has been logged.")
	problemNotPublished = newProblem(503, "not_published_yet",
		"This organization's modes are not published yet; try again shortly.").withRetryAfter("1")
	problemUnavailable = newProblem(503, "unavailable",
		"This can't be looked up right now; keep what you have and try again shortly.").withRetryAfter("2")
)

// refusalProblems maps each refusal of a request's head to a problem.
var refusalProblems = func() map[*http1.RefusalError]*problem {
	all := map[*http1.RefusalError]*problem{}
	for _, r := range http1.Refusals() {
		all[r] = newProblem(r.Status, r.Code, r.Detail+".")
	}
	return all
}()

// write writes the problem as the answer.
func (p *problem) write(ctx *fasthttp.RequestCtx) {
	r := &ctx.Response
	r.ResetBody()
	r.SetStatusCode(p.status)
	h := &r.Header
	h.SetCanonical(headerContentType, valueProblemJSON)
	h.SetCanonical(headerCacheControl, valueNoStore)
	h.SetCanonical(headerContentTypeOptions, valueNosniff)
	if p.challenge != nil {
		h.SetCanonical(headerWWWAuthenticate, p.challenge)
	}
	if p.retryAfter != nil {
		h.SetCanonical(headerRetryAfter, p.retryAfter)
	}
	if p.allow != nil {
		h.SetCanonical(headerAllow, p.allow)
	}
	r.SetBodyRaw(p.body)
}
