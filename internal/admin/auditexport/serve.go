package auditexport

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"mime"
	"time"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/admin/middleware"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
)

// exportTimeout bounds the longest export. An export continues after the handler returns,
// so the handler's deadline doesn't apply.
const exportTimeout = 15 * time.Minute

// Serve sends an organization's audit log as a file. It is streamed and never held as
// a whole. A failure midway closes the connection before the end of the body, so that
// an incomplete log is never taken for a complete one.
func Serve(c *fiber.Ctx, db *postgres.DB, log *slog.Logger, org organization.Organization, f postgres.AuditFilter, o Options) error {
	c.Set(fiber.HeaderContentType, o.mediaType())
	c.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": org.Slug + ".audit." + o.Format}))
	if c.Method() == fiber.MethodHead {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), exportTimeout)
	out, in := io.Pipe()
	id := middleware.ID(c)
	go func() {
		defer cancel()
		buffered := bufio.NewWriterSize(in, 32<<10)
		err := Export(ctx, db, org.ID, f, o, buffered)
		if err == nil {
			err = buffered.Flush()
		}
		if err != nil {
			log.Warn("audit export failed", "request_id", id, "error", err)
		}
		_ = in.CloseWithError(err)
	}()
	// Closed by the server when the client disconnects, which ends the writing.
	c.Context().SetBodyStream(out, -1)
	return nil
}
