// Package auth authenticates requests by access token or session cookie, and opens
// sessions by password. Package access decides what the sender is allowed to do.
package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"orgmodes/internal/access"
	"orgmodes/internal/admin/password"
	"orgmodes/internal/fault"
	"orgmodes/internal/postgres"
	"orgmodes/internal/token"
)

const (
	// sessionLifetime is how long a session lasts.
	sessionLifetime = 14 * 24 * time.Hour

	maxEmail = 254

	// HeaderCSRF is the header that carries Session.CSRF. Authenticate requires it with every
	// request that changes something and is authenticated by the cookie. Callers of Session
	// can take the value from elsewhere, such as a form field.
	HeaderCSRF = "X-CSRF-Token"
)

// Options configure an Authenticator.
type Options struct {
	// DB holds users, sessions, access tokens and the counters of wrong passwords.
	DB *postgres.DB
	// Keys verifies access tokens. It also signs device cookies, which mark browsers from
	// which a user has signed in, and the keys of the counters.
	Keys *token.Keys
	// Log receives refused sign-ins, and failures that don't fail a request.
	Log *slog.Logger
	// Public is the public URL of this installation. If it is https, cookies are
	// restricted to HTTPS.
	Public *url.URL
	// TrustsProxies reports whether any proxy is trusted to give the client's address. If
	// not, and Public is https, wrong passwords are counted by account only.
	TrustsProxies bool
}

// Authenticator authenticates the senders of requests. It is safe for concurrent use.
type Authenticator struct {
	db       *postgres.DB
	keys     *token.Keys
	log      *slog.Logger
	checker  *password.Checker
	throttle *throttle
	public   *url.URL
}

// New returns a new Authenticator. It fails only if the password checker can't be set up.
func New(o Options) (*Authenticator, error) {
	checker, err := password.NewChecker(min(max(runtime.GOMAXPROCS(0)/2, 1), 4))
	if err != nil {
		return nil, err
	}
	return &Authenticator{
		db: o.DB, keys: o.Keys, log: o.Log, checker: checker, public: o.Public,
		throttle: &throttle{
			db: o.DB, keys: o.Keys, log: o.Log,
			byAddress: distinguishesClients(o.Public, o.TrustsProxies),
		},
	}, nil
}

// Secure reports whether users reach this installation over HTTPS.
func (g *Authenticator) Secure() bool { return g.public.Scheme == "https" }

// Session is an open session.
type Session struct {
	// ExpiresAt is when the user has to sign in again: 14 days after signing in.
	ExpiresAt time.Time
	// CSRF is the value for HeaderCSRF. Another site's page can make a browser send the
	// cookie, but can't read this.
	CSRF string
}

// Authenticate authenticates the sender of a request: by access token if there is an
// Authorization header, else by session, with HeaderCSRF. The session is nil for an access
// token. The errors are those of Token and Session.
func (g *Authenticator) Authenticate(c *fiber.Ctx) (access.Principal, *Session, error) {
	if c.Get(fiber.HeaderAuthorization) != "" {
		p, err := g.Token(c)
		return p, nil, err
	}
	return g.Session(c, c.Get(HeaderCSRF))
}

// Session authenticates the sender of a request by session only. Unless the method is GET
// or HEAD, the request must come from one of our pages, and csrf must be its Session.CSRF.
// The error is Unauthenticated without a session, and Forbidden for a request that may have
// been forged. If IsForged reports true for the error, the sender and the session are
// returned too, so that a page can offer to send the request again.
func (g *Authenticator) Session(c *fiber.Ctx, csrf string) (access.Principal, *Session, error) {
	p, s, err := g.session(c.UserContext(), c.Cookies(g.cookieName()))
	if err != nil {
		challenge(c, err)
		return p, s, err
	}
	if c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead {
		return p, s, nil
	}
	if err := g.checkSameOrigin(c); err != nil {
		return access.Principal{}, nil, err
	}
	if subtle.ConstantTimeCompare([]byte(csrf), []byte(s.CSRF)) != 1 {
		err = fault.New(fault.Forbidden, "csrf", "Send the session's csrf_token in the header %s; GET /api/v1/session returns it", HeaderCSRF)
	}
	return p, s, err
}

// IsForged reports whether err is due to a missing or wrong CSRF token. Another site's
// page can make a browser send our cookie, but doesn't know the token.
func IsForged(err error) bool {
	f, ok := fault.As(err)
	return ok && f.Code == "csrf"
}

