package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/access"
	"orgmodes/internal/fault"
	"orgmodes/internal/resource"
	"orgmodes/internal/templates"
)

// The routes at /api/templates answer as the clients that exist expect: the object
// alone, without what else we know of it, and the statuses that they tell failures
// by. Everything behind them is that of the organization's own routes.

// headerOrganization chooses between the organizations of a token, as it does at
// the readers.
const headerOrganization = "X-KiloCode-OrganizationId"

// ofToken lets in whoever may do that in the organization that the access token
// opens. A session is not enough: it is of a person, and says of no organization.
func (a *API) ofToken(r access.Request, handle func(*visit) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		who, err := a.Gate.Token(c)
		if err != nil {
			return err
		}
		v := &visit{Ctx: c, who: who}
		ref, err := a.organizationOfToken(v)
		if err != nil {
			return err
		}
		if err := a.enter(v, ref); err != nil {
			return err
		}
		if err := v.may(r).Err(); err != nil {
			return err
		}
		return handle(v)
	}
}

// organizationOfToken is the one in the header, otherwise the only one that the
// token opens. Which of several is meant is never guessed: what is written would
// end up in the wrong library.
func (a *API) organizationOfToken(v *visit) (ref string, err error) {
	if ref = v.Get(headerOrganization); ref != "" {
		return ref, nil
	}
	opens, err := a.DB.TokenOpens(v.UserContext(), v.who.TokenID)
	switch {
	case err != nil:
		return "", err
	case len(opens) == 0:
		return "", access.NoSuchOrganization()
	case len(opens) > 1:
		return "", fault.New(fault.Malformed, "organization_ambiguous",
			"This access token opens %d organizations; say in the header %s which one, or use /api/v1/organizations/{organization}/templates", len(opens), headerOrganization)
	}
	return opens[0].String(), nil
}

func (a *API) compatibleList(v *visit) error {
	all, err := a.DB.Templates.List(v.UserContext(), v.org.ID)
	if err != nil {
		return err
	}
	return answer(v.Ctx, http.StatusOK, templates.Sorted(all))
}

func (a *API) compatibleGet(v *visit) error {
	t, err := a.templates().find(v)
	return answerCompatible(v, t, err)
}

func (a *API) compatibleCreate(v *visit) error {
	t, err := a.templates().created(v)
	return answerCompatible(v, t, err)
}

// compatibleUpdate changes the fields that the body names.
func (a *API) compatibleUpdate(v *visit) error {
	t, err := a.templates().changed(v)
	return answerCompatible(v, t, err)
}

func (a *API) compatibleDelete(v *visit) error {
	match, err := precondition(v.Ctx)
	if err == nil {
		err = a.templates().removed(v, match)
	}
	if err != nil {
		return compatibleFailure(err)
	}
	return answer(v.Ctx, http.StatusOK, struct {
		Deleted bool `json:"deleted"`
	}{true})
}

func answerCompatible(v *visit, o resource.Object, err error) error {
	if err != nil {
		return compatibleFailure(err)
	}
	v.Set(fiber.HeaderETag, etag(o.ID, o.Version))
	return answer(v.Ctx, http.StatusOK, templates.FromObject(o))
}

// malformedError is a failure that is answered with 400, whatever it is.
type malformedError struct{ error }

func (e malformedError) Unwrap() error { return e.error }

// compatibleFailure answers 400 where clients expect it.
func compatibleFailure(err error) error {
	if f, ok := fault.As(err); ok {
		switch f.Code {
		case templates.CodeNameTaken, templates.CodeNameEmpty, templates.CodePermissionMode:
			return malformedError{err}
		}
	}
	return err
}
