package browsertest

import "strings"

const organizationPath = "/orgs/:org"

func (s *site) emptyVisits() []visit {
	return []visit{
		{route: organizationPath + "/modes", name: "modes", state: "empty", path: "./modes"},
		{route: organizationPath + "/history", name: "history", state: "empty", path: "./history"},
		{route: organizationPath + "/palette", name: "palette", state: "empty", path: "./palette"},
		{route: organizationPath + "/modes/deleted", name: "modes-deleted", state: "empty", path: "./modes/deleted"},
		{route: organizationPath + "/modes/export", name: "export", state: "empty", path: "./modes/export"},
		{route: organizationPath + "/modes/new", name: "mode-new", state: "empty", path: "./modes/new"},
		{route: organizationPath + "/modes/new", name: "mode-new", state: "empty-yaml", path: "./modes/new?view=yaml", prepare: waitForYAMLEditor},
		{route: organizationPath + "/modes/import", name: "import", state: "empty", path: "./modes/import"},
		{route: organizationPath + "/audit", name: "audit", state: "nothing-found", path: "./audit?q=nothing+like+it"},
		{route: organizationPath + "/templates", name: "objects", state: "empty", path: "./templates"},
		{route: organizationPath + "/templates/new", name: "object-new", state: "empty", path: "./templates/new", prepare: waitForYAMLEditor},
		{route: organizationPath + "/templates/deleted", name: "objects-deleted", state: "empty", path: "./templates/deleted"},
		{route: organizationPath + "/publication", name: "publication", state: "first", path: "./publication"},
		{route: organizationPath + "/tokens", name: "tokens", state: "empty", path: "./tokens"},
		{route: organizationPath + "/connect", name: "connect", state: "empty", path: "./connect"},
	}
}

