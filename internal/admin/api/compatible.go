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

func (a *API) compatibleList(v *visit) error {
	all, err := a.DB.Templates.List(v.UserContext(), v.org.ID)
	if err != nil {
		return err
	}
	return answer(v.Ctx, http.StatusOK, templates.Sorted(all))
}

func (a *API) compatibleGet(v *visit) error {
	t, err := a.templates().find(v)
	return a.answerCompatible(v, t, err)
}

func (a *API) compatibleCreate(v *visit) error {
	t, err := a.templates().created(v)
	return a.answerCompatible(v, t, err)
}

// compatibleUpdate changes the fields that are in the body.
func (a *API) compatibleUpdate(v *visit) error {
	t, err := a.templates().changed(v)
	return a.answerCompatible(v, t, err)
}

func (a *API) compatibleDelete(v *visit) error {
	match, err := precondition(v.Ctx)
	if err == nil {
		err = a.templates().removed(v, match)
	}
	if err != nil {
		return a.compatibleFailure(err)
	}
	return answer(v.Ctx, http.StatusOK, struct {
		Deleted bool `json:"deleted"`
	}{true})
}

func (a *API) answerCompatible(v *visit, o resource.Object, err error) error {
	if err != nil {
		return a.compatibleFailure(err)
	}
	v.Set(fiber.HeaderETag, etag(o.ID, o.Version))
	return answer(v.Ctx, http.StatusOK, templates.FromObject(o))
}

// malformedError is an error that is answered with 400, whatever its kind.
type malformedError struct{ error }

func (e malformedError) Unwrap() error { return e.error }

// compatibleFailure makes an error answer 400 where existing clients expect that.
func (a *API) compatibleFailure(err error) error {
	r := a.templates()
	err = r.presented(err, func(o resource.Object) any { return r.present(o, nil) })
	if f, ok := fault.As(err); ok {
		switch f.Code {
		case templates.CodeNameTaken, templates.CodeNameEmpty, templates.CodePermissionMode:
			return malformedError{err}
		}
	}
	return err
}
