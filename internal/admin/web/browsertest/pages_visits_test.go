package browsertest

import "strings"

const below = "/orgs/:org"

func (s *site) emptyVisits() []visit {
	return []visit{
		{route: below + "/modes", name: "modes", state: "empty", path: "./modes"},
		{route: below + "/history", name: "history", state: "empty", path: "./history"},
		{route: below + "/palette", name: "palette", state: "empty", path: "./palette"},
		{route: below + "/modes/deleted", name: "modes-deleted", state: "empty", path: "./modes/deleted"},
		{route: below + "/modes/export", name: "export", state: "empty", path: "./modes/export"},
		{route: below + "/modes/new", name: "mode-new", state: "empty", path: "./modes/new"},
		{route: below + "/modes/new", name: "mode-new", state: "empty-yaml", path: "./modes/new?view=yaml", then: yamlShown},
		{route: below + "/modes/import", name: "import", state: "empty", path: "./modes/import"},
		{route: below + "/audit", name: "audit", state: "nothing-found", path: "./audit?q=nothing+like+it"},
		{route: below + "/templates", name: "objects", state: "empty", path: "./templates"},
		{route: below + "/templates/new", name: "object-new", state: "empty", path: "./templates/new", then: yamlShown},
		{route: below + "/templates/deleted", name: "objects-deleted", state: "empty", path: "./templates/deleted"},
		{route: below + "/publication", name: "publication", state: "first", path: "./publication"},
		{route: below + "/tokens", name: "tokens", state: "empty", path: "./tokens"},
		{route: below + "/connect", name: "connect", state: "empty", path: "./connect"},
	}
}