func (s *site) normalVisits() []visit {
	return []visit{
		{route: "/orgs", name: "organizations", state: "normal", path: "/orgs"},
		{route: organizationPath + "/modes", name: "modes", state: "normal", path: "./modes", prepare: waitForLive},
		{route: organizationPath + "/modes", name: "modes", state: "menu", path: "./modes", prepare: func(b *browser) {
			b.click(`[data-order] > li:nth-child(2) summary`)
		}},
		{route: organizationPath + "/modes", name: "modes", state: "switcher", path: "./modes", prepare: func(b *browser) { b.click(".org summary") }},
		{route: organizationPath + "/modes", name: "modes", state: "keys", path: "./modes", prepare: func(b *browser) {
			b.typeKeys("?")
			b.waitFor(`document.querySelector("#keys[open]")`)
		}},
		{route: organizationPath + "/modes", name: "modes", state: "nothing-found", path: "./modes?q=nothing+like+it"},
		{route: organizationPath + "/modes/new", name: "mode-new", state: "from-architect", path: "./modes/new?from=architect"},
		{route: organizationPath + "/modes/:mode/edit", name: "mode-edit", state: "normal", path: modePath("docs-writer", "/edit")},
		{route: organizationPath + "/modes/:mode/edit", name: "mode-edit", state: "built-in", path: modePath("ask", "/edit")},
		{route: organizationPath + "/modes/:mode/edit", name: "mode-edit", state: "override", path: modePath("code", "/edit"), prepare: func(b *browser) {
			b.scrollAndClick("#side-builtin summary")
		}},
		{route: organizationPath + "/modes/:mode/edit", name: "mode-edit", state: "yaml", path: modePath("docs-writer", "/edit?view=yaml"), prepare: waitForYAMLEditor},
		{route: organizationPath + "/modes/:mode/edit", name: "mode-edit", state: "changed", path: modePath("docs-writer", "/edit"), prepare: func(b *browser) {
			b.acceptLeaveDialogs()
			b.fill("#field-description", "Keeps the handbook in step")
			b.fill("#field-fileRegex-edit", `\.(md|mdx|txt)$`)
			b.waitForCheck("2 changes")
			b.waitForText("#draft-state", "Draft saved")
		}},
		{route: organizationPath + "/modes/:mode/edit", name: "mode-edit", state: "draft", path: modePath("docs-writer", "/edit"), prepare: func(b *browser) {
			b.waitForText("#draft-note", "You are editing a draft")
		}},
		{route: organizationPath + "/modes", name: "modes", state: "draft", path: "./modes", prepare: waitForLive},
		{route: organizationPath + "/modes/:mode/history", name: "mode-history", state: "normal", path: modePath("docs-writer", "/history")},
		{route: organizationPath + "/modes/:mode/history", name: "mode-history", state: "compared", path: modePath("docs-writer", "/history?from=2&to=3")},
		{route: organizationPath + "/modes/:mode/history", name: "mode-history", state: "side-by-side", path: modePath("docs-writer", "/history?from=2&to=3"), prepare: func(b *browser) {
			b.click(".diff-bar .segmented button:nth-child(2)")
			b.waitFor(`document.querySelector(".diff-sides")`)
		}},
		{route: organizationPath + "/modes/:mode/restorations", name: "mode-restore", state: "normal", path: modePath("docs-writer", "/restorations?version=1")},
		{route: organizationPath + "/modes/deleted", name: "modes-deleted", state: "normal", path: "./modes/deleted"},
		{route: organizationPath + "/modes/deletions", name: "modes-delete", state: "normal", path: "./modes/deletions?mode=docs-writer"},
		{route: organizationPath + "/modes/deletions", name: "modes-delete", state: "dialog", path: "./modes", prepare: func(b *browser) {
			b.click(`[data-order] > li:nth-child(2) summary`)
			b.click(`[data-order] > li:nth-child(2) .menu-item.bad`)
			b.waitFor(`document.querySelector("dialog[open]")`)
		}},
		{route: organizationPath + "/modes/deletions", name: "modes-delete", state: "revert", path: "./modes/deletions?mode=code"},
		{route: organizationPath + "/modes/import", name: "import-plan", state: "normal", path: "./modes/import", prepare: func(b *browser) {
			b.fill("#import-paste", importYAML)
			b.clickAndNavigate("form.import button.primary")
		}},
		{route: organizationPath + "/modes/import", name: "import-done", state: "normal", path: "./modes/import", prepare: func(b *browser) {
			b.fill("#import-paste", strings.ReplaceAll(importYAML, "docs-writer", "brought"))
			b.clickAndNavigate("form.import button.primary")
			b.clickAndNavigate("button[value=apply]")
		}},
		{route: organizationPath + "/history", name: "history", state: "normal", path: "./history"},
		{route: organizationPath + "/palette", name: "palette", state: "normal", path: "./palette"},
		{route: organizationPath + "/palette", name: "palette", state: "open", path: "./modes", prepare: func(b *browser) { b.openPalette() }},
		{route: organizationPath + "/modes/export", name: "export", state: "normal", path: "./modes/export"},
		{route: organizationPath + "/audit", name: "audit", state: "normal", path: "./audit"},
		{route: organizationPath + "/audit", name: "audit", state: "filter-menu", path: "./audit", prepare: func(b *browser) { b.click(".filter-menu summary") }},
		{route: organizationPath + "/audit/:entry", name: "audit-entry", state: "normal", path: s.auditEntryPath("mode.update")},
		{route: organizationPath + "/audit/:entry", name: "audit-entry", state: "created", path: s.auditEntryPath("mode.create")},
		{route: organizationPath + "/templates", name: "objects", state: "normal", path: "./templates"},
		{route: organizationPath + "/templates/:object", name: "object", state: "normal", path: s.templatePath(""), prepare: waitForYAMLEditor},
		{route: organizationPath + "/templates/:object/history", name: "object-history", state: "normal", path: s.templatePath("/history?from=1")},
		{route: organizationPath + "/templates/:object/restorations", name: "object-restore", state: "normal", path: s.templatePath("/restorations?version=1")},
		{route: organizationPath + "/templates/deletions", name: "object-delete", state: "normal", path: s.templateDeletionPath()},
		{route: organizationPath + "/templates/deleted", name: "objects-deleted", state: "normal", path: "./templates/deleted"},
		{route: organizationPath + "/publication", name: "publication", state: "normal", path: "./publication"},
		{route: organizationPath + "/tokens", name: "tokens", state: "normal", path: "./tokens"},
		{route: organizationPath + "/tokens", name: "tokens", state: "made", path: "./tokens", prepare: func(b *browser) {
			b.fill("#field-name", "Laptop")
			b.clickAndNavigate(".narrow button.primary")
		}},
		{route: organizationPath + "/tokens/revocations", name: "token-revoke", state: "normal", path: s.tokenRevocationPath()},
		{route: organizationPath + "/connect", name: "connect", state: "normal", path: "./connect"},
		{route: organizationPath + "/modes", name: "modes", state: "on-its-way", path: "./modes", prepare: func(b *browser) {
			b.s.stopWorker()
			b.s.createMode("late", "A late one")
			b.s.setPendingSince("now() - interval '34 seconds'")
			b.open("/orgs/acme/modes")
			b.waitForText("#publication-line", "Editors still get revision")
		}},
		{route: organizationPath + "/publication", name: "publication", state: "on-its-way", path: "./publication"},
	}
}

