// Package web serves the pages that admins use: HTML rendered on the server, for browsers
// with or without scripts. Package access decides what a user is allowed to do, and package
// postgres does it. The pages describe the result in words, and have no rules themselves.
//
// # Request lifecycle
//
//	request ──> AllowAnonymous  sets headers; refuses requests from another site's page
//	                            (shell/csrf.go)
//	            RequireUser     requires sign-in; a form sent after the session has ended
//	                            comes back after signing in (shell/resubmit.go)
//	            requireMember   requires a member of the organization in the path, with
//	                            permission
//	            handler         loads and decides; then v.Show, or v.RedirectWithFlash
//	failure <── error           any error: a page with an explanation and the request id
//	                            (shell/failure.go); the handler just returns the error
//
// # Layout
//
//	web          all routes on one screen; it assembles the groups
//	shell        what all pages share: the layout, requests, forms, the sidebar and the
//	             palette; it knows no kind of page
//	modes, objects, importer, auditlog, publication, tokens
//	             the groups of pages, which don't import one another
//	paths        addresses in one group that other groups link to
//	assets       what browsers load, and its sources
//	browsertest  the pages in a real browser
//
// # Adding a page
//
// 1. Add a line to routes.go. o.Get adds a page, o.Post an action, and o.Nav a page that is
// also in the sidebar. The access.Request next to the path is the check that guards the
// route; the sidebar and the palette (Ctrl-K) use it as well. The palette has the pages of
// the sidebar and the routes marked with InPalette. It also has the objects of the library
// that the groups contribute (AddPaletteSource):
//
//	o.Nav(shell.Library, "Audit log", "audit", "/audit", access.Request{Action: access.ReadAudit}, w.auditlog.List)
//	o.Get("/modes/new", changes, w.modes.New).InPalette("New mode", "create add write")
//
// Register pages below /modes/ with a fixed name before /modes/:mode. Add their names to
// package paths, so that a mode with such a slug gets another address.
//
// 2. Write a handler in a file of its group, named after what it does. It gets a
// *shell.Request: the fiber.Ctx, the user (v.Principal), the organization (v.Org), v.By()
// for the audit log, v.May(...) for a verdict, and v.Address("/modes") for addresses. It
// ends with
//
//	return v.Show("audit_list", shell.Page{Title: "Audit log", Lead: "Who changed what.", Data: d})
//
// Page.Title is the h1. Page.Crumbs are the pages in between. Page.Actions are the buttons
// at the top (at most three, one Primary), each with its verdict. If the verdict is
// negative, the button stays, disabled, with the reason. For a part of a page, which htmx
// swaps in, use v.Part("audit_list", "block", data).
//
// 3. Write a template html/audit_list.html in the group's folder that defines "content".
// Its dot is a shell.View. .Data is the page's own; there are also .Org, .Path "/x", .May
// "change_library", .HasRoute "/modes/:mode" (link only to pages that exist), .Ago time,
// .CSRF and .Nonce. For the functions, see templateFuncs in shell/page.go. For the partials,
// see shell/html/parts, and html/parts of the group:
//
//	{{template "field" (field .Data.Form "name" "Name" "hint" "What people see")}}
//	{{template "error-summary" .Data.Form}}     all errors, with links
//	{{template "csrf" .}}                       in every form with method=post
//	{{template "yaml-diff" .Data.Compared}}     two texts line by line (shell.Compare)
//	{{template "publication-line" (.With .Data.PublicationLine)}}  (v.PublicationLine)
//	{{template "icon" "audit"}}                 parts/icons.html
//	{{template "disabled" ...}}, {{template "action" ...}}
//
// Pass $.With data to a partial that needs the shell. Don't use style attributes or inline
// handlers: the policy (shell/csp.go) refuses them.
//
// 4. For an action, write a form with method=post. f := shell.ReadForm(v.Ctx) reads it. If
// the user can fix the error (e, ok := shell.AsUserError(err)), add it to the form with
// f = f.AddFault(e, fields), where fields maps JSON pointers to names of fields. Then set
// v.Status(422), and render the form again with f: it still has the typed text. On success,
// return v.RedirectWithFlash(path, shell.Flash{Text: "...", Undo: &shell.Undo{...}}).
// Destructive actions ask first, on a dedicated page whose question has id="confirm". A link
// to that page with data-confirm-dialog opens the question as a dialog (see
// modes/delete.go).
//
// 5. Write a test in browsertest; its package comment shows how. Add the page in its states
// to pages_visits_test.go; otherwise TestEveryPageIsVisited fails. `make screenshots` takes
// their pictures. Styles are one file per component in assets/css, scripts one file per
// behavior in assets/js. Name both in assets/app.css and assets/app.js, then run `make
// assets`. A file next to app.js is a separate bundle: {{asset "mode_editor.js"}} is its
// address. The page that needs it loads it with .Nonce in {{define "head"}}.
//
// # Scripts
//
// Everything works without scripts, as far as a browser can. Elements that need scripts
// have class="scripted"; elements that scripts replace have class="scriptless". A request
// by fetch sends X-CSRF-Token (js/csrf.js) and X-Requested-With; if the response has
// HX-Redirect, follow it. announce() announces to screen readers, and showError() shows
// errors. autosaveDraft() (js/draft.js) stores the content of an editor on the server. A key
// that works on a page is in the list of keys (layout.html), with what it needs there.
//
// While it is visible, every page of an organization follows its events (js/events.js).
// While the stream is refused, it polls the state of the publication instead (js/poll.js).
// It loads what others change (js/refresh.js), by these attributes, all of which require an
// id:
//
//	data-poll      the address of a part that is always up to date
//	data-refresh   a part that isn't replaced while the user interacts with it
//	data-revision  the revision that a part shows
package web