func (s *site) normalVisits() []visit {
	return []visit{
		{route: "/orgs", name: "organizations", state: "normal", path: "/orgs"},
		{route: below + "/modes", name: "modes", state: "normal", path: "./modes", then: live},
		{route: below + "/modes", name: "modes", state: "menu", path: "./modes", then: func(b *browser) {
			b.click(`[data-order] > li:nth-child(2) summary`)
		}},
		{route: below + "/modes", name: "modes", state: "switcher", path: "./modes", then: func(b *browser) { b.click(".org summary") }},
		{route: below + "/modes", name: "modes", state: "keys", path: "./modes", then: func(b *browser) {
			b.keyboard("?")
			b.until(`document.querySelector("#keys[open]")`)
		}},
		{route: below + "/modes", name: "modes", state: "nothing-found", path: "./modes?q=nothing+like+it"},
		{route: below + "/modes/new", name: "mode-new", state: "from-architect", path: "./modes/new?from=architect"},
		{route: below + "/modes/:mode/edit", name: "mode-edit", state: "normal", path: ofMode("docs-writer", "/edit")},
		{route: below + "/modes/:mode/edit", name: "mode-edit", state: "built-in", path: ofMode("ask", "/edit")},
		{route: below + "/modes/:mode/edit", name: "mode-edit", state: "override", path: ofMode("code", "/edit"), then: func(b *browser) {
			b.reach("#side-builtin summary")
		}},
		{route: below + "/modes/:mode/edit", name: "mode-edit", state: "yaml", path: ofMode("docs-writer", "/edit?view=yaml"), then: yamlShown},
		{route: below + "/modes/:mode/edit", name: "mode-edit", state: "changed", path: ofMode("docs-writer", "/edit"), then: func(b *browser) {
			b.acceptLeaving()
			b.fill("#field-description", "Keeps the handbook in step")
			b.fill("#field-fileRegex-edit", `\.(md|mdx|txt)$`)
			b.checked("2 changes")
			b.seen("#draft-state", "Draft saved")
		}},
		{route: below + "/modes/:mode/edit", name: "mode-edit", state: "draft", path: ofMode("docs-writer", "/edit"), then: func(b *browser) {
			b.seen("#draft-note", "You are editing a draft")
		}},
		{route: below + "/modes", name: "modes", state: "draft", path: "./modes", then: live},
		{route: below + "/modes/:mode/history", name: "mode-history", state: "normal", path: ofMode("docs-writer", "/history")},
		{route: below + "/modes/:mode/history", name: "mode-history", state: "compared", path: ofMode("docs-writer", "/history?from=2&to=3")},
		{route: below + "/modes/:mode/history", name: "mode-history", state: "side-by-side", path: ofMode("docs-writer", "/history?from=2&to=3"), then: func(b *browser) {
			b.click(".diff-bar .seg button:nth-child(2)")
			b.until(`document.querySelector(".diff-sides")`)
		}},
		{route: below + "/modes/:mode/restorations", name: "mode-restore", state: "normal", path: ofMode("docs-writer", "/restorations?version=1")},
		{route: below + "/modes/deleted", name: "modes-deleted", state: "normal", path: "./modes/deleted"},
		{route: below + "/modes/deletions", name: "modes-delete", state: "normal", path: "./modes/deletions?mode=docs-writer"},
		{route: below + "/modes/deletions", name: "modes-delete", state: "dialog", path: "./modes", then: func(b *browser) {
			b.click(`[data-order] > li:nth-child(2) summary`)
			b.click(`[data-order] > li:nth-child(2) .menu-item.bad`)
			b.until(`document.querySelector("dialog[open]")`)
		}},
		{route: below + "/modes/deletions", name: "modes-delete", state: "revert", path: "./modes/deletions?mode=code"},
		{route: below + "/modes/import", name: "import-plan", state: "normal", path: "./modes/import", then: func(b *browser) {
			b.fill("#import-paste", brought)
			b.follow("form.import button.primary")
		}},
		{route: below + "/modes/import", name: "import-done", state: "normal", path: "./modes/import", then: func(b *browser) {
			b.fill("#import-paste", strings.ReplaceAll(brought, "docs-writer", "brought"))
			b.follow("form.import button.primary")
			b.follow("button[value=apply]")
		}},
		{route: below + "/history", name: "history", state: "normal", path: "./history"},
		{route: below + "/palette", name: "palette", state: "normal", path: "./palette"},
		{route: below + "/palette", name: "palette", state: "open", path: "./modes", then: func(b *browser) { b.palette() }},
		{route: below + "/modes/export", name: "export", state: "normal", path: "./modes/export"},
		{route: below + "/audit", name: "audit", state: "normal", path: "./audit"},
		{route: below + "/audit", name: "audit", state: "filter-menu", path: "./audit", then: func(b *browser) { b.click(".filter-menu summary") }},
		{route: below + "/audit/:entry", name: "audit-entry", state: "normal", path: s.anEntry("mode.update")},
		{route: below + "/audit/:entry", name: "audit-entry", state: "created", path: s.anEntry("mode.create")},
		{route: below + "/templates", name: "objects", state: "normal", path: "./templates"},
		{route: below + "/templates/:object", name: "object", state: "normal", path: s.aTemplate(""), then: yamlShown},
		{route: below + "/templates/:object/history", name: "object-history", state: "normal", path: s.aTemplate("/history?from=1")},
		{route: below + "/templates/:object/restorations", name: "object-restore", state: "normal", path: s.aTemplate("/restorations?version=1")},
		{route: below + "/templates/deletions", name: "object-delete", state: "normal", path: s.aTemplateToDelete()},
		{route: below + "/templates/deleted", name: "objects-deleted", state: "normal", path: "./templates/deleted"},
		{route: below + "/publication", name: "publication", state: "normal", path: "./publication"},
		{route: below + "/tokens", name: "tokens", state: "normal", path: "./tokens"},
		{route: below + "/tokens", name: "tokens", state: "made", path: "./tokens", then: func(b *browser) {
			b.fill("#field-name", "Laptop")
			b.follow(".narrow button.primary")
		}},
		{route: below + "/tokens/revocations", name: "token-revoke", state: "normal", path: s.aToken()},
		{route: below + "/connect", name: "connect", state: "normal", path: "./connect"},
		{route: below + "/modes", name: "modes", state: "on-its-way", path: "./modes", then: func(b *browser) {
			b.s.stopWorker()
			b.s.mode("late", "A late one")
			b.s.pendingSince("now() - interval '34 seconds'")
			b.open("/orgs/acme/modes")
			b.seen("#live", "Editors still get revision")
		}},
		{route: below + "/publication", name: "publication", state: "on-its-way", path: "./publication"},
	}
}

