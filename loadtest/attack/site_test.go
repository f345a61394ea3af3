package attack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin/password"
	"orgmodes/internal/audit"
	"orgmodes/internal/devstack/storetest"
	"orgmodes/internal/modes"
	"orgmodes/internal/organization"
	"orgmodes/internal/postgres"
	"orgmodes/internal/token"
)

const (
	tokenKeys    = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"
	goodPassword = "correct horse battery staple"
	// proxy is the address of a reverse proxy that admin trusts.
	proxy = "127.0.0.77"
)

var operator = audit.Attribution{Actor: audit.Actor{Kind: audit.Operator, ID: "attack", Name: "attack"}, Source: "test"}

// site is a real Postgres, a real Redis and the programs around them.
type site struct {
	t     *testing.T
	dir   string // the programs' directory
	app   string // Postgres URL that the programs use
	owner string // Postgres URL of the tables' owner
	db    *postgres.DB
	redis string
	keys  *token.Keys

	admin, worker, reader *victim
	// acme is the bystander's organization, evil the attackers'.
	acme, evil tenant

	victims   map[*victim]bool
	operator  *http.Client // calls the private ports
	attackers *http.Client
	bystander *bystander
	hash      string
	tenants   int
}

// newSite starts everything around a Postgres, given its owner's URL.
func newSite(t *testing.T, owner string) *site {
	t.Helper()
	s := &site{
		t: t, dir: storetest.Programs(t), owner: owner, app: storetest.AppURL(t, owner), redis: storetest.Redis(t).URL,
		victims: map[*victim]bool{}, operator: newClient("127.0.0.1", 0), attackers: newClient("127.0.0.66", 0),
	}
	t.Cleanup(s.close)
	s.bystander = newBystander(s)
	var err error
	s.keys, err = token.ParseKeys(tokenKeys)
	require.NoError(t, err)
	s.db, err = postgres.Open(t.Context(), s.app)
	require.NoError(t, err)
	s.hash, err = password.Hash(goodPassword)
	require.NoError(t, err)
	s.admin = s.victim("admin", 0)
	s.acme, s.evil = s.tenant("acme"), s.tenant("evil")
	s.bystander.owner = s.acme.owner
	return s
}

// startAll also starts the other programs, and waits until the bystander is served.
func (s *site) startAll() {
	s.t.Helper()
	s.worker = s.victim("worker", 0)
	s.reader = s.victim("reader", 0)
	s.bystander.token, s.bystander.organization = s.acme.read, s.acme.org.ID.String()
	s.mode(s.acme, "steady", "Serve the bystander.")
	s.await("the bystander is served", func() error {
		if fault := s.bystander.check(s.reader); fault != "" {
			return fmt.Errorf("%s", fault)
		}
		return nil
	})
}

func (s *site) close() {
	for v := range s.victims {
		v.stop()
	}
	if s.db != nil {
		s.db.Close()
	}
	for _, c := range []*http.Client{s.operator, s.attackers, s.bystander.client} {
		c.CloseIdleConnections()
	}
}

// environ returns the programs' environment: this process's, with their settings replaced.
func (s *site) environ() []string {
	var out []string
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		switch strings.TrimSuffix(name, "_FILE") {
		case "DATABASE_URL", "REDIS_URL", "TOKEN_KEYS", "LISTEN", "PRIVATE_LISTEN", "REDIS_PREFIX", "LOG_LEVEL", "LOG_FORMAT",
			"CACHE_SNAPSHOT_DIR", "PUBLIC_URL", "TRUSTED_PROXIES", "GOMEMLIMIT", "GOGC", "GOMAXPROCS":
			continue
		}
		out = append(out, e)
	}
	return append(out, "DATABASE_URL="+s.app, "REDIS_URL="+s.redis, "TOKEN_KEYS="+tokenKeys, "TRUSTED_PROXIES="+proxy,
		"LOG_FORMAT=text", "LOG_LEVEL=warn")
}

