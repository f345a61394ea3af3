package web

import (
	"bufio"
	"context"
	"io"
	"mime"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/admin/auditlog"
	"orgmodes/internal/admin/request"
	"orgmodes/internal/fault"
)

// exportTime bounds the longest export: it goes on after the handler, and so
// outside of its deadline.
const exportTime = 15 * time.Minute

// auditExport is a file of exactly what the page at the same address shows, on
// all its pages. It is never held as a whole; what fails midway ends the
// connection before the body's end, so that half a log is never taken for all
// of it.
func (w *Web) auditExport(v *visit) error {
	f, wrong := auditedOf(v).filter()
	if len(wrong.Order) > 0 {
		return fault.New(fault.Malformed, "malformed_query", "%s", wrong.Wrong[wrong.Order[0]])
	}
	format := v.Query("format", auditlog.CSV)
	if !slices.Contains(auditlog.Formats(), format) {
		return fault.New(fault.Malformed, "malformed_query", "The audit log can be exported as csv or jsonl")
	}
	f.Before = 0
	v.Set(fiber.HeaderContentType, auditlog.MediaType(format))
	v.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": v.org.Slug + ".audit." + format}))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.UserContext()), exportTime)
	out, in := io.Pipe()
	org, id := v.org.ID, request.ID(v.Ctx)
	go func() {
		defer cancel()
		buffered := bufio.NewWriterSize(in, 32<<10)
		err := auditlog.Export(ctx, w.DB, org, f, format, buffered)
		if err == nil {
			err = buffered.Flush()
		}
		if err != nil {
			w.Log.Warn("audit export was not finished", "request_id", id, "err", err)
		}
		_ = in.CloseWithError(err)
	}()
	// Closed by the server when the client goes away, which ends the writing.
	v.Context().SetBodyStream(out, -1)
	return nil
}
