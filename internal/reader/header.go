package reader

// Header names as they go over the wire, and the
// values that are the same in many answers, as bytes: nothing is converted per
// request.
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

	// max-age=0 and not no-cache: that would forbid the stale answer, too.
	valueCacheControl = []byte("private, max-age=0, stale-if-error=86400")
	valueNosniff      = []byte("nosniff")
	valueNoStore      = []byte("no-store")
	valueProblemJSON  = []byte("application/problem+json")

	valueVary            = []byte("Authorization, Accept-Encoding")
	valueVaryMarketplace = []byte("Authorization, Accept-Encoding, X-KiloCode-OrganizationId")
)

// The names that are asked of requests; fasthttp takes and keeps them in any
// letter case.
const (
	requestAuthorization  = "Authorization"
	requestAcceptEncoding = "Accept-Encoding"
	requestIfNoneMatch    = "If-None-Match"
	requestOrganization   = "X-Kilocode-Organizationid"
)

// cacheStatus says whether an answer came from memory, and whether it is known to
// be fresh (RFC 9211; detail is section 2.8). First where it is, then where not.
var cacheStatus = [...][2][]byte{
	hit:           {[]byte("orgmodes; hit"), []byte("orgmodes; hit; detail=stale")},
	missStored:    {[]byte("orgmodes; fwd=miss; stored"), []byte("orgmodes; fwd=miss; stored; detail=stale")},
	missCollapsed: {[]byte("orgmodes; fwd=miss; collapsed"), []byte("orgmodes; fwd=miss; collapsed; detail=stale")},
}

func statusOf(from outcome, fresh bool) []byte {
	if fresh {
		return cacheStatus[from][0]
	}
	return cacheStatus[from][1]
}
