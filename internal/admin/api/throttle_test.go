package api_test

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orgmodes/internal/admin"
)

// trustLoopbackProxies makes X-Forwarded-For determine a client's address.
func trustLoopbackProxies(o *admin.Options) {
	o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
}

// failSignIns signs in with wrong passwords.
func (s *site) failSignIns(times int, email string, headers ...string) {
	s.t.Helper()
	for range times {
		s.signIn(email, "not the password", headers...).problem(401, "wrong_credentials")
	}
}

// deviceOf returns the device cookie of a sign-in's answer.
func deviceOf(a answer) string {
	a.t.Helper()
	for _, c := range a.header.Values("Set-Cookie") {
		if name, _, _ := strings.Cut(c, "="); strings.HasSuffix(name, "-device") {
			require.Contains(a.t, c, "HttpOnly")
			pair, _, _ := strings.Cut(c, ";")
			return pair
		}
	}
	a.t.Fatal("no device cookie")
	return ""
}

func TestWrongPasswords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	wrong := s.signIn("olive@acme.example", "not the password").problem(401, "wrong_credentials")
	unknown := s.signIn("nobody@acme.example", "not the password").problem(401, "wrong_credentials")
	require.Equal(t, wrong["detail"], unknown["detail"], "the response does not reveal which addresses are known")
	s.signIn("olive@acme.example", goodPassword, "Origin", "https://evil.example").problem(403, "cross_origin")
	s.signIn("olive@acme.example", goodPassword).ok(201)

	s.failSignIns(9, "olive@acme.example")
	throttled := s.signIn("olive@acme.example", goodPassword)
	throttled.problem(429, "too_many_attempts")
	wait, err := strconv.Atoi(throttled.header.Get("Retry-After"))
	require.NoError(t, err)
	require.True(t, wait > 60 && wait <= 900, wait)
	s.signIn("ada@acme.example", goodPassword).ok(201)
	s.sql("update sign_in_attempts set since = since - interval '15 minutes'")
	s.signIn("olive@acme.example", goodPassword).ok(201)
}

func TestUnknownAccountIsThrottledLikeKnownOne(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.failSignIns(10, "nobody@acme.example")
	s.signIn("nobody@acme.example", "not the password").problem(429, "too_many_attempts")
	rows := s.count("select count(*) from sign_in_attempts")
	s.failSignIns(10, "olive@acme.example")
	require.Equal(t, rows+2, s.count("select count(*) from sign_in_attempts"), "an account, and an account from this address")
	s.signIn("olive@acme.example", "not the password").problem(429, "too_many_attempts")
	require.Zero(t, s.count("select count(*) from sign_in_attempts where encode(key, 'escape') like '%olive%'"))
}

func TestThrottleDoesNotLockOutKnownDevice(t *testing.T) {
	t.Parallel()
	s := newSite(t, trustLoopbackProxies)
	home := []string{"X-Forwarded-For", "192.0.2.1"}
	device := deviceOf(s.signIn("olive@acme.example", goodPassword, home...).ok(201))

	s.failSignIns(10, "olive@acme.example", "X-Forwarded-For", "198.51.100.7")
	s.signIn("olive@acme.example", goodPassword, "X-Forwarded-For", "198.51.100.7").problem(429, "too_many_attempts")
	s.signIn("olive@acme.example", goodPassword, home...).ok(201)

	// After attempts from everywhere, the account is closed to unknown devices.
	s.sql("update sign_in_attempts set wrong = 100 where wrong = 10")
	s.signIn("olive@acme.example", goodPassword, home...).problem(429, "too_many_attempts")
	knownDevice := append([]string{"Cookie", device}, home...)
	s.signIn("olive@acme.example", goodPassword, knownDevice...).ok(201)

	// A known device has a separate limit.
	s.failSignIns(10, "olive@acme.example", knownDevice...)
	s.signIn("olive@acme.example", goodPassword, knownDevice...).problem(429, "too_many_attempts")
}

func TestDeviceIsKnownForOneAccountOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	device := deviceOf(s.signIn("mel@acme.example", goodPassword).ok(201))
	s.failSignIns(10, "olive@acme.example")
	for _, cookie := range []string{device, device[:len(device)-2] + "AA", "orgmodes-device=k1.x.y", "orgmodes-device="} {
		s.signIn("olive@acme.example", goodPassword, "Cookie", cookie).problem(429, "too_many_attempts")
	}
}

