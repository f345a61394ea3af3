package admin_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"
	"go.uber.org/goleak"

	"orgmodes/internal/admin"
	"orgmodes/internal/audit"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/token"
)

func TestMain(m *testing.M) {
	storetest.Main(m,
		// The goroutine that compresses pages waits for the next one forever.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp/stackless.funcWorker"),
		// fasthttp's own goroutines: they check every ten seconds, or never, whether to exit.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
	)
}

// Sizes in the large organization.
const (
	largeModes    = modes.MaxModes
	longPrompts   = 90 // of 60 KB each; all prompts together have the maximum length
	largeVersions = 5_000
	largeAudit    = 100_000
)

// largeSite is the admin program over a database with an organization of the maximum size.
type largeSite struct {
	db    *postgres.DB
	owner *pgx.Conn
	app   *fiber.App
	// session is the session cookie's value of an owner of the organization.
	session string
	org     organization.Organization
	user    postgres.User
	// newest is the id of the newest entry of its audit log. plain and long are ids of
	// modes; long has a prompt of 60 KB. deleted is the id of a deleted mode.
	newest               int64
	middle               int64 // an entry from half a year ago
	plain, long, deleted uuid.UUID
	// template is the id of one permission template.
	template uuid.UUID
	// token is the id of one of the user's tokens.
	token  uuid.UUID
	traced *statements
}

// newLargeSite fills the database.
func newLargeSite(t testing.TB) *largeSite {
	t.Helper()
	ctx := t.Context()
	ownerURL := storetest.Postgres(t)
	l := &largeSite{traced: &statements{}}
	var err error
	l.db, err = postgres.Open(context.WithoutCancel(ctx), storetest.AppURL(t, ownerURL), postgres.WithTracer(l.traced))
	require.NoError(t, err)
	t.Cleanup(l.db.Close)
	l.owner, err = pgx.Connect(ctx, ownerURL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.owner.Close(context.WithoutCancel(ctx)) })

	by := audit.Attribution{Actor: audit.Actor{Kind: audit.Operator, ID: "root", Name: "root"}, RequestID: "setup", Source: "command line"}
	l.org, err = l.db.CreateOrganization(ctx, by, "acme", "Acme")
	require.NoError(t, err)
	other, err := l.db.CreateOrganization(ctx, by, "other", "Other")
	require.NoError(t, err)
	for i := range 20 {
		u, err := l.db.CreateUser(ctx, by, fmt.Sprintf("user%d@acme.example", i), fmt.Sprintf("User %d", i), "")
		require.NoError(t, err)
		require.NoError(t, l.db.AddMember(ctx, by, l.org.ID, u.ID, "owner"))
		l.user = u
	}
	l.session = rand.Text() + rand.Text()
	hash := sha256.Sum256([]byte(l.session))
	require.NoError(t, l.db.CreateSession(ctx, hash[:], l.user.ID, time.Now().Add(24*time.Hour)))

	created, err := l.db.CreateToken(ctx, by, postgres.NewToken{
		Token: "omt_k1_" + rand.Text() + rand.Text(), Name: "editor", User: l.user.ID, Scopes: []string{"read"}, Organizations: []uuid.UUID{l.org.ID},
	})
	require.NoError(t, err)
	l.token = created.ID
	shipped, err := l.db.Templates.List(ctx, l.org.ID)
	require.NoError(t, err)
	l.template = shipped[0].ID

	l.fill(t, l.org.ID, other.ID)
	l.app = l.newApp(t)
	return l
}

