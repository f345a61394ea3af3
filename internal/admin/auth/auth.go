// Package auth authenticates requests by access token or session cookie, and opens
// sessions by password. Package access decides what the sender is allowed to do.
//
// The errors are faults of the kinds named in the comments, such as fault.Unauthenticated,
// which package problem maps to statuses. Any other error is a failure of the database or
// the end of the context. A principal returned with an error is zero, unless stated
// otherwise.
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

	// HeaderCSRF is the request header that carries Session.CSRF. Authenticate requires it if
	// the sender is authenticated by session and the method is not GET or HEAD. Callers of
	// Authenticator.Session can take the value from elsewhere, such as a form field.
	HeaderCSRF = "X-CSRF-Token"
)

// Options configure an Authenticator. DB, Keys, Log and Public are required.
type Options struct {
	// DB holds users, sessions, access tokens and the counters of wrong passwords.
	DB *postgres.DB
	// Keys are the secret keys of this installation. With them, forged access tokens are
	// refused without a query. They also sign the device cookies, which mark browsers from
	// which a user has signed in. The counters of wrong passwords are stored under MACs made
	// with them, rather than under email addresses.
	Keys *token.Keys
	// Log receives refused sign-ins, and failures that don't fail a request.
	Log *slog.Logger
	// Public is the URL at which users reach this installation. If it is https, browsers
	// send the cookies over HTTPS only.
	Public *url.URL
	// TrustsProxies reports whether any proxy is trusted to report the client's address. If
	// not, and Public is https, all requests appear to come from the proxy, so wrong
	// passwords are not counted by address. They are counted by account or, from a browser
	// with the account's device cookie, by that device.
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

// New returns a new Authenticator. It makes no query. It fails only if hashing a password
// fails, which it does once to prepare the check of passwords.
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

// Secure reports whether users reach this installation over HTTPS: the scheme of
// Options.Public is https.
func (g *Authenticator) Secure() bool { return g.public.Scheme == "https" }

// Session is an open session of a user. The session cookie identifies it.
type Session struct {
	// ExpiresAt is when the user has to sign in again: 14 days after signing in. Requests
	// don't extend it.
	ExpiresAt time.Time
	// CSRF is the CSRF token of the session, the value for HeaderCSRF. Another site's page
	// can make a browser send the cookie, but can't read this.
	CSRF string
}

// Authenticate authenticates the sender of a request: with Token if there is an
// Authorization header, else with Session and the value of HeaderCSRF. The results and the
// errors are those of the two; the *Session is nil for an access token.
func (g *Authenticator) Authenticate(c *fiber.Ctx) (access.Principal, *Session, error) {
	if c.Get(fiber.HeaderAuthorization) != "" {
		p, err := g.Token(c)
		return p, nil, err
	}
	return g.Session(c, c.Get(HeaderCSRF))
}

// Session authenticates the sender of a request by session cookie only. Unless the method is
// GET or HEAD, csrf must be the Session.CSRF of that session.
//
// The error is Unauthenticated if there is no cookie, or its session has ended. Session then
// sets the WWW-Authenticate header of the response. The error is Forbidden if csrf is wrong,
// or if the request comes from another site's page according to Sec-Fetch-Site or Origin.
// For a wrong csrf (see IsForged), the principal and the session are returned with the
// error, so that a page can offer to send the request again.
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

// IsForged reports whether err is the error of Session for a missing or wrong CSRF token. It
// is false for a request that comes from another site's page according to its headers.
func IsForged(err error) bool {
	f, ok := fault.As(err)
	return ok && f.Code == "csrf"
}

// Token authenticates the sender of a request by access token only, from the Authorization
// header. It also records when the token was last used. The error is Unauthenticated if
// there is no token, or if it is unknown, expired or revoked. Token then sets the
// WWW-Authenticate header of the response.
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

// Sender authenticates the sender of a request by its header h alone: by access token if
// there is an Authorization header, else by session cookie. It is for a request whose body
// has not been read yet, and for repeating the authentication during a response. It doesn't
// check the CSRF token and the origin, so a handler must also call Authenticate. The error is
// Unauthenticated as for Token and Session; Sender sets no header of the response.
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

// CheckHost refuses a request that a browser sends for another site's page, with a Forbidden
// error. That includes a site whose name was made to resolve to this server (DNS rebinding).
//
// An Origin header must have the scheme and the host of Options.Public. A request without
// one, such as that of a program, passes this check. If Options.Public is on this machine,
// at localhost or a loopback address, any such host is accepted in Origin, and the Host
// header must have one. Otherwise CheckHost ignores the Host header.
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

// SignIn verifies the password pass of the user with an email address, opens a session, and
// sets the session cookie and the device cookie. It ignores case and surrounding space in
// email. source is the client's IP address, by which wrong passwords are counted and logged.
//
// The error is Unauthenticated if the email address or the password is wrong, or the user is
// disabled. It is Exhausted after too many wrong passwords; SignIn then sets the Retry-After
// header of the response. It is Unavailable if too many passwords are being checked, and
// Forbidden if the request comes from another site's page.
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

// SignOut deletes the session of a request, if any, and its cookie. It doesn't check the CSRF
// token: the caller authenticates the request with Session first. The error is that of the
// database.
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