func (s *site) await(what string, check func() error) {
	s.t.Helper()
	deadline := time.Now().Add(waitTimeout)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: waited %s: %v", what, waitTimeout, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// tenant is an organization with an owner and a member who sign in with a password, and
// with access tokens of the owner.
type tenant struct {
	org           organization.Organization
	owner, member person
	read, write   string
	writeID       uuid.UUID
}

// person is a user with a session.
type person struct {
	id           uuid.UUID
	email        string
	cookie, csrf string
}

func (s *site) tenant(name string) tenant {
	s.t.Helper()
	s.tenants++
	ctx := s.t.Context()
	slug := fmt.Sprintf("%s-%d", name, s.tenants)
	var out tenant
	var err error
	out.org, err = s.db.CreateOrganization(ctx, operator, slug, "Organization "+slug)
	require.NoError(s.t, err)
	out.owner, out.member = s.person("owner@"+slug+".example", out, "owner"), s.person("member@"+slug+".example", out, "member")
	out.read, _ = s.token(out, "read")
	out.write, out.writeID = s.token(out, "read", "write")
	return out
}

func (s *site) person(email string, tn tenant, role string) person {
	s.t.Helper()
	u, err := s.db.CreateUser(s.t.Context(), operator, email, "The "+role, s.hash)
	require.NoError(s.t, err)
	require.NoError(s.t, s.db.AddMember(s.t.Context(), operator, tn.org.ID, u.ID, role))
	p := person{id: u.ID, email: email}
	require.NoError(s.t, s.signIn(&p, s.bystander.client))
	return p
}

// signIn signs a person in through the API and stores the session in p.
func (s *site) signIn(p *person, client *http.Client) error {
	body, err := json.Marshal(map[string]string{"email": p.email, "password": goodPassword})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), waitTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.admin.url()+"/api/v1/session", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if p.cookie != "" {
		req.Header.Set("Cookie", p.cookie)
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	var session struct {
		CSRF   string `json:"csrf_token"`
		Detail string `json:"detail"`
	}
	if err := json.NewDecoder(res.Body).Decode(&session); err != nil {
		return err
	}
	if res.StatusCode != http.StatusCreated {
		return fmt.Errorf("signing in answers %d: %s", res.StatusCode, session.Detail)
	}
	// Keep cookies that outlive the session, such as the known-device cookie.
	cookies := map[string]string{}
	for _, c := range parseCookies(p.cookie) {
		cookies[c.Name] = c.Value
	}
	for _, c := range res.Cookies() {
		cookies[c.Name] = c.Value
	}
	var header []string
	for name, value := range cookies {
		header = append(header, name+"="+value)
	}
	p.cookie, p.csrf = strings.Join(header, "; "), session.CSRF
	return nil
}

func parseCookies(header string) []*http.Cookie {
	cookies, err := http.ParseCookie(header)
	if err != nil {
		return nil // an empty header
	}
	return cookies
}

// token creates an access token of the tenant's owner.
func (s *site) token(tn tenant, scopes ...string) (secret string, id uuid.UUID) {
	s.t.Helper()
	secret = s.keys.Mint()
	created, err := s.db.CreateToken(s.t.Context(), operator, postgres.NewToken{
		Token: secret, Name: strings.Join(scopes, "-"), User: tn.owner.id, Scopes: scopes, Organizations: []uuid.UUID{tn.org.ID},
	})
	require.NoError(s.t, err)
	return secret, created.ID
}

// mode creates a mode whose role is the given text.
func (s *site) mode(tn tenant, slug, role string) {
	s.t.Helper()
	_, err := s.db.Modes.Create(s.t.Context(), operator, tn.org.ID, modes.Mode{
		Slug: slug, Name: slug, Config: modes.Config{RoleDefinition: role, Groups: []modes.Group{{Name: "read"}}},
	})
	require.NoError(s.t, err)
}