// Token authenticates the sender by access token only, from the Authorization header. The
// error is Unauthenticated if there is none, or if it is unknown, expired or revoked. Then
// Token also sets the WWW-Authenticate header of the response.
func (g *Authenticator) Token(c *fiber.Ctx) (access.Principal, error) {
	p, err := g.byToken(c.UserContext(), c.Get(fiber.HeaderAuthorization))
	if err != nil {
		challenge(c, err)
	}
	return p, err
}

func (g *Authenticator) byToken(ctx context.Context, header string) (access.Principal, error) {
	scheme, presented, _ := strings.Cut(header, " ")
	presented = strings.TrimSpace(presented)
	if !strings.EqualFold(scheme, "Bearer") || presented == "" {
		return access.Principal{}, fault.New(fault.Unauthenticated, "unauthenticated", "Send an access token: Authorization: Bearer omt_...")
	}
	refused := fault.New(fault.Unauthenticated, "token_refused", "This access token is unknown, has expired or was revoked")
	if v := g.keys.Check([]byte(presented)); v == token.Malformed || v == token.Forged {
		return access.Principal{}, refused
	}
	hash, now := token.HashOf([]byte(presented)), time.Now()
	t, err := g.db.TokenByHash(ctx, hash)
	if fault.Is(err, fault.NotFound) {
		return access.Principal{}, refused.WithCause(err)
	}
	if err != nil {
		return access.Principal{}, err
	}
	if !t.RecentlyUsed(now) {
		if err := g.db.RecordTokenUse(ctx, map[token.Hash]time.Time{hash: now}); err != nil {
			g.log.Warn("recording token use failed", "error", err) // no one is refused because of that
		}
	}
	return access.Principal{
		Kind: access.Token, UserID: t.User.ID, Name: t.User.Name, Email: t.User.Email, TokenID: t.ID, Scopes: t.Scopes,
	}, nil
}

// Sender authenticates the sender of a request whose body has not been read yet. It doesn't
// refuse forged requests: Authenticate does, once the whole request has arrived.
func (g *Authenticator) Sender(ctx context.Context, h *fasthttp.RequestHeader) (access.Principal, error) {
	if authorization := string(h.Peek(fiber.HeaderAuthorization)); authorization != "" {
		return g.byToken(ctx, authorization)
	}
	p, _, err := g.session(ctx, string(h.Cookie(g.cookieName())))
	return p, err
}

// session returns the session with the given secret.
func (g *Authenticator) session(ctx context.Context, secret string) (access.Principal, *Session, error) {
	if secret == "" {
		return access.Principal{}, nil, fault.New(fault.Unauthenticated, "unauthenticated",
			"Sign in, or send an access token: Authorization: Bearer omt_...")
	}
	s, err := g.db.Session(ctx, hashOf(secret))
	if fault.Is(err, fault.NotFound) {
		return access.Principal{}, nil, fault.New(fault.Unauthenticated, "session_ended", "This session has ended; sign in again").WithCause(err)
	}
	if err != nil {
		return access.Principal{}, nil, err
	}
	p := access.Principal{Kind: access.User, UserID: s.User.ID, Name: s.User.Name, Email: s.User.Email}
	return p, &Session{ExpiresAt: s.ExpiresAt, CSRF: csrfOf(secret)}, nil
}

// checkSameOrigin refuses a request that, according to the browser, comes from another
// site's page.
func (g *Authenticator) checkSameOrigin(c *fiber.Ctx) error {
	refused := fault.New(fault.Forbidden, "cross_origin", "This request came from another site")
	switch c.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return refused
	}
	origin := c.Get(fiber.HeaderOrigin)
	if origin == "" {
		return nil
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Host != string(c.Context().Host()) && u.Host != g.public.Host {
		return refused
	}
	return nil
}

