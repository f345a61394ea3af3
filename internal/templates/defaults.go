package templates

// Defaults returns the default templates of a new organization, in creation order.
func Defaults() []Template {
	return []Template{
		{
			Name:           "Code Expert",
			PermissionMode: AcceptEdits,
			AllowedTools:   []string{"bash", "edit", "read", "write", "glob", "grep"},
			DefaultRole:    new("Code review and refactoring specialist"),
			Description:    new("Can freely edit code and run tests"),
		},
		{
			Name:           "Web Researcher",
			PermissionMode: Default,
			AllowedTools:   []string{"web_fetch", "web_search", "read"},
			DefaultRole:    new("Documentation and research specialist"),
			Description:    new("Can search web and read docs, requires permission for edits"),
		},
		{
			Name:           "Project Manager",
			PermissionMode: AcceptEdits,
			AllowedTools:   []string{"bash", "edit", "read", "send_comm", "spawn_minion", "create_channel"},
			DefaultRole:    new("Overseer for delegation and coordination"),
			Description:    new("Can manage project structure and delegate tasks"),
		},
		{
			Name:           "Safe Sandbox",
			PermissionMode: Default,
			AllowedTools:   []string{"read"},
			DefaultRole:    new("Read-only analyst"),
			Description:    new("Highly restricted for safe experimentation"),
		},
	}
}
