package api

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"orgmodes/internal/modes"
)

func (a *API) modeCreate(v *visit) error {
	data, isYAML, err := modeBody(v.Ctx)
	if err != nil {
		return err
	}
	sent, err := modes.ReadMode(data, isYAML)
	if err != nil {
		return err
	}
	created, err := a.DB.CreateMode(v.UserContext(), v.by(), v.org.ID, sent)
	if err != nil {
		return orLate(err, contentOf(sent))
	}
	v.Set(fiber.HeaderLocation, "/api/v1/organizations/"+v.org.ID.String()+"/modes/"+created.ID.String())
	return a.answerMode(v, http.StatusCreated, created)
}