func (s *site) errorVisits() []visit {
	return []visit{
		{route: organizationPath + "/modes/new", name: "mode-new", state: "mistakes", path: "./modes/new", expectedConsole: "status of 422", prepare: func(b *browser) {
			b.acceptLeaveDialogs()
			b.fill("#field-slug", "not a slug")
			b.fill("#field-fileRegex-edit", `\.(md|mdx$`)
			b.clickAndNavigate("#save")
		}},
		{route: organizationPath + "/modes/:mode/edit", name: "mode-edit", state: "mistakes-yaml", path: modePath("docs-writer", "/edit?view=yaml"), expectedConsole: "status of 422", prepare: func(b *browser) {
			waitForYAMLEditor(b)
			b.setYAML("slug: docs-writer\nname: Docs writer\ngroups:\n  - raed\n")
			b.waitFor(`document.querySelector("#yaml-problems").innerText.includes("unknown group")`)
			b.clickAndNavigate("#save")
			waitForYAMLEditor(b)
		}},
		{route: organizationPath + "/modes/:mode/edit", name: "mode-conflict", state: "normal", path: modePath("code-reviewer", "/edit"), expectedConsole: "status of 409", prepare: func(b *browser) {
			b.s.updateModeAsAdmin("code-reviewer", "What Ada says")
			b.fill("#field-description", "What Olive says")
			b.clickAndNavigate("#save")
		}},
		{route: organizationPath + "/modes/:mode/edit", name: "mode-conflict", state: "deleted", path: modePath("security-audit", "/edit"), expectedConsole: "status of 409", prepare: func(b *browser) {
			b.s.deleteMode("security-audit")
			b.fill("#field-description", "What Olive says")
			b.clickAndNavigate("#save")
		}},
		{route: organizationPath + "/modes/import", name: "import", state: "unreadable", path: "./modes/import", expectedConsole: "status of 422", prepare: func(b *browser) {
			b.fill("#import-paste", "customModes:\n  - slug: a\n   name: [\n")
			b.clickAndNavigate("form.import button.primary")
		}},
		{route: organizationPath + "/modes/import", name: "import-plan", state: "library-changed", path: "./modes/import", expectedConsole: "status of 412", prepare: func(b *browser) {
			b.fill("#import-paste", importYAML)
			b.clickAndNavigate("form.import button.primary")
			b.s.createMode("meanwhile", "Meanwhile")
			b.clickAndNavigate("button[value=apply]")
		}},
		{route: organizationPath + "/audit", name: "audit", state: "mistake", path: "./audit?since=yesterday", expectedConsole: "status of 422"},
		{route: organizationPath + "/tokens", name: "tokens", state: "mistake", path: "./tokens", expectedConsole: "status of 422", prepare: func(b *browser) {
			b.js(`document.querySelector("#field-name").required = false`)
			b.clickAndNavigate(".narrow button.primary")
		}},
		{route: organizationPath + "/modes/deletions", name: "modes-delete", state: "undo", path: "./modes/deletions?mode=test-engineer", prepare: func(b *browser) {
			b.clickAndNavigate("[data-confirm]")
		}},
		{route: organizationPath + "/modes", name: "failure", state: "not-found", path: "/orgs/other/modes", expectedConsole: "status of 404"},
		{route: organizationPath + "/modes/:mode/edit", name: "failure", state: "no-such-mode", path: modePath("nobody", "/edit"), expectedConsole: "status of 404"},
		{route: organizationPath + "/modes", name: "send-again", state: "normal", path: "./modes/deletions?mode=docs-writer", expectedConsole: "status of 403", prepare: func(b *browser) {
			b.signIn(b.s.owner)
			b.clickAndNavigate("[data-confirm]")
		}},
		{route: organizationPath + "/modes", name: "failure", state: "ours", path: "./modes", expectedConsole: "status of 500", prepare: func(b *browser) {
			b.s.execSQL("ALTER TABLE organization_modes RENAME TO elsewhere")
			b.open("/orgs/acme/modes")
			b.waitForText("h1", "Something went wrong")
			b.s.execSQL("ALTER TABLE elsewhere RENAME TO organization_modes")
		}},
		{route: "/sign-in", name: "sign-in", state: "signed-out", path: "./modes/deletions?mode=docs-writer", expectedConsole: "status of 401", prepare: func(b *browser) {
			b.expireSessions()
			b.clickAndNavigate("[data-confirm]")
		}},
		{route: "/sign-in", name: "sign-in", state: "normal", path: "/sign-in"},
		{route: "/sign-in", name: "sign-in", state: "refused", path: "/sign-in", expectedConsole: "status of 401", prepare: func(b *browser) {
			b.fill("#field-email", "owner@acme.example")
			b.fill("#field-password", "wrong password")
			b.clickAndNavigate("button.primary")
		}},
	}
}

