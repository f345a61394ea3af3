package shell

import "net/http"

// Home redirects to the modes of the visitor's organization if there is exactly one, else to
// the list of organizations.
func (s *Shell) Home(v *Request) error {
	if len(v.Orgs) == 1 {
		return v.Redirect("/orgs/"+v.Orgs[0].Slug+"/modes", http.StatusSeeOther)
	}
	return v.Redirect("/orgs", http.StatusSeeOther)
}

// Organizations shows a page to choose an organization.
func (s *Shell) Organizations(v *Request) error {
	return v.Show("organizations", Page{
		Title: "Organizations", Lead: "Choose whose library to look at.", Bare: true,
	})
}

// OrganizationHome redirects to the modes of the request's organization.
func (s *Shell) OrganizationHome(v *Request) error {
	return v.Redirect(v.Address("/modes"), http.StatusSeeOther)
}
