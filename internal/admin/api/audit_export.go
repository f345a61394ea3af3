package api

import (
	"bufio"
	"context"
	"io"
	"mime"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/admin/auditlog"
	"orgmodes/internal/admin/request"
)

// exportTime bounds the longest export: it goes on after the handler, and so
// outside of its deadline.
const exportTime = 15 * time.Minute

// auditExport writes the audit log as a file, as it is read: it is never held
// as a whole. What fails midway ends the connection before the body's end, so
// that half a log is never taken for all of it.
func (a *API) auditExport(v *visit) error {
	f, err := auditFilterOf(v)
	if err != nil {
		return err
	}
	format := v.Query("format", auditlog.CSV)
	if !slices.Contains(auditlog.Formats(), format) {
		return malformedQuery("format is one of %s", strings.Join(auditlog.Formats(), ", "))
	}
	name := v.org.Slug + ".audit." + format
	v.Set(fiber.HeaderContentType, auditlog.MediaType(format))
	v.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	if v.Method() == fiber.MethodHead {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.UserContext()), exportTime)
	out, in := io.Pipe()
	org, id := v.org.ID, request.ID(v.Ctx)
	go func() {
		defer cancel()
		buffered := bufio.NewWriterSize(in, 32<<10)
		err := auditlog.Export(ctx, a.DB, org, f, format, buffered)
		if err == nil {
			err = buffered.Flush()
		}
		if err != nil {
			a.Log.Warn("audit export was not finished", "request_id", id, "err", err)
		}
		_ = in.CloseWithError(err)
	}()
	// Closed by the server when the client goes away, which ends the writing.
	v.Context().SetBodyStream(out, -1)
	return nil
}
