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
	// maxResponse bounds a response, in bytes. It is twice the largest library, with room
	// for escapes: a tool's result has the library once for programs and once for models.
	maxResponse = 32 << 20
)

// isBatch reports whether a body is a JSON-RPC batch. Each message in it could have a
// response as large as the library.
func isBatch(body []byte) bool {
	body = bytes.TrimLeft(body, " \t\r\n")
	return len(body) > 0 && body[0] == '['
}

// Serve responds to the MCP message in c's body with the library of the given organization.
// requestID identifies the request in the log. The error is a *fault.Error if the message
// can't be read, or if it or its response is too large; then nothing has been sent. Any
// other failure is reported as the protocol defines, in a JSON-RPC error or a tool result,
// and Serve returns nil.
func (d *Handler) Serve(c *fiber.Ctx, org uuid.UUID, requestID string) error {
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
		return fault.New(fault.Malformed, "request_malformed", "The request could not be read as HTTP").WithCause(err)
	}
	server := session{d, org, requestID}.server()
	recorded := &recorder{header: http.Header{}, status: http.StatusOK}
	mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{
		Stateless: true, JSONResponse: true, PropagateRequestCancellation: true,
	}).ServeHTTP(recorded, req.WithContext(c.UserContext()))

	if recorded.tooLong {
		return fault.New(fault.TooLarge, "answer_too_large", "The response would be larger than %d MiB: request one template or mode at a time", maxResponse>>20)
	}
	media := recorded.header.Get(fiber.HeaderContentType)
	if recorded.status >= http.StatusBadRequest && !strings.HasPrefix(media, mediaJSON) {
		return fault.New(fault.Malformed, "malformed_message", "%s", strings.TrimSpace(recorded.body.String()))
	}
	for name := range recorded.header {
		c.Set(name, recorded.header.Get(name))
	}
	return c.Status(recorded.status).Send(recorded.body.Bytes())
}

// checkMessage refuses a message with a duplicate name, for which the protocol's own
// reader would use the last value, and text that can't be looked up. Unknown names at
// the protocol's level are left to the protocol. Those among a tool's arguments are
// refused by its schema. Names are case-sensitive at both levels.
func checkMessage(data []byte) error {
	const values = maxMessage / 8
	root, err := (&jsonast.JSON{Budget: &jsonast.Budget{
		Values: values, Text: maxMessage, Depth: 64, InputName: "This message",
		TooManyValues: fault.New(fault.TooLarge, "too_many_values", "This message holds more than %d values", values),
		TooMuchText:   fault.New(fault.TooLarge, "body_too_large", "The request can have at most %d KiB", maxMessage>>10),
	}}).Parse(data)
	if err != nil {
		return err
	}
	var fields []fault.Field
	root.Problems(jsonast.NewPath(""), func(at *jsonast.Path, detail string, line, column int) {
		if len(fields) < 10 {
			fields = append(fields, fault.Field{Pointer: at.String(), Detail: detail, Line: line, Column: column})
		}
	})
	if len(fields) > 0 {
		return fault.New(fault.Malformed, "malformed_message", "This message can't be read").With(fields...)
	}
	return nil
}

// recorder buffers a response, which is one JSON text and never a stream.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
	// tooLong is set if the response is longer than maxResponse.
	tooLong bool
}

// Header returns the response's header.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader records the status.
func (r *recorder) WriteHeader(status int) { r.status = status }

// Write appends to the body. It fails once the body is too long.
func (r *recorder) Write(p []byte) (int, error) {
	if r.tooLong = r.tooLong || r.body.Len()+len(p) > maxResponse; r.tooLong {
		return 0, errors.New("mcp: the answer is too long")
	}
	return r.body.Write(p)
}
