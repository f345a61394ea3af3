package importer

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"log/slog"
	"mime/multipart"
	"net"
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"
	"go.uber.org/goleak"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/auth"
	"orgmodes/internal/admin/authz"
	"orgmodes/internal/admin/transfer"
	"orgmodes/internal/admin/web/shell"
	"orgmodes/internal/audit"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/problem"
	"orgmodes/internal/token"
	"orgmodes/internal/upload"
)

func TestMain(m *testing.M) {
	storetest.Main(m,
		// The workers that compress pages wait for the next page forever.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp/stackless.funcWorker"),
		// A goroutine of fasthttp checks only every ten seconds whether to end.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
	)
}

var tester = audit.Attribution{Actor: audit.Actor{Kind: audit.Operator, ID: "root", Name: "root"}, RequestID: "setup", Source: "command line"}

// callCounts counts how often one request parsed, planned and compressed an upload.
type callCounts struct{ read, planned, packed int }

// importClient sends the forms of an import as the owner of an organization.
type importClient struct {
	t      *testing.T
	app    *fiber.App
	db     *postgres.DB
	org    organization.Organization
	cookie string
	csrf   string
	calls  callCounts
}

// countedPlanner counts the plans that a request makes.
type countedPlanner struct {
	planner
	plans *int
}

func (c countedPlanner) Plan(ctx context.Context, choices transfer.Choices) (*transfer.Plan, error) {
	*c.plans++
	return c.planner.Plan(ctx, choices)
}

func (c countedPlanner) Outline(ctx context.Context, choices transfer.Choices) (*transfer.Plan, error) {
	*c.plans++
	return c.planner.Outline(ctx, choices)
}

func (c countedPlanner) Run(ctx context.Context, by audit.Attribution, o transfer.Options) (*transfer.Plan, error) {
	*c.plans++
	return c.planner.Run(ctx, by, o)
}

