package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"orgmodes/internal/audit"
	"orgmodes/internal/config"
	"orgmodes/internal/postgres"
	"orgmodes/internal/process"
)

var (
	// errReported marks a failure that has been reported already.
	errReported = errors.New("already reported")
	// errConnection marks a complete message about Postgres, to which nothing is added.
	errConnection = errors.New("")
	// errDiffers ends a dry run that would change something.
	errDiffers = errors.New("something would change")
)

// cli is one invocation of the program.
type cli struct {
	environ []string
	stdin   io.Reader
	// stdout is the standard output, escaped if it is a terminal.
	stdout io.Writer
	// stderr is the standard error, and messages the same for people, escaped.
	stderr   *os.File
	messages io.Writer
	json     bool
	kinds    []postgres.Decoder
	// started reports whether the arguments and flags were valid and the command began.
	started     bool
	stopSignals func()
}

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "admin",
		Short: "Serve and manage the agent mode libraries of organizations",
		Long: `admin serves the pages and the API for admins. Its other commands provide the same
operations to operators: they call the same functions and write the same audit log.

Settings are read from environment variables. Each NAME can also be given as
NAME_FILE, the path of a file that holds the value. Every command requires
DATABASE_URL, unless it only reads files (modes lint, explain --file, samples).
"admin serve --help" lists the other settings. With --json, a command prints one
JSON object to standard output, and everything else to standard error.

Exit codes: 0 done, 1 refused or failed, 2 usage error, 3 "apply --dry-run" would
change something.`,
		Example: `  admin migrate
  admin org create --slug acme --name "Acme"
  echo "$PASSWORD" | admin user create --email ada@acme.example --name Ada --password-stdin
  admin member add --org acme --email ada@acme.example --role owner
  admin modes lint .roomodes
  admin modes import --org acme .roomodes --dry-run
  admin templates import --org acme templates/ --dry-run
  admin apply --org acme -f library/ --dry-run
  admin token create --org acme --email ada@acme.example --name "My editor" --scope read
  admin serve`,
		SilenceErrors: true, SilenceUsage: true,
		Version: process.BuildInfo().Version,

		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_ = cmd.Help()
			return errors.New("a command is required")
		},
	}
	root.SetFlagErrorFunc(suggestFlag)
	root.PersistentFlags().BoolVar(&c.json, "json", false, "print the result as one JSON object")
	root.AddCommand(
		c.migrate(), c.serve(),
		group("org", "Manage organizations", c.orgCreate(), c.orgList()),
		group("user", "Manage user accounts", c.userCreate(), c.userPassword(), c.userDisable(), c.userEnable()),
		group("member", "Manage the members of an organization and their roles", c.memberAdd(), c.memberRemove(), c.memberList()),
		group("invitation", "Manage invitations to an organization", c.invitationCreate(), c.invitationWithdraw(), c.invitationList()),
		group("token", "Manage access tokens for editors and scripts", c.tokenCreate(), c.tokenRevoke(), c.tokenList()),
		group("modes", "Manage an organization's modes", c.modesImport(), c.modesExport(), c.modesList(), c.modesLint(), c.modesExplain(),
			modeHistory.history(c), modeHistory.compare(c), modeHistory.restore(c), c.modesSamples()),
		group("templates", "Manage an organization's permission templates", c.templatesImport(), c.templatesExport(), c.templatesList(), c.templatesGet(),
			c.templatesResolve(), c.templatesRestoreDefaults(),
			templateHistory.history(c), templateHistory.compare(c), templateHistory.restore(c)),
		c.apply(), c.get(), c.diff(), c.history(), c.delete(),
		group("audit", "Show who changed what and when", c.auditList(), c.auditExport()),
		c.publish(),
		group("epoch", "Manage the epoch, which orders publications, after a restore", c.epochRaise()),
		group("edition", "Manage which renderer and built-in modes are published", c.editionList(), c.editionUse()),
	)
	return root
}

// group returns a command for a noun, with its verbs as subcommands.
func group(noun, short string, verbs ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{
		Use: noun, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_ = cmd.Help()
			return errors.New("a subcommand is required")
		},
	}
	g.AddCommand(verbs...)
	return g
}

