package shell

import "net/http"

// Home serves the page "/". It redirects to the list of modes if the visitor is a member of
// exactly one organization, else to the list of organizations.
func (s *Shell) Home(v *Request) error {
	if len(v.Orgs) == 1 {
		return v.Redirect("/orgs/"+v.Orgs[0].Slug+"/modes", http.StatusSeeOther)
	}
	return v.Redirect("/orgs", http.StatusSeeOther)
}

// Organizations serves the page /orgs: the list of the organizations that the visitor is a
// member of.
func (s *Shell) Organizations(v *Request) error {
	return v.Show("organizations", Page{
		Title: "Organizations", Lead: "Choose whose library to look at.", Bare: true,
	})
}

// OrganizationHome serves the page /orgs/:org. It redirects to the organization's list of
// modes.
func (s *Shell) OrganizationHome(v *Request) error {
	return v.Redirect(v.Address("/modes"), http.StatusSeeOther)
}
