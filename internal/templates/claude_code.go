package templates

// The tools of Claude Code, as its documentation lists them on claudeCodeAsOf. To update the
// facts, compare every row with the pages below and set the date.
//
//   - Names: "Tools reference", code.claude.com/docs/en/tools-reference, as of 2026-10-02.
//   - Specifiers: the same page, section "Configure tools with permission rules and hooks":
//     tools that it doesn't list there take none.
//   - Rules that are never matched, domains, servers, agents: "Configure permissions",
//     code.claude.com/docs/en/permissions, for version 2.1.234.
//   - Task is an older name of Agent: "Create custom subagents",
//     code.claude.com/docs/en/sub-agents, since version 2.1.63.
//   - Skills: "Extend Claude with skills", code.claude.com/docs/en/skills, section
//     "Restrict Claude's skill access".
//   - Rules that settings refuse (":*" before the end or in paths, addresses for WebFetch): the
//     messages of its settings check, as public projects quote them in 2026: "The :* pattern must
//     be at the end", 'The ":*" syntax is only for Bash prefix rules', "WebFetch permissions use
//     domain format, not URLs". The documentation lists the forms that work, not these messages.

// claudeCodeAsOf is the day on which the names were last compared with the documentation.
const claudeCodeAsOf = "2026-10-02"

// claudeCodeTools are the tools of Claude Code that earlier releases didn't know. The others are
// in builtinTools. TodoWrite is documented, too, but disabled by default.
var claudeCodeTools = []Tool{
	{Name: "Agent", Allows: "Starts subagents. Agent(name) is one of them.", specifier: agentSpecifier},
	{Name: "Artifact", Allows: "Publishes pages as artifacts.", specifier: noSpecifier},
	{Name: "AskUserQuestion", Allows: "Asks the user questions with choices.", specifier: noSpecifier},
	{Name: "CronCreate", Allows: "Schedules prompts within the session.", specifier: noSpecifier},
	{Name: "CronDelete", Allows: "Cancels scheduled prompts.", specifier: noSpecifier},
	{Name: "CronList", Allows: "Lists scheduled prompts.", specifier: noSpecifier},
	{Name: "EndConversation", Allows: "Ends the session.", specifier: noSpecifier},
	{Name: "EnterPlanMode", Allows: "Switches to plan mode.", specifier: noSpecifier},
	{Name: "EnterWorktree", Allows: "Creates git worktrees and switches into them.", specifier: noSpecifier},
	{Name: "ExitPlanMode", Allows: "Presents a plan and leaves plan mode.", specifier: noSpecifier},
	{Name: "ExitWorktree", Allows: "Returns from a worktree.", specifier: noSpecifier},
	{Name: "ListAgents", Allows: "Lists the agents that it can send messages to.", specifier: noSpecifier},
	{Name: "ListMcpResourcesTool", Allows: "Lists the resources of MCP servers.", specifier: noSpecifier},
	{Name: "LSP", Allows: "Finds definitions, references and errors in code."},
	{Name: "Monitor", Allows: "Runs commands in the background and follows their output."},
	{Name: "PowerShell", Allows: "Runs commands in PowerShell.", specifier: powerShellSpecifier},
	{Name: "PushNotification", Allows: "Sends the user notifications.", specifier: noSpecifier},
	{Name: "ReadMcpResourceTool", Allows: "Reads resources of MCP servers.", specifier: noSpecifier},
	{Name: "RemoteTrigger", Allows: "Creates, changes and runs routines on claude.ai.", specifier: noSpecifier},
	{Name: "ReportFindings", Allows: "Reports the findings of a code review.", specifier: noSpecifier},
	{Name: "ScheduleWakeup", Allows: "Schedules the next iteration of a loop.", specifier: noSpecifier},
	{Name: "SendFeedback", Allows: "Drafts feedback about Claude Code for the user to send.", specifier: noSpecifier},
	{Name: "SendMessage", Allows: "Sends messages to other agents and sessions.", specifier: noSpecifier},
	{Name: "SendUserFile", Allows: "Sends the user files.", specifier: noSpecifier},
	{Name: "ShareOnboardingGuide", Allows: "Uploads the onboarding guide and shares its address.", specifier: noSpecifier},
	{Name: "Skill", Allows: "Runs skills. Skill(name) is one of them, Skill(name *) one with any arguments.", specifier: skillSpecifier},
	{Name: "SubagentHandback", Allows: "Delivers the report of a subagent.", specifier: noSpecifier},
	{Name: "TaskCreate", Allows: "Adds tasks to the task list.", specifier: noSpecifier},
	{Name: "TaskGet", Allows: "Reads a task of the task list.", specifier: noSpecifier},
	{Name: "TaskList", Allows: "Lists the tasks of the task list.", specifier: noSpecifier},
	{Name: "TaskOutput", Allows: "Reads the output of background tasks.", specifier: noSpecifier},
	{Name: "TaskStop", Allows: "Stops background tasks.", specifier: noSpecifier},
	{Name: "TaskUpdate", Allows: "Changes and deletes tasks of the task list.", specifier: noSpecifier},
	{Name: "ToolSearch", Allows: "Searches for tools and loads them.", specifier: noSpecifier},
	{Name: "WaitForMcpServers", Allows: "Waits for MCP servers that are connecting.", specifier: noSpecifier},
	{Name: "Workflow", Allows: "Runs scripts that direct many subagents.", specifier: noSpecifier},
}