func (l *largeSite) newApp(t testing.TB) *fiber.App {
	t.Helper()
	keys, err := token.ParseKeys("k1:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	require.NoError(t, err)
	public, err := url.Parse("http://localhost:8080")
	require.NoError(t, err)
	app, err := admin.New(admin.Options{
		Deadline: storetest.WaitTimeout,
		DB:       l.db, Keys: keys, Builtins: modes.Builtins(), Public: public, PublicReader: "https://reader.example",
		Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	return app
}

// fill inserts the data of past years by SQL. Through the application it would take
// hours.
func (l *largeSite) fill(t testing.TB, org, other uuid.UUID) {
	t.Helper()
	ctx := t.Context()
	words := mathrand.New(mathrand.NewPCG(1, 2))
	var rows [][]any
	for i := range largeModes {
		size := 3 << 10
		if i%(largeModes/longPrompts) == 0 && i/(largeModes/longPrompts) < longPrompts {
			size = 60 << 10
		}
		config, err := json.Marshal(modes.Config{
			RoleDefinition: prose(words, 400), Description: prose(words, 80), WhenToUse: prose(words, 200), CustomInstructions: prose(words, size),
			Groups: []modes.Group{{Name: "read"}, {Name: "edit", Restriction: &modes.Restriction{FileRegex: `\.(md|mdx)$`, Description: "Markdown files only"}}, {Name: "command"}},
		})
		require.NoError(t, err)
		// The id is the same in each run, and so are the bytes of pages.
		id := uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, i))
		switch {
		case size > 60<<9:
			l.long = id
		default:
			l.plain = id
		}
		rows = append(rows, []any{id, org, fmt.Sprintf("Mode number %d", i), fmt.Sprintf("mode-number-%d", i), l.user.ID.String(), config, l.user.ID.String(), int64(10), int32(i * 1024)})
	}
	_, err := l.owner.CopyFrom(ctx, pgx.Identifier{"organization_modes"},
		[]string{"id", "organization_id", "name", "slug", "created_by", "config", "updated_by", "version", "position"}, pgx.CopyFromRows(rows))
	require.NoError(t, err)
	exec := func(statement string, args ...any) {
		_, err := l.owner.Exec(ctx, statement, args...)
		require.NoError(t, err, statement)
	}
	// The history of each mode, a long history of one of them, and deleted modes.
	exec(`insert into versions (subject_kind, subject_id, version, organization_id, revision, action, content, actor_kind, actor_id, actor_name, occurred_at)
		select 'mode', m.id, n, $1, n * 500 + row_number() over (order by m.slug), case when n = 1 then 'create' else 'update' end,
			jsonb_build_object('slug', m.slug, 'name', m.name || ' ' || n, 'position', m.position, 'config',
				case when n = 10 then m.config else m.config || jsonb_build_object('customInstructions', 'Version ' || n) end),
			'user', m.created_by, 'User', now() - make_interval(mins => 60 * (10 - n::int))
		from organization_modes m, generate_series(1, 10) n where n > 10 - $2 and m.organization_id = $1`, org, largeVersions/largeModes-3)
	exec(`insert into versions (subject_kind, subject_id, version, organization_id, revision, action, content, actor_kind, actor_id, actor_name)
		select 'mode', m.id, n, $1, n, 'update', jsonb_build_object('slug', m.slug, 'name', m.name || ' ' || n, 'position', m.position, 'config', m.config), 'user', m.created_by, 'User'
		from organization_modes m, generate_series(11, 1000) n where m.id = $2`, org, l.plain)
	exec(`update organization_modes set version = 1000 where id = $1`, l.plain)
	exec(`insert into versions (subject_kind, subject_id, version, organization_id, revision, action, content, actor_kind, actor_id, actor_name)
		select 'mode', md5('gone ' || i)::uuid, v, $1, 7000 + 2 * i + v, case v when 1 then 'create' else 'delete' end,
			jsonb_build_object('slug', 'gone-' || i, 'name', 'Gone ' || i, 'position', 1, 'config', jsonb_build_object('roleDefinition', 'You were', 'groups', '[]'::jsonb)), 'user', $2, 'User'
		from generate_series(1, 250) i, generate_series(1, 2) v`, org, l.user.ID.String())
	require.NoError(t, l.owner.QueryRow(ctx, `select md5('gone 1')::uuid`).Scan(&l.deleted))
	// The trigrams are added to their index at once, which takes a fraction of the time.
	exec(`set gin_pending_list_limit = '1GB'`)
	exec(`set maintenance_work_mem = '512MB'`)
	// A year of audit log, in bursts of ten entries with the same time, alternating
	// between two organizations.
	exec(`insert into audit_log (occurred_at, organization_id, revision, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, subject_name, before, after, request_id, source)
		select now() - interval '1 year' + make_interval(secs => (i / 10) * (312500000 / $3::int)), case when i % 5 = 4 then $2::uuid else $1::uuid end, i, 'user', u.id, u.name,
			case when i % 1000 = 0 then 'member.add' when i % 50 = 0 then 'mode.create' else 'mode.update' end, case when i % 1000 = 0 then 'member' else 'mode' end,
			s.id, s.name, jsonb_build_object('slug', s.slug, 'name', s.name, 'config', s.config || jsonb_build_object('roleDefinition', 'You are ' || i)),
			jsonb_build_object('slug', s.slug, 'name', s.name, 'config', s.config || jsonb_build_object('roleDefinition', 'You are ' || i + 1)), md5(i::text), '192.0.2.' || i % 250
		from generate_series(1, $3::int) i
		join (select row_number() over (order by email) - 1 as n, id::text, name from users) u on u.n = i % 20
		join (select row_number() over (order by slug) - 1 as n, id::text, name, slug, config from organization_modes
			union all select row_number() over (order by slug) + 499, id::text, name, slug, '{}' from organization_modes) s
			on s.n = i % 500 + case when i > $3::int - 500 then 0 else 500 end`,
		org, other, largeAudit*5/4)
	exec(`update organizations set revision = $2, published_revision = $2, pending_since = null where id = $1`, org, largeAudit*2)
	exec(`select gin_clean_pending_list('audit_log_text')`)
	exec(`analyze`)
	require.NoError(t, l.owner.QueryRow(ctx, `select max(id) from audit_log where organization_id = $1 and subject_kind = 'mode'`, org).Scan(&l.newest))
	require.NoError(t, l.owner.QueryRow(ctx, `select id from audit_log where organization_id = $1 order by id offset $2 limit 1`, org, largeAudit/2).Scan(&l.middle))
}

var vocabulary = strings.Fields(`the a of and to agent must never always file test review code write read change explain why before after small
	function package error reader comment name value return pointer context document careful plain question answer example rule`)

// prose returns text of about size bytes.
func prose(r *mathrand.Rand, size int) string {
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(vocabulary[r.IntN(len(vocabulary))])
		if r.IntN(12) == 0 {
			b.WriteString(".\n")
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// page requests a page as a browser does, through everything but the network.
func (l *largeSite) page(t testing.TB, path string) *fasthttp.RequestCtx {
	t.Helper()
	var req fasthttp.Request
	req.Header.SetMethod(fasthttp.MethodGet)
	req.SetRequestURI(path)
	req.Header.SetHost("localhost:8080")
	req.Header.Set("Accept", "text/html")
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.SetCookie("orgmodes", l.session)
	ctx := &fasthttp.RequestCtx{}
	ctx.Init(&req, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, nil)
	l.app.Handler()(ctx)
	return ctx
}

// day returns the date that is from days from now.
func (l *largeSite) day(from int) string {
	return time.Now().UTC().AddDate(0, 0, from).Format(time.DateOnly)
}
