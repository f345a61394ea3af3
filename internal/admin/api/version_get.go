package api

func (a *API) versionGet(v *visit) error {
	id, err := a.history(v)
	if err != nil {
		return err
	}
	n, err := versionNumber(v.Params("version"))
	if err != nil {
		return err
	}
	m, err := a.DB.ModeVersion(v.UserContext(), v.org.ID, id, n)
	if err != nil {
		return err
	}
	out := versionOf(m)
	whole := contentOf(m.Object.Mode)
	out.Mode = &whole
	return answer(v.Ctx, 200, out)
}