// CheckHost refuses requests that a browser sends for another site's page. That includes a
// site whose name was made to resolve to this server (DNS rebinding). In that case, the
// name also appears in the Host header. So Origin and Host are compared with the public URL
// rather than with each other; Host only if the public URL is on this machine. The error is
// Forbidden.
func (g *Authenticator) CheckHost(c *fiber.Ctx) error {
	refused := fault.New(fault.Forbidden, "cross_origin", "This request came from another site")
	isOwnHost := func(host string) bool {
		name := (&url.URL{Host: host}).Hostname()
		return host == g.public.Host || isLoopback(name) && isLoopback(g.public.Hostname())
	}
	if origin := c.Get(fiber.HeaderOrigin); origin != "" {
		if u, err := url.Parse(origin); err != nil || u.Scheme != g.public.Scheme || !isOwnHost(u.Host) {
			return refused
		}
	}
	// On a local machine, any page can try names that resolve to it. Elsewhere, programs
	// can use another name than users do.
	if isLoopback(g.public.Hostname()) && !isOwnHost(string(c.Context().Host())) {
		return refused
	}
	return nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// SignIn verifies the password of the user with an email address, opens a session and sets
// its cookie. source is the client's address, by which wrong passwords are counted and
// logged. The error is Unauthenticated if the address or the password is wrong, Exhausted
// after too many wrong passwords (with the response's Retry-After header set), and
// Forbidden if another site's page sent the request.
func (g *Authenticator) SignIn(c *fiber.Ctx, source, email, pass string) (postgres.User, Session, error) {
	if err := g.checkSameOrigin(c); err != nil {
		return postgres.User{}, Session{}, err
	}
	email = strings.ToLower(strings.TrimSpace(email))
	u, err := g.checkPassword(c, source, email, pass)
	if err != nil {
		return postgres.User{}, Session{}, err
	}
	var b [32]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails: it crashes the program instead
	secret := base64.RawURLEncoding.EncodeToString(b[:])
	s := Session{ExpiresAt: time.Now().Add(sessionLifetime).UTC().Truncate(time.Second), CSRF: csrfOf(secret)}
	if err := g.db.CreateSession(c.UserContext(), hashOf(secret), u.ID, s.ExpiresAt); err != nil {
		return postgres.User{}, Session{}, err
	}
	g.setCookie(c, g.cookieName(), secret, s.ExpiresAt)
	g.setDeviceCookie(c, email)
	return u, s, nil
}

func (g *Authenticator) checkPassword(c *fiber.Ctx, source, email, pass string) (postgres.User, error) {
	if len(email) > maxEmail {
		email = email[:maxEmail]
	}
	ctx := c.UserContext()
	attempt, wait, err := g.throttle.allow(ctx, email, source, g.knownDevice(c, email))
	if err != nil {
		return postgres.User{}, err
	}
	if wait > 0 {
		c.Set(fiber.HeaderRetryAfter, retryAfterText(wait))
		return postgres.User{}, fault.New(fault.Exhausted, "too_many_attempts", "Too many wrong passwords; try again in %s", waitText(wait))
	}
	u, ok, err := g.findAndVerify(ctx, email, pass)
	if err != nil || ok {
		attempt.refund(ctx)
	}
	if err != nil {
		return postgres.User{}, err
	}
	if !ok {
		g.log.Info("sign-in refused", "email", email, "source", source)
		return postgres.User{}, fault.New(fault.Unauthenticated, "wrong_credentials", "Incorrect email address or password")
	}
	return u, nil
}

// findAndVerify finds the account and compares the password. It takes the same steps whether
// or not there is an account that can sign in.
func (g *Authenticator) findAndVerify(ctx context.Context, email, pass string) (postgres.User, bool, error) {
	u, err := g.db.UserByEmail(ctx, email)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return postgres.User{}, false, err
	}
	hash := u.PasswordHash
	if u.Disabled {
		hash = ""
	}
	ok, err := g.checker.Verify(ctx, hash, pass)
	return u, ok && u.ID != uuid.Nil, err
}

// SignOut ends the session of a request, if any, and clears its cookie.
func (g *Authenticator) SignOut(c *fiber.Ctx) error {
	secret := c.Cookies(g.cookieName())
	g.setCookie(c, g.cookieName(), "", time.Unix(1, 0))
	if secret == "" {
		return nil
	}
	return g.db.EndSession(c.UserContext(), hashOf(secret))
}

// cookieName returns the session cookie's name. Over https, where browsers accept the
// prefix __Host-, the name has it: it keeps other hosts of the domain from setting the
// cookie.
func (g *Authenticator) cookieName() string {
	if g.Secure() {
		return "__Host-orgmodes"
	}
	return "orgmodes"
}

func (g *Authenticator) setCookie(c *fiber.Ctx, name, value string, expires time.Time) {
	c.Cookie(&fiber.Cookie{
		Name: name, Value: value, Path: "/", Expires: expires,
		Secure: g.Secure(), HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
	})
}

// challenge sets the WWW-Authenticate header (RFC 9110, section 11.6.1; RFC 6750).
func challenge(c *fiber.Ctx, err error) {
	f, ok := fault.As(err)
	switch {
	case !ok || f.Kind != fault.Unauthenticated:
	case f.Code == "token_refused":
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="orgmodes", error="invalid_token"`)
	default:
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="orgmodes"`)
	}
}

func hashOf(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

func csrfOf(secret string) string {
	m := hmac.New(sha256.New, []byte(secret))
	_, _ = m.Write([]byte("csrf"))
	return hex.EncodeToString(m.Sum(nil))
}
