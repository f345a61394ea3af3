package agents

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
	// maxMessage bounds what an agent sends, in bytes: names and little else.
	maxMessage = 256 << 10
	// maxAnswer bounds what it gets, in bytes: twice the longest library, as a tool's
	// answer has it once for programs and once for models, with room for escapes.
	maxAnswer = 32 << 20
)

// isBatch reports whether a body is a list of JSON-RPC messages. Each of them could
// have an answer as long as the library.
func isBatch(body []byte) bool {
	body = bytes.TrimLeft(body, " \t\r\n")
	return len(body) > 0 && body[0] == '['
}

// Answer answers one message about an organization. Messages that can't be read as
// such are a *fault.Error; what a message asks for in vain is said in the protocol.
func (d *Door) Answer(c *fiber.Ctx, org uuid.UUID, requestID string) error {
	if len(c.BodyRaw()) > maxMessage {
		return fault.New(fault.TooLarge, "body_too_large", "At most %d KiB are taken here", maxMessage>>10)
	}
	if isBatch(c.BodyRaw()) {
		return fault.New(fault.Malformed, "batch_refused",
			"Several messages in one request are not answered: send each by itself, as the protocol wants it since 2025-06-18")
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
		return fault.New(fault.TooLarge, "answer_too_large", "The answer would be longer than %d MiB: ask for one template or mode at a time", maxAnswer>>20)
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

// checkMessage refuses a message in which a name is there twice, of which the
// protocol's own reader would take the last, or a text that can't be looked up.
// Unknown names at the protocol's level are the protocol's; those among a tool's
// arguments are refused by its schema, and letter case counts for both.
func checkMessage(data []byte) error {
	const values = maxMessage / 8
	root, err := (&jsonast.JSON{Budget: &jsonast.Budget{
		Values: values, Text: maxMessage, Depth: 64, What: "This message",
		TooManyValues: fault.New(fault.TooLarge, "too_many_values", "This message holds more than %d values", values),
		TooMuchText:   fault.New(fault.TooLarge, "body_too_large", "At most %d KiB are taken here", maxMessage>>10),
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

// recorder keeps an answer, which is one JSON text and never a stream.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
	// over is set where the answer is longer than maxAnswer.
	over bool
}

// Header are the answer's.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader keeps the status.
func (r *recorder) WriteHeader(status int) { r.status = status }

// Write keeps a part of the body, as long as it isn't too long.
func (r *recorder) Write(p []byte) (int, error) {
	if r.over = r.over || r.body.Len()+len(p) > maxAnswer; r.over {
		return 0, errors.New("agents: the answer is too long")
	}
	return r.body.Write(p)
}