func (s *site) memberVisits() []visit {
	return []visit{
		{route: organizationPath + "/modes", name: "modes", state: "member", path: "./modes"},
		{route: organizationPath + "/modes/:mode/edit", name: "mode-edit", state: "member", path: modePath("docs-writer", "/edit")},
		{route: organizationPath + "/modes/:mode/edit", name: "mode-edit", state: "member-yaml", path: modePath("docs-writer", "/edit?view=yaml"), prepare: waitForYAMLEditor},
		{route: organizationPath + "/modes/:mode/history", name: "mode-history", state: "member", path: modePath("docs-writer", "/history")},
		{route: organizationPath + "/history", name: "history", state: "member", path: "./history"},
		{route: organizationPath + "/palette", name: "palette", state: "member", path: "./palette"},
		{route: organizationPath + "/modes/deleted", name: "modes-deleted", state: "member", path: "./modes/deleted"},
		{route: organizationPath + "/modes/export", name: "export", state: "member", path: "./modes/export"},
		{route: organizationPath + "/publication", name: "publication", state: "member", path: "./publication"},
		{route: organizationPath + "/tokens", name: "tokens", state: "member", path: "./tokens"},
		{route: organizationPath + "/connect", name: "connect", state: "member", path: "./connect"},
		{route: organizationPath + "/modes/new", name: "failure", state: "not-allowed", path: "./modes/new", expectedConsole: "status of 403"},
	}
}

