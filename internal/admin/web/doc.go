// Package web is the pages that admins use: HTML made here, for people with a
// browser, with scripts or without. It asks access what somebody may do, has
// postgres do it, and says in words what happened. It has no rules of its own.
//
// # What a request goes through
//
//	request ──> open    headers, and: not sent by another site's page (shell/csrf.go)
//	            known   signed in, or sign in first; a form that was sent meanwhile
//	                    comes back afterwards (shell/kept.go)
//	            in      a member of the organization in the path, who may do that
//	            handler load, judge, save; then v.Show, or v.Done with a redirect
//	failure <── error   any error: a page with words and the request's id
//	                    (shell/failure.go); the handler just returns it
//
// # Where things are
//
//	web          all routes on one screen; it puts the groups together
//	shell        the frame of every page, visits, forms, the rail and the palette; it
//	             knows no kind of page
//	modes, objects, importer, auditlog, publication, tokens
//	             the groups of pages, which don't know one another
//	paths        addresses that one group leads to in another
//	assets       what browsers load, and its sources
//	browsertest  the pages in a real browser
//
// # To add a page
//
// 1. A line in routes.go. o.Get adds a page, o.Post an action, and o.Menu a page
// that is in the rail too. The access.Request beside the path is the check that
// guards it, and what the rail and the palette (Ctrl-K) go by. The palette has the
// pages of the rail, what is listed as something to be done, and what groups find in
// the library (FindBy):
//
//	o.Menu(shell.Library, "Audit log", "audit", "/audit", access.Request{Action: access.ReadAudit}, w.auditlog.List)
//	o.Get("/modes/new", changes, w.modes.New).Listed("New mode", "create add write")
//
// Pages below /modes/ with a fixed name come before /modes/:mode, and their names
// into paths.Mode, so that a mode of that name has another address.
//
// 2. A handler in a file of its group named after what it does. It gets a *shell.Visit:
// the fiber.Ctx, who asks (v.Visitor), where (v.Org), v.By() for the audit
// log, v.May(...) for a verdict, v.Address("/modes") for addresses. It ends with
//
//	return v.Show("audit_list", shell.Page{Title: "Audit log", Lead: "Who changed what.", Data: d})
//
// Page.Title is the h1; Page.Crumbs are the pages in between; Page.Actions are the
// buttons at the top (at most three, one Primary), each with its verdict: where it
// says no, the button stays, disabled, with the reason. For a part of a page,
// which htmx swaps in: v.Part("audit_list", "block", data).
//
// 3. A template html/audit_list.html in the group's folder that defines "content". Its
// dot is a shell.View:
// .Data is yours, and there are .Org, .Path "/x", .May "change_library", .Leads
// "/modes/:mode" (nothing links to what isn't there), .Ago time, .CSRF, .Nonce. Of
// the functions, see functions in shell/page.go; of the partials, shell/html/parts, and
// html/parts of the group:
//
//	{{template "field" (field .Data.Form "name" "Name" "hint" "What people see")}}
//	{{template "mistakes" .Data.Form}}          all mistakes, with links
//	{{template "csrf" .}}                       in every form with method=post
//	{{template "yaml-diff" .Compared}}          two texts line by line (comparison.go)
//	{{template "live" (.With .Data.Live)}}      the publication line (v.Live; parts/live.html)
//	{{template "icon" "audit"}}                 parts/icons.html
//	{{template "disabled" ...}}, {{template "action" ...}}
//
// A partial that needs the shell is given $.With data. There are no style
// attributes and no inline handlers: the policy (shell/csp.go) refuses them.
//
// 4. For an action: a form with method=post. f := shell.ReadForm(v.Ctx) reads it.
// Where err is a person's mistake (shell.IsMistake), f = f.Blame(e, pointers to fields), then
// v.Status(422) and render the form again with f: what was typed is still there.
// Where it is done: v.Done(path, shell.Said{Text: "...", Undo: &shell.Undo{...}}). Destructive
// things ask first, on a page of their own whose question has id="confirm"; a link
// to it with data-ask opens it as a dialog (see modes/delete.go).
//
// 5. A test in browsertest, which has newSite, browser, sound and readerServes; and
// the page in its states in pages_visits_test.go, without which
// TestEveryPageIsVisited fails. `make screenshots` takes their pictures.
// Styles are one file per component in assets/css, scripts one per behavior in
// assets/js, both named in assets/app.css and assets/app.js; then `make assets`.
// A file next to app.js is a bundle of its own: {{asset "editor.js"}} is its
// address, loaded by the page that needs it in {{define "head"}} with .Nonce.
//
// # Scripts
//
// Everything works without, as far as a browser can. What needs them is marked
// class="scripted", what is in the way of them class="scriptless". A request by
// fetch sends X-CSRF-Token (js/csrf.js) and X-Requested-With; an answer with
// HX-Redirect is to be followed. say() speaks to screen readers, complain() shows
// what went wrong. keepDraft() (js/draft.js) stores what an editor has on the server. A
// key that works on a page is in the list of keys (layout.html) with what it needs there.
//
// Every page of an organization follows its events while it is seen (js/events.js),
// or polls the state of the publication while the stream is refused (js/poll.js), and
// what others change is loaded into it (js/fresh.js): data-part is the address
// of a part that is always as things are now, data-fresh marks one that waits while
// somebody is at something in it, and data-seen is the revision that it shows. All
// of them need an id.
package web
