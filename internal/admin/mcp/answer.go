package mcp

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/valyala/fasthttp/fasthttpadaptor"

	"orgmodes/internal/fault"
	"orgmodes/internal/jsonast"
)

const (
	// maxMessage bounds an agent's message, in bytes. Messages hold little more than
	// names.
	maxMessage = 256 << 10
	// maxAnswer bounds a response, in bytes. It is twice the largest library, with room
	// for escapes: a tool's result has the library once for programs and once for models.
	maxAnswer = 32 << 20
)

// isBatch reports whether a body is a JSON-RPC batch. Each message in it could have a
// response as large as the library.
func isBatch(body []byte) bool {
	body = bytes.TrimLeft(body, " \t\r\n")
	return len(body) > 0 && body[0] == '['
}

// Answer answers one message about an organization. It returns a *fault.Error for a
// message that can't be read. A request in the message that fails is answered in the
// protocol.
func (d *Door) Answer(c *fiber.Ctx, org uuid.UUID, requestID string) error {
	if len(c.BodyRaw()) > maxMessage {
		return fault.New(fault.TooLarge, "body_too_large", "The request can have at most %d KiB", maxMessage>>10)
	}
	if isBatch(c.BodyRaw()) {
		return fault.New(fault.Malformed, "batch_refused",
			"Batches are not supported: send each message in its own request, as the protocol requires since 2025-06-18")
	}
	if err := checkMessage(c.BodyRaw()); err != nil {
		return err
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

	if said.over {
		return fault.New(fault.TooLarge, "answer_too_large", "The response would be larger than %d MiB: request one template or mode at a time", maxAnswer>>20)
	}
	media := said.header.Get(fiber.HeaderContentType)
	if said.status >= http.StatusBadRequest && !strings.HasPrefix(media, asJSON) {
		return fault.New(fault.Malformed, "malformed_message", "%s", strings.TrimSpace(said.body.String()))
	}
	for name := range said.header {
		c.Set(name, said.header.Get(name))
	}
	return c.Status(said.status).Send(said.body.Bytes())
}

// checkMessage refuses a message with a duplicate name, for which the protocol's own
// reader would use the last value, and text that can't be looked up. Unknown names at
// the protocol's level are left to the protocol. Those among a tool's arguments are
// refused by its schema. Names are case-sensitive at both levels.
func checkMessage(data []byte) error {
	const values = maxMessage / 8
	root, err := (&jsonast.JSON{Budget: &jsonast.Budget{
		Values: values, Text: maxMessage, Depth: 64, What: "This message",
		TooManyValues: fault.New(fault.TooLarge, "too_many_values", "This message holds more than %d values", values),
		TooMuchText:   fault.New(fault.TooLarge, "body_too_large", "The request can have at most %d KiB", maxMessage>>10),
	}}).Parse(data)
	if err != nil {
		return err
	}
	var flaws []fault.Field
	root.Flaws(jsonast.At(""), func(at *jsonast.Path, detail string, line, column int) {
		if len(flaws) < 10 {
			flaws = append(flaws, fault.Field{Pointer: at.String(), Detail: detail, Line: line, Column: column})
		}
	})
	if len(flaws) > 0 {
		return fault.New(fault.Malformed, "malformed_message", "This message can't be read").With(flaws...)
	}
	return nil
}

// recorder buffers a response, which is one JSON text and never a stream.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
	// over is set if the response is longer than maxAnswer.
	over bool
}

// Header returns the response's header.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader records the status.
func (r *recorder) WriteHeader(status int) { r.status = status }

// Write appends to the body. It fails once the body is too long.
func (r *recorder) Write(p []byte) (int, error) {
	if r.over = r.over || r.body.Len()+len(p) > maxAnswer; r.over {
		return 0, errors.New("mcp: the answer is too long")
	}
	return r.body.Write(p)
}