func (s *site) crowdedVisits() []visit {
	return []visit{
		{route: "/orgs", name: "organizations", state: "crowded", path: "/orgs"},
		{route: organizationPath + "/modes", name: "modes", state: "crowded", path: "./modes", prepare: func(b *browser) {
			if rows, bytes := b.evalInt(`document.querySelectorAll(".row").length`), b.transferredBytes(); rows != 504 || bytes >= 100<<10 {
				b.s.t.Errorf("%d modes in a first view of %d bytes", rows, bytes)
			}
			// axe is slow with thousands of elements; the rows that differ are enough.
			b.js(`for (const row of [...document.querySelectorAll("[data-order] > li")].slice(12)) row.remove()`)
		}},
		{route: organizationPath + "/modes/:mode/edit", name: "mode-edit", state: "crowded", path: modePath("long", "/edit")},
		{route: organizationPath + "/modes/:mode/edit", name: "mode-edit", state: "crowded-yaml", path: modePath("long", "/edit?view=yaml"), prepare: waitForYAMLEditor},
		{route: organizationPath + "/modes/:mode/edit", name: "mode-edit", state: "script", path: modePath("script", "/edit")},
		{route: organizationPath + "/modes/:mode/edit", name: "mode-edit", state: "rtl", path: modePath("rtl", "/edit")},
		{route: organizationPath + "/modes/:mode/history", name: "mode-history", state: "crowded", path: modePath("long", "/history?from=3&to=61")},
		{route: organizationPath + "/modes/:mode/history", name: "mode-history", state: "script", path: modePath("script", "/history")},
		{route: organizationPath + "/modes/:mode/restorations", name: "mode-restore", state: "crowded", path: modePath("long", "/restorations?version=2")},
		{route: organizationPath + "/history", name: "history", state: "crowded", path: "./history"},
		{route: organizationPath + "/palette", name: "palette", state: "crowded", path: "./palette", prepare: func(b *browser) {
			b.js(`for (const list of document.querySelectorAll(".palette-items")) for (const place of [...list.children].slice(12)) place.remove()`)
		}},
		{route: organizationPath + "/modes/deleted", name: "modes-deleted", state: "crowded", path: "./modes/deleted"},
		{route: organizationPath + "/modes/deletions", name: "modes-delete", state: "crowded", path: "./modes/deletions?mode=script&mode=rtl&mode=word&mode=long"},
		{route: organizationPath + "/modes/import", name: "import-plan", state: "crowded", path: "./modes/import", prepare: func(b *browser) {
			b.js(`document.querySelector("#import-paste").value = ` + quoteJS(crowdedImport()))
			b.clickAndNavigate("form.import button.primary")
		}},
		{route: organizationPath + "/modes/export", name: "export", state: "crowded", path: "./modes/export"},
		{route: organizationPath + "/audit", name: "audit", state: "crowded", path: "./audit"},
		{route: organizationPath + "/audit/:entry", name: "audit-entry", state: "crowded", path: s.auditEntryPath("mode.update")},
		{route: organizationPath + "/audit/:entry", name: "audit-entry", state: "script", path: s.auditEntryPath("mode.delete")},
		{route: organizationPath + "/publication", name: "publication", state: "crowded", path: "./publication"},
		{route: organizationPath + "/tokens", name: "tokens", state: "crowded", path: "./tokens"},
		{route: organizationPath + "/tokens/revocations", name: "token-revoke", state: "crowded", path: s.tokenRevocationPath()},
		{route: organizationPath + "/connect", name: "connect", state: "crowded", path: "./connect"},
	}
}

// crowdedImport returns modes with unusual names, some of which are invalid.
func crowdedImport() string {
	var b strings.Builder
	b.WriteString("customModes:\n")
	for slug, name := range unusualNames {
		b.WriteString("  - slug: " + slug + "\n    name: " + quoteJS(name+"!") + "\n    roleDefinition: " + quoteJS(name) + "\n    groups: [read]\n")
	}
	b.WriteString("  - slug: " + quoteJS(unescapedMarker) + "\n    name: " + quoteJS(unescapedMarker) + "\n    groups: [" + quoteJS(unescapedMarker) + "]\n")
	return b.String()
}

func waitForYAMLEditor(b *browser) { b.waitFor(`document.querySelector(".cm-content")`) }

func waitForLive(b *browser) {
	b.waitFor(`document.querySelector("#publication-line.publication-line")`)
}
