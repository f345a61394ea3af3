package web

import "net/http"

// home leads to the organization, where there is only one.
func (w *Web) home(v *visit) error {
	if len(v.orgs) == 1 {
		return v.Redirect("/orgs/"+v.orgs[0].Slug+"/modes", http.StatusSeeOther)
	}
	return v.Redirect("/orgs", http.StatusSeeOther)
}

// organizations lets somebody choose one.
func (w *Web) organizations(v *visit) error {
	return v.render("organizations", page{
		Title: "Organizations", Lead: "Choose whose library to look at.", Bare: true,
	})
}

func (w *Web) organizationHome(v *visit) error {
	return v.Redirect(v.path("/modes"), http.StatusSeeOther)
}