func (s *site) mistakenVisits() []visit {
	return []visit{
		{route: below + "/modes/new", name: "mode-new", state: "mistakes", path: "./modes/new", says: "status of 422", then: func(b *browser) {
			b.acceptLeaving()
			b.fill("#field-slug", "not a slug")
			b.fill("#field-fileRegex-edit", `\.(md|mdx$`)
			b.follow("#save")
		}},
		{route: below + "/modes/:mode/edit", name: "mode-edit", state: "mistakes-yaml", path: ofMode("docs-writer", "/edit?view=yaml"), says: "status of 422", then: func(b *browser) {
			yamlShown(b)
			b.write("slug: docs-writer\nname: Docs writer\ngroups:\n  - raed\n")
			b.until(`document.querySelector("#yaml-problems").innerText.includes("unknown group")`)
			b.follow("#save")
			yamlShown(b)
		}},
		{route: below + "/modes/:mode/edit", name: "mode-conflict", state: "normal", path: ofMode("code-reviewer", "/edit"), says: "status of 409", then: func(b *browser) {
			b.s.changeAs("code-reviewer", "What Ada says")
			b.fill("#field-description", "What Olive says")
			b.follow("#save")
		}},
		{route: below + "/modes/:mode/edit", name: "mode-conflict", state: "deleted", path: ofMode("security-audit", "/edit"), says: "status of 409", then: func(b *browser) {
			b.s.deleteMode("security-audit")
			b.fill("#field-description", "What Olive says")
			b.follow("#save")
		}},
		{route: below + "/modes/import", name: "import", state: "unreadable", path: "./modes/import", says: "status of 422", then: func(b *browser) {
			b.fill("#import-paste", "customModes:\n  - slug: a\n   name: [\n")
			b.follow("form.import button.primary")
		}},
		{route: below + "/modes/import", name: "import-plan", state: "library-changed", path: "./modes/import", says: "status of 412", then: func(b *browser) {
			b.fill("#import-paste", brought)
			b.follow("form.import button.primary")
			b.s.mode("meanwhile", "Meanwhile")
			b.follow("button[value=apply]")
		}},
		{route: below + "/audit", name: "audit", state: "mistake", path: "./audit?since=yesterday", says: "status of 422"},
		{route: below + "/tokens", name: "tokens", state: "mistake", path: "./tokens", says: "status of 422", then: func(b *browser) {
			b.js(`document.querySelector("#field-name").required = false`)
			b.follow(".narrow button.primary")
		}},
		{route: below + "/modes/deletions", name: "modes-delete", state: "undo", path: "./modes/deletions?mode=test-engineer", then: func(b *browser) {
			b.follow("[data-confirm]")
		}},
		{route: below + "/modes", name: "failure", state: "not-found", path: "/orgs/other/modes", says: "status of 404"},
		{route: below + "/modes/:mode/edit", name: "failure", state: "no-such-mode", path: ofMode("nobody", "/edit"), says: "status of 404"},
		{route: below + "/modes", name: "send-again", state: "normal", path: "./modes/deletions?mode=docs-writer", says: "status of 403", then: func(b *browser) {
			b.as(b.s.owner)
			b.follow("[data-confirm]")
		}},
		{route: below + "/modes", name: "failure", state: "ours", path: "./modes", says: "status of 500", then: func(b *browser) {
			b.s.sql("ALTER TABLE organization_modes RENAME TO elsewhere")
			b.open("/orgs/acme/modes")
			b.seen("h1", "Something went wrong")
			b.s.sql("ALTER TABLE elsewhere RENAME TO organization_modes")
		}},
		{route: "/sign-in", name: "sign-in", state: "signed-out", path: "./modes/deletions?mode=docs-writer", says: "status of 401", then: func(b *browser) {
			b.away()
			b.follow("[data-confirm]")
		}},
		{route: "/sign-in", name: "sign-in", state: "normal", path: "/sign-in"},
		{route: "/sign-in", name: "sign-in", state: "refused", path: "/sign-in", says: "status of 401", then: func(b *browser) {
			b.fill("#field-email", "owner@acme.example")
			b.fill("#field-password", "wrong password")
			b.follow("button.primary")
		}},
	}
}

func (s *site) memberVisits() []visit {
	return []visit{
		{route: below + "/modes", name: "modes", state: "member", path: "./modes"},
		{route: below + "/modes/:mode/edit", name: "mode-edit", state: "member", path: ofMode("docs-writer", "/edit")},
		{route: below + "/modes/:mode/edit", name: "mode-edit", state: "member-yaml", path: ofMode("docs-writer", "/edit?view=yaml"), then: yamlShown},
		{route: below + "/modes/:mode/history", name: "mode-history", state: "member", path: ofMode("docs-writer", "/history")},
		{route: below + "/history", name: "history", state: "member", path: "./history"},
		{route: below + "/palette", name: "palette", state: "member", path: "./palette"},
		{route: below + "/modes/deleted", name: "modes-deleted", state: "member", path: "./modes/deleted"},
		{route: below + "/modes/export", name: "export", state: "member", path: "./modes/export"},
		{route: below + "/publication", name: "publication", state: "member", path: "./publication"},
		{route: below + "/tokens", name: "tokens", state: "member", path: "./tokens"},
		{route: below + "/connect", name: "connect", state: "member", path: "./connect"},
		{route: below + "/modes/new", name: "failure", state: "not-allowed", path: "./modes/new", says: "status of 403"},
	}
}