// run sets RunE and returns cmd. Errors that do returns are failures, not usage errors,
// unless they are a usageError. Without Args, the command takes no arguments.
func (c *cli) run(cmd *cobra.Command, do func(ctx context.Context, args []string) error) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := refuseEmpty(cmd, args); err != nil {
			return err
		}
		c.started = true
		return do(cmd.Context(), args)
	}
	if cmd.Args == nil {
		cmd.Args = cobra.NoArgs
	}
	return cmd
}

func requireFlags(cmd *cobra.Command, flags ...string) {
	for _, f := range flags {
		if err := cmd.MarkFlagRequired(f); err != nil {
			panic(err) // an undefined flag
		}
	}
}

// completeFlag registers the values of a flag for shell completion.
func completeFlag(cmd *cobra.Command, flag string, values ...string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // an undefined flag
	}
}

// print writes the result of a command: object as JSON with --json, else the output of
// printText.
func (c *cli) print(object any, printText func(w io.Writer)) error {
	if !c.json {
		w := &escaper{w: c.stdout}
		printText(w)
		return w.flush()
	}
	enc := json.NewEncoder(c.stdout)
	enc.SetEscapeHTML(false)
	return enc.Encode(object)
}

// logf writes a message to the standard error, separate from the result.
func (c *cli) logf(format string, args ...any) { fmt.Fprintf(c.messages, format+"\n", args...) }

// database holds the settings of every command that uses the database, except serve and
// migrate.
type database struct {
	URL   config.Secret `env:"DATABASE_URL,required" expect:"postgres://user:password@host:port/database"`
	Tools []string      `env:"TEMPLATE_TOOLS"`
}

// connectTimeout bounds how long a command waits for Postgres to answer. Unlike serve,
// commands don't wait for Postgres to become available.
const connectTimeout = 5 * time.Second

// withDatabase opens the database and runs do with it.
func (c *cli) withDatabase(ctx context.Context, do func(*postgres.DB) error) error {
	s, err := config.LoadFrom[database](c.environ)
	if err != nil {
		return err
	}
	tools, err := templateTools(s.Tools)
	if err != nil {
		return config.Problems{*problemOfTools(err)}
	}
	db, err := postgres.Open(ctx, string(s.URL))
	if err != nil {
		return err
	}
	defer db.Close()
	db.Tools = tools
	for _, k := range c.kinds {
		db.Register(k)
	}
	reach, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if err := db.Ping(reach); err != nil {
		return connectionError(postgres.Address(string(s.URL)), err)
	}
	return do(db)
}

// connectionError returns an error that explains in one sentence why Postgres cannot be used.
func connectionError(address string, err error) error {
	var pgErr *pgconn.PgError
	switch {
	case errors.As(err, &pgErr) && (pgErr.Code == "42P01" || pgErr.Code == "22023"): // undefined_table, no such role
		return fmt.Errorf("the database at %s has not been migrated: run `admin migrate` first%w", address, errConnection)
	case errors.As(err, &pgErr):
		return fmt.Errorf("Postgres at %s refused the request: %s; check DATABASE_URL%w", address, pgErr.Message, errConnection)
	default:
		return fmt.Errorf("can't connect to Postgres at %s: check that it is running and that DATABASE_URL is correct (%s)%w", address, innermost(err), errConnection)
	}
}

func innermost(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			// After attempts at several addresses, the first error is enough.
			first, _, _ := strings.Cut(err.Error(), "\n")
			return process.Redact(first)
		}
		err = inner
	}
}

// by returns the operator as the actor for the audit log.
func (c *cli) by() audit.Attribution {
	name := "uid " + strconv.Itoa(os.Getuid())
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	shown := name
	if sudoUser := os.Getenv("SUDO_USER"); sudoUser != "" && sudoUser != name {
		shown = sudoUser + " (as " + name + ")"
	}
	return audit.Attribution{
		Actor:     audit.Actor{Kind: audit.Operator, ID: name, Name: shown},
		RequestID: rand.Text(), Source: "command line",
	}
}

// usageError is an error in the arguments or flags of a command.
type usageError string

func (e usageError) Error() string { return string(e) }

func usage(format string, args ...any) error { return usageError(fmt.Sprintf(format, args...)) }