func TestAddressesOfOneNetworkCountAsOne(t *testing.T) {
	t.Parallel()
	s := newSite(t, trustLoopbackProxies)
	for i := range 50 {
		s.failSignIns(1, fmt.Sprintf("user-%d@acme.example", i), "X-Forwarded-For", fmt.Sprintf("2001:db8:1:2::%x", i+1))
	}
	s.signIn("olive@acme.example", goodPassword, "X-Forwarded-For", "2001:db8:1:2:ffff::1").problem(429, "too_many_attempts")
	s.signIn("olive@acme.example", goodPassword, "X-Forwarded-For", "2001:db8:1:3::1").ok(201)
}

// Behind a proxy that isn't configured, all clients have the proxy's address.
func TestUnconfiguredProxyIsNotThrottledByAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *admin.Options) { o.Public = &url.URL{Scheme: "https", Host: "modes.example"} })
	for i := range 60 {
		s.failSignIns(1, fmt.Sprintf("user-%d@acme.example", i))
	}
	s.signIn("olive@acme.example", goodPassword).ok(201)
}

func TestThrottleIsSharedByProcesses(t *testing.T) {
	t.Parallel()
	one := newSite(t)
	two := one.newServer()
	for range 5 {
		one.failSignIns(1, "olive@acme.example")
		two.failSignIns(1, "olive@acme.example")
	}
	one.signIn("olive@acme.example", goodPassword).problem(429, "too_many_attempts")
	two.signIn("olive@acme.example", goodPassword).problem(429, "too_many_attempts")
}

func TestConcurrentAttemptsDoNotExceedLimit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var refused, throttled int
	for _, a := range sendConcurrently(25, func(int) answer { return s.signIn("olive@acme.example", "not the password") }) {
		switch a.status {
		case 401:
			refused++
		case 429:
			throttled++
		default:
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	require.Equal(t, 10, refused)
	require.Equal(t, 15, throttled)
}

// A password that could not be checked doesn't count as wrong.
func TestInternalErrorIsNotCountedAsWrongPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.sql("alter table users rename to users_away")
	for range 12 {
		a := s.signIn("olive@acme.example", goodPassword)
		require.Equal(t, 500, a.status, "%s", a.body)
	}
	s.sql("alter table users_away rename to users")
	require.Zero(t, s.count("select coalesce(sum(wrong), 0) from sign_in_attempts"))
	s.signIn("olive@acme.example", goodPassword).ok(201)
	require.Zero(t, s.count("select coalesce(sum(wrong), 0) from sign_in_attempts"), "nor is a right one")
}

// An attempt that can't be given back because Postgres is unavailable is given back
// with the next one.
func TestAttemptRefundIsRetried(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signIn("olive@acme.example", goodPassword).ok(201)
	s.sql(`create function away() returns trigger language plpgsql as $$
		begin if new.wrong < old.wrong then raise exception 'away' using errcode = '57P01'; end if; return new; end $$`)
	s.sql("create trigger away before update on sign_in_attempts for each row execute function away()")
	for range 3 {
		s.signIn("olive@acme.example", goodPassword).ok(201)
	}
	s.sql("drop trigger away on sign_in_attempts")
	s.signIn("olive@acme.example", goodPassword).ok(201)
	require.Zero(t, s.count("select coalesce(sum(wrong), 0) from sign_in_attempts"))
}

func TestDisabledAccountIsRefusedImmediately(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	pair, _, _ := strings.Cut(s.signIn("mel@acme.example", goodPassword).ok(201).header.Get("Set-Cookie"), ";")
	mel := s.token(s.member, s.acme, "read")
	s.do("GET", "!/api/v1/session", "", "", "Cookie", pair).ok(200)
	_, err := s.db.SetDisabled(t.Context(), operator, s.member.ID, true)
	require.NoError(t, err)
	s.do("GET", "!/api/v1/session", "", "", "Cookie", pair).problem(401, "session_ended")
	s.do("GET", "/modes", mel, "").problem(401, "token_refused")
	s.signIn("mel@acme.example", goodPassword).problem(401, "wrong_credentials")
	_, err = s.db.SetDisabled(t.Context(), operator, s.member.ID, false)
	require.NoError(t, err)
	s.do("GET", "/modes", mel, "").ok(200)
	s.do("GET", "!/api/v1/session", "", "", "Cookie", pair).problem(401, "session_ended")
	s.signIn("mel@acme.example", goodPassword).ok(201)
}