func (s *site) crowdedVisits() []visit {
	return []visit{
		{route: "/orgs", name: "organizations", state: "crowded", path: "/orgs"},
		{route: below + "/modes", name: "modes", state: "crowded", path: "./modes", then: func(b *browser) {
			if rows, bytes := b.number(`document.querySelectorAll(".row").length`), b.firstView(); rows != 504 || bytes >= 100<<10 {
				b.s.t.Errorf("%d modes in a first view of %d bytes", rows, bytes)
			}
			// axe is slow with thousands of elements; the rows that differ are enough.
			b.js(`for (const row of [...document.querySelectorAll("[data-order] > li")].slice(12)) row.remove()`)
		}},
		{route: below + "/modes/:mode/edit", name: "mode-edit", state: "crowded", path: ofMode("long", "/edit")},
		{route: below + "/modes/:mode/edit", name: "mode-edit", state: "crowded-yaml", path: ofMode("long", "/edit?view=yaml"), then: yamlShown},
		{route: below + "/modes/:mode/edit", name: "mode-edit", state: "script", path: ofMode("script", "/edit")},
		{route: below + "/modes/:mode/edit", name: "mode-edit", state: "rtl", path: ofMode("rtl", "/edit")},
		{route: below + "/modes/:mode/history", name: "mode-history", state: "crowded", path: ofMode("long", "/history?from=3&to=61")},
		{route: below + "/modes/:mode/history", name: "mode-history", state: "script", path: ofMode("script", "/history")},
		{route: below + "/modes/:mode/restorations", name: "mode-restore", state: "crowded", path: ofMode("long", "/restorations?version=2")},
		{route: below + "/history", name: "history", state: "crowded", path: "./history"},
		{route: below + "/palette", name: "palette", state: "crowded", path: "./palette", then: func(b *browser) {
			b.js(`for (const list of document.querySelectorAll(".places")) for (const place of [...list.children].slice(12)) place.remove()`)
		}},
		{route: below + "/modes/deleted", name: "modes-deleted", state: "crowded", path: "./modes/deleted"},
		{route: below + "/modes/deletions", name: "modes-delete", state: "crowded", path: "./modes/deletions?mode=script&mode=rtl&mode=word&mode=long"},
		{route: below + "/modes/import", name: "import-plan", state: "crowded", path: "./modes/import", then: func(b *browser) {
			b.js(`document.querySelector("#import-paste").value = ` + quoted(crowdedImport()))
			b.follow("form.import button.primary")
		}},
		{route: below + "/modes/export", name: "export", state: "crowded", path: "./modes/export"},
		{route: below + "/audit", name: "audit", state: "crowded", path: "./audit"},
		{route: below + "/audit/:entry", name: "audit-entry", state: "crowded", path: s.anEntry("mode.update")},
		{route: below + "/audit/:entry", name: "audit-entry", state: "script", path: s.anEntry("mode.delete")},
		{route: below + "/publication", name: "publication", state: "crowded", path: "./publication"},
		{route: below + "/tokens", name: "tokens", state: "crowded", path: "./tokens"},
		{route: below + "/tokens/revocations", name: "token-revoke", state: "crowded", path: s.aToken()},
		{route: below + "/connect", name: "connect", state: "crowded", path: "./connect"},
	}
}

// crowdedImport returns modes with unusual names, some of which are invalid.
func crowdedImport() string {
	var b strings.Builder
	b.WriteString("customModes:\n")
	for slug, name := range odd {
		b.WriteString("  - slug: " + slug + "\n    name: " + quoted(name+"!") + "\n    roleDefinition: " + quoted(name) + "\n    groups: [read]\n")
	}
	b.WriteString("  - slug: " + quoted(script) + "\n    name: " + quoted(script) + "\n    groups: [" + quoted(script) + "]\n")
	return b.String()
}

func yamlShown(b *browser) { b.until(`document.querySelector(".cm-content")`) }

func live(b *browser) { b.until(`document.querySelector("#live.live")`) }
