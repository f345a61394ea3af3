package reader

// Header names as sent on the wire, and values common to many answers. They are
// byte slices so that nothing is converted per request.
var (
	headerAllow              = []byte("Allow")
	headerCacheControl       = []byte("Cache-Control")
	headerCacheStatus        = []byte("Cache-Status")
	headerContentEncoding    = []byte("Content-Encoding")
	headerContentType        = []byte("Content-Type")
	headerContentTypeOptions = []byte("X-Content-Type-Options")
	headerETag               = []byte("ETag")
	headerPollInterval       = []byte("X-Poll-Interval")
	headerReprDigest         = []byte("Repr-Digest")
	headerRetryAfter         = []byte("Retry-After")
	headerVary               = []byte("Vary")
	headerWWWAuthenticate    = []byte("WWW-Authenticate")

	// max-age=0 rather than no-cache, which would also forbid the stale answer.
	valueCacheControl = []byte("private, max-age=0, stale-if-error=86400")
	valueNosniff      = []byte("nosniff")
	valueNoStore      = []byte("no-store")
	valueProblemJSON  = []byte("application/problem+json")

	valueVary            = []byte("Authorization, Accept-Encoding")
	valueVaryMarketplace = []byte("Authorization, Accept-Encoding, X-KiloCode-OrganizationId")
)

// The request headers that the reader uses; fasthttp accepts them in any letter
// case.
const (
	requestAuthorization  = "Authorization"
	requestAcceptEncoding = "Accept-Encoding"
	requestIfMatch        = "If-Match"
	requestIfNoneMatch    = "If-None-Match"
	requestOrganization   = "X-Kilocode-Organizationid"
)

// cacheStatus holds the values of Cache-Status (RFC 9211; detail is section 2.8) by
// lookupResult: the first one for a fresh answer, the second one for a stale one.
var cacheStatus = [...][2][]byte{
	hit:           {[]byte("orgmodes; hit"), []byte("orgmodes; hit; detail=stale")},
	missStored:    {[]byte("orgmodes; fwd=miss; stored"), []byte("orgmodes; fwd=miss; stored; detail=stale")},
	missCollapsed: {[]byte("orgmodes; fwd=miss; collapsed"), []byte("orgmodes; fwd=miss; collapsed; detail=stale")},
}

func cacheStatusFor(from lookupResult, fresh bool) []byte {
	if fresh {
		return cacheStatus[from][0]
	}
	return cacheStatus[from][1]
}
