package auditlog

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"mime"
	"time"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/admin/request"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
)

// exportTime bounds the longest export: it goes on after the handler, and so
// outside of its deadline.
const exportTime = 15 * time.Minute

// Answer writes an organization's audit log as a file, as it is read: it is never
// held as a whole. What fails midway ends the connection before the body's end,
// so that half a log is never taken for all of it.
func Answer(c *fiber.Ctx, db *postgres.DB, log *slog.Logger, org organization.Organization, f postgres.AuditFilter, format string) error {
	c.Set(fiber.HeaderContentType, MediaType(format))
	c.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": org.Slug + ".audit." + format}))
	if c.Method() == fiber.MethodHead {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), exportTime)
	out, in := io.Pipe()
	id := request.ID(c)
	go func() {
		defer cancel()
		buffered := bufio.NewWriterSize(in, 32<<10)
		err := Export(ctx, db, org.ID, f, format, buffered)
		if err == nil {
			err = buffered.Flush()
		}
		if err != nil {
			log.Warn("audit export was not finished", "request_id", id, "err", err)
		}
		_ = in.CloseWithError(err)
	}()
	// Closed by the server when the client goes away, which ends the writing.
	c.Context().SetBodyStream(out, -1)
	return nil
}
