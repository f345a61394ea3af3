package agents

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/valyala/fasthttp/fasthttpadaptor"

	"orgmodes/internal/fault"
)

// maxMessage bounds what an agent sends, in bytes: names and little else.
const maxMessage = 256 << 10

// Answer answers one message about an organization. Messages that can't be read as
// such are a *fault.Error; what a message asks for in vain is said in the protocol.
func (d *Door) Answer(c *fiber.Ctx, org uuid.UUID, requestID string) error {
	if len(c.BodyRaw()) > maxMessage {
		return fault.New(fault.TooLarge, "body_too_large", "At most %d KiB are taken here", maxMessage>>10)
	}
	var req http.Request
	if err := fasthttpadaptor.ConvertRequest(c.Context(), &req, true); err != nil {
		return fault.New(fault.Malformed, "request_malformed", "The request could not be read as HTTP").Because(err)
	}
	server := library{d, org, requestID}.server()
	said := &recorder{header: http.Header{}, status: http.StatusOK}
	mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{
		Stateless: true, JSONResponse: true, PropagateRequestCancellation: true,
	}).ServeHTTP(said, req.WithContext(c.UserContext()))

	media := said.header.Get(fiber.HeaderContentType)
	if said.status >= http.StatusBadRequest && !strings.HasPrefix(media, asJSON) {
		return fault.New(fault.Malformed, "malformed_message", "%s", strings.TrimSpace(said.body.String()))
	}
	for name := range said.header {
		c.Set(name, said.header.Get(name))
	}
	return c.Status(said.status).Send(said.body.Bytes())
}

// recorder keeps an answer, which is one JSON text and never a stream.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header are the answer's.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader keeps the status.
func (r *recorder) WriteHeader(status int) { r.status = status }

// Write keeps a part of the body.
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }
