package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/fault"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
)

// The routes at /api/templates answer as existing clients expect: with the object
// alone, without additional fields, and with the status codes by which they distinguish
// errors. Otherwise they share the code of the organization's own routes.

func (a *API) legacyList(v *request) error {
	all, err := a.DB.Templates.List(v.UserContext(), v.org.ID)
	if err != nil {
		return err
	}
	return answer(v.Ctx, http.StatusOK, templates.Sorted(all))
}

func (a *API) legacyGet(v *request) error {
	t, err := a.templates().find(v)
	return a.answerLegacy(v, t, err)
}

func (a *API) legacyCreate(v *request) error {
	t, err := a.templates().createObject(v)
	return a.answerLegacy(v, t, err)
}

// legacyUpdate changes the fields that are in the body.
func (a *API) legacyUpdate(v *request) error {
	t, err := a.templates().patchObject(v)
	return a.answerLegacy(v, t, err)
}

func (a *API) legacyDelete(v *request) error {
	match, err := precondition(v.Ctx)
	if err == nil {
		err = a.templates().deleteObject(v, match)
	}
	if err != nil {
		return a.legacyError(err)
	}
	return answer(v.Ctx, http.StatusOK, struct {
		Deleted bool `json:"deleted"`
	}{true})
}

func (a *API) answerLegacy(v *request, o resource.Object, err error) error {
	if err != nil {
		return a.legacyError(err)
	}
	v.Set(fiber.HeaderETag, etag(o.ID, o.Version))
	return answer(v.Ctx, http.StatusOK, templates.FromObject(o))
}

// malformedError is an error that is answered with 400, whatever its kind.
type malformedError struct{ error }

func (e malformedError) Unwrap() error { return e.error }

// legacyError makes an error answer 400 where existing clients expect that.
func (a *API) legacyError(err error) error {
	r := a.templates()
	err = r.presentError(err, func(o resource.Object) any { return r.present(o, nil) })
	if f, ok := fault.As(err); ok {
		switch f.Code {
		case templates.CodeNameTaken, templates.CodeNameEmpty, templates.CodePermissionMode:
			return malformedError{err}
		}
	}
	return err
}