func newImporter(t *testing.T) *importClient {
	t.Helper()
	ctx := t.Context()
	i := &importClient{t: t}
	var err error
	i.db, err = postgres.Open(context.WithoutCancel(ctx), storetest.AppURL(t, storetest.Postgres(t)))
	require.NoError(t, err)
	t.Cleanup(i.db.Close)
	i.org, err = i.db.CreateOrganization(ctx, tester, "acme", "Acme")
	require.NoError(t, err)
	u, err := i.db.CreateUser(ctx, tester, "olive@acme.example", "Olive", "")
	require.NoError(t, err)
	require.NoError(t, i.db.AddMember(ctx, tester, i.org.ID, u.ID, "owner"))
	i.cookie = rand.Text() + rand.Text()
	hash := sha256.Sum256([]byte(i.cookie))
	require.NoError(t, i.db.CreateSession(ctx, hash[:], u.ID, time.Now().Add(time.Hour)))

	keys, err := token.ParseKeys("k1:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	require.NoError(t, err)
	log, public := slog.New(slog.DiscardHandler), &url.URL{Scheme: "http", Host: "localhost:8080"}
	gate, err := auth.New(auth.Options{DB: i.db, Keys: keys, Log: log, Public: public})
	require.NoError(t, err)
	templates, err := shell.Parse(HTML)
	require.NoError(t, err)
	sh, err := shell.New(shell.Options{DB: i.db, Auth: authz.New(gate, i.db), Log: log, Public: public}, templates)
	require.NoError(t, err)
	pages := New(sh, modes.Builtins())
	read, pack := pages.readModes, pages.packUploads
	pages.readModes = func(ctx context.Context, db *postgres.DB, org uuid.UUID, uploads []upload.File) (planner, error) {
		i.calls.read++
		in, err := read(ctx, db, org, uploads)
		return countedPlanner{in, &i.calls.planned}, err
	}
	pages.packUploads = func(uploads []upload.File) (string, error) {
		i.calls.packed++
		return pack(uploads)
	}
	i.app = fiber.New(fiber.Config{Immutable: true, DisablePreParseMultipartForm: true, ErrorHandler: func(c *fiber.Ctx, err error) error {
		return sh.Fail(c, err, problem.FromError(err))
	}})
	changes := access.Request{Action: access.ChangeLibrary}
	routes := sh.OrganizationRoutes(i.app)
	routes.Get("/modes/import", changes, pages.Form)
	routes.Post("/modes/import", changes, pages.Import)
	i.csrf = i.field(i.do("GET", 200, "", ""), shell.CSRFField)
	return i
}

// do sends a request to the import page, and returns the page that answers it.
func (i *importClient) do(method string, status int, media, body string) string {
	i.t.Helper()
	var req fasthttp.Request
	req.Header.SetMethod(method)
	req.SetRequestURI("/orgs/acme/modes/import")
	req.Header.SetHost("localhost:8080")
	req.Header.SetCookie("orgmodes", i.cookie)
	req.Header.SetContentType(media)
	req.SetBodyString(body)
	ctx := &fasthttp.RequestCtx{}
	ctx.Init(&req, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, nil)
	i.calls = callCounts{}
	i.app.Handler()(ctx)
	page := string(ctx.Response.Body())
	require.Equal(i.t, status, ctx.Response.StatusCode(), "%s", page)
	return page
}

// upload uploads a file.
func (i *importClient) upload(status int, name string, data []byte) string {
	i.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	require.NoError(i.t, m.WriteField(shell.CSRFField, i.csrf))
	part, err := m.CreateFormFile("file", name)
	require.NoError(i.t, err)
	_, err = part.Write(data)
	require.NoError(i.t, err)
	require.NoError(i.t, m.Close())
	return i.do("POST", status, m.FormDataContentType(), b.String())
}

// send sends the form of a plan: pairs of name and value, and its hidden fields.
func (i *importClient) send(status int, plan string, pairs ...string) string {
	i.t.Helper()
	f := shell.NewForm(pairs...).Fields
	for _, name := range []string{"_pack", "base", "planned"} {
		if !f.Has(name) {
			f.Set(name, i.field(plan, name))
		}
	}
	f.Set(shell.CSRFField, i.csrf)
	return i.do("POST", status, fiber.MIMEApplicationForm, f.Encode())
}

// field returns the value of a hidden field.
func (i *importClient) field(page, name string) string {
	i.t.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(page)
	require.NotNil(i.t, m, "%s in %s", name, page)
	return html.UnescapeString(m[1])
}

var checked = regexp.MustCompile(`id="take-\d+" checked`)

const twoModes = `customModes:
  - {slug: docs, name: Docs, roleDefinition: You write, groups: [read]}
  - {slug: tests, name: Tests, roleDefinition: You test, groups: [read]}
`

func TestImportParsesUploadOncePerRequest(t *testing.T) {
	archive, err := upload.Pack([]upload.File{{Name: "a/.roomodes", Data: []byte(twoModes)}})
	require.NoError(t, err)
	for name, data := range map[string][]byte{"modes.yaml": []byte(twoModes), "modes.zip": archive} {
		t.Run(name, func(t *testing.T) {
			i := newImporter(t)
			plan := i.upload(200, name, data)
			assert.Equal(t, callCounts{read: 1, planned: 2, packed: 1}, i.calls, "first upload: all, and what can be chosen")
			require.Len(t, checked.FindAllString(plan, -1), 2)

			changed := i.send(200, plan, "do", "again", "take", "1")
			assert.Equal(t, callCounts{read: 1, planned: 2}, i.calls, "changed choices: what was packed is sent along again")
			require.Len(t, checked.FindAllString(changed, -1), 1)
			assert.Equal(t, i.field(plan, "_pack"), i.field(changed, "_pack"))

			i.send(422, changed, "do", "apply")
			assert.Equal(t, callCounts{read: 1, planned: 1}, i.calls, "nothing is chosen")

			_, err := i.db.Modes.Create(t.Context(), tester, i.org.ID, modes.Mode{
				Slug: "docs", Name: "Docs", Config: modes.Config{RoleDefinition: "You write", Groups: []modes.Group{{Name: "read"}}},
			})
			require.NoError(t, err)
			refused := i.send(412, changed, "do", "apply", "take", "0", "take", "1")
			assert.Equal(t, callCounts{read: 1, planned: 2}, i.calls, "apply refused")
			require.Contains(t, refused, "The library has changed since you opened this page")
			require.Contains(t, refused, "same as yours", "planned for the library as it is now")
			require.Contains(t, refused, "<b>1 mode selected</b>")

			i.send(200, refused, "do", "apply", "take", "1")
			assert.Equal(t, callCounts{read: 1, planned: 1}, i.calls, "apply")
			all, err := i.db.Modes.List(t.Context(), i.org.ID)
			require.NoError(t, err)
			require.Len(t, all, 2)
		})
	}
	t.Run("unusable", func(t *testing.T) {
		i := newImporter(t)
		i.upload(422, "modes.yaml", []byte("customModes: ["))
		assert.Equal(t, callCounts{read: 1}, i.calls)
	})
}
