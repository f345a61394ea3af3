package main

const (
	postgres = "internal/postgres/"
	queries  = "internal/postgres/sqlcgen/"
	imports  = "internal/imports/"

	migrations = "sql/migrations/"
)

// postgresMutants are mutants of what Postgres stores.
var postgresMutants = []mutant{
	{
		name: "job-in-transaction", promises: "1", mechanism: "a change and its publish job are committed in one transaction",
		file: postgres, old: `_, err := db.river.InsertManyTx(ctx, tx, todo)
	return err`, new: `_ = todo
	return nil`,
		proof: test("postgres", "TestChangeWritesRevisionVersionAuditAndJob"),
	},
	{
		name: "all-or-nothing", promises: "1", mechanism: "a change that fails leaves no job, no revision and no audit entry",
		file: postgres, old: `if err := fn(c); err != nil {
			return err
		}`, new: `if failed := fn(c); failed != nil {
			err = tx.Commit(ctx)
			return failed
		}`,
		proof: test("postgres", "TestFailedEditChangesNothing|TestTooManyModesAreRejected"),
	},
	{
		name: "audit-in-transaction", promises: "1", mechanism: "a change and its audit entry are committed in one transaction",
		file: postgres, old: `return insertAudit(ctx, c.q, c.by, auditEntry{
		organization: &c.org.ID, revision: &c.org.Revision, action: o.action,
		subject: audit.Subject{Kind: o.kind, ID: o.id.String(), Name: o.name}, before: before, after: after,
	})`, new: `return nil`,
		proof: test("postgres", "TestChangeWritesRevisionVersionAuditAndJob"),
	},
	{
		name: "expected-version", promises: "1", mechanism: "a change is refused if the object has changed since it was read",
		file: postgres, old: `if err != nil || op.ExpectedVersion == 0 || op.ExpectedVersion == o.Version {`, new: `if true {`,
		proof: test("postgres", "TestConcurrentUpdateFailsWithCurrentVersion"),
	},
	{
		name: "operation-failures", promises: "1", mechanism: "no operation of a change is applied if one of them fails",
		file: postgres, old: `	case len(failed) > 0:`, new: `	case len(failed) > len(ops):`,
		proof: test("postgres", "TestApplyReportsEveryFailureAndIsAtomic"),
	},
	{
		name: "dry-run", promises: "1", mechanism: "a dry run is rolled back",
		file: postgres, old: `			err = errDryRun`, new: `			err = nil`,
		proof: test("postgres", "TestApplyResultIsIndependentOfGrouping"),
	},
	{
		name: "revision-lock", promises: "1, 2", mechanism: "each change takes the next revision",
		file: queries + "organizations.sql.go", old: `set revision = revision + 1, changed_at = now(), pending_since = coalesce(pending_since, now())
where id = $1 and deleted_at is null`, new: `set revision = revision + 2, changed_at = now(), pending_since = coalesce(pending_since, now())
where id = $1 and deleted_at is null`,
		proof: test("postgres", "TestRevisionsHaveNoGaps"),
	},
	{
		name: "pending-since-oldest", promises: "3", mechanism: "an organization is pending since its oldest unpublished change",
		file: queries + "organizations.sql.go", old: `set revision = revision + 1, changed_at = now(), pending_since = coalesce(pending_since, now())
where id = $1 and deleted_at is null`, new: `set revision = revision + 1, changed_at = now(), pending_since = now()
where id = $1 and deleted_at is null`,
		proof: test("postgres", "TestOrganizationIsPendingSinceFirstChange"),
	},
	{
		name: "write-back-incarnation", promises: "1, 3", mechanism: "a document is not marked published if the Redis to which it was written has been replaced",
		file: queries + "publication.sql.go", old: `where o.id = $3 and i.incarnation = $4 and i.epoch = $5`, new: `where o.id = $3 and i.incarnation >= $4 and i.epoch = $5`,
		proof: test("postgres", "TestMarkPublishedRequiresCurrentIncarnation"),
	},
	{
		name: "token-write-back-incarnation", promises: "3, 6", mechanism: "a token is not marked published if the Redis to which its record was written has been replaced",
		file: queries + "tokens.sql.go", old: `where t.id = $2 and i.incarnation = $3 and i.epoch = $4`, new: `where t.id = $2 and i.incarnation >= $3 and i.epoch = $4`,
		proof: test("postgres", "TestMarkTokenPublishedRequiresCurrentIncarnationAndVersion"),
	},
	{
		name: "write-back-older", promises: "1, 3", mechanism: "marking an older revision published leaves the newer one pending",
		file: queries + "publication.sql.go", old: `when o.revision <= $1 and not exists`, new: `when not exists`,
		proof: test("postgres", "TestMarkPublishedRequiresCurrentIncarnation"),
	},
	{
		name: "token-write-back-older", promises: "3, 6", mechanism: "marking an older version of a token published leaves the newer one pending",
		file: queries + "tokens.sql.go", old: `pending_since = case when t.version <= $1 then null else t.pending_since end`, new: `pending_since = null`,
		proof: test("postgres", "TestMarkTokenPublishedRequiresCurrentIncarnationAndVersion"),
	},
	{
		name: "write-back-edition", promises: "1", mechanism: "content rendered by an older edition stays pending",
		file: queries + "publication.sql.go", old: `and not exists (select from editions e where e.number > $2) then null`, new: `then null`,
		proof: test("postgres", "TestClaimEditionSupersedesOlderEditions"),
	},
	{
		name: "tags-kept", promises: "2", mechanism: "a representation whose bytes did not change keeps its ETag",
		file: postgres, old: `if old, ok := previous[r.Name]; ok && old.SHA256 == r.SHA256 {`, new: `if old, ok := previous[r.Name]; false && ok {`,
		proof: test("postgres", "TestTagsChangeOnlyWithBytes"),
	},
	{
		name: "tags-changed", promises: "2", mechanism: "a representation whose bytes changed gets a new ETag",
		file: postgres, old: `if old, ok := previous[r.Name]; ok && old.SHA256 == r.SHA256 {`, new: `if old, ok := previous[r.Name]; ok {`,
		proof: test("postgres", "TestTagsChangeOnlyWithBytes"),
	},
	{
		name: "tags-of-an-epoch", promises: "2", mechanism: "ETags of an older epoch are never used again",
		file: postgres, old: `if before.Epoch == p.Epoch {`, new: `if true {`,
		proof: test("postgres", "TestTagsChangeOnlyWithBytes"),
	},
	{
		name: "plan-newer", promises: "2", mechanism: "a state older than the last planned one is not published",
		file: postgres, old: `if n == 0 {
			return ErrNewerPlanned`, new: `if n < 0 {
			return ErrNewerPlanned`,
		proof: test("postgres", "TestTagsChangeOnlyWithBytes"),
	},
	{
		name: "one-snapshot", promises: "2, 3", mechanism: "published content is a consistent snapshot",
		file: postgres, old: `IsoLevel: pgx.RepeatableRead`, new: `IsoLevel: pgx.ReadCommitted`,
		proof: test("postgres", "TestLibraryIsReadInOneSnapshot"),
	},
	{
		name: "watermark-time", promises: "3", mechanism: "the time of a watermark is from before its snapshot was taken",
		file: queries + "installation.sql.go", old: `select epoch, incarnation, now()::timestamptz as at from installation`, new: `select epoch, incarnation, clock_timestamp()::timestamptz as at from installation`,
		proof: test("postgres", "TestUnpublishedTimeIsNotAfterItsSnapshot"),
	},
	{
		name: "incarnation-above-found", promises: "1", mechanism: "a new incarnation is also above the one found in Redis",
		file: queries + "installation.sql.go", old: `greatest(incarnation, $1::bigint) + 1`, new: `incarnation + 1 + 0 * $1::bigint`,
		proof: test("postgres", "TestRaiseIncarnationExceedsFoundIncarnation"),
	},
	{
		name: "epoch-rises", promises: "2", mechanism: "the epoch never decreases",
		file: queries + "installation.sql.go", old: `where epoch < $1 returning`, new: `where true returning`,
		proof: test("postgres", "TestEpochOnlyRises"),
	},
	{
		name: "edition-superseded-stays", promises: "2", mechanism: "a superseded edition does not become current again",
		file: postgres, old: `if known || int(latest.Renderer) > renderer {`, new: `if false && known {`,
		proof: test("postgres", "TestClaimEditionSupersedesOlderEditions"),
	},
	{
		name: "edition-republishes", promises: "1", mechanism: "a new edition makes every organization pending",
		file: postgres, old: `_, err = q.UnpublishBelowEdition(ctx, number)
		return err`, new: `return nil`,
		proof: test("postgres", "TestClaimEditionSupersedesOlderEditions"),
	},
	{
		name: "removal-ends-tokens", promises: "6", mechanism: "removing a member ends the member's tokens for the organization, and publishes them",
		file: postgres, old: `return db.removeTokenAccess(ctx, tx, q, by, org, u)`, new: `return nil`,
		proof: test("postgres", "TestReaddedMemberHasNoOldTokens"),
	},
	{
		name: "removal-is-final", promises: "5, 6", mechanism: "a member who is added again does not regain the tokens of the earlier membership",
		file: migrations + "010_access.sql", old: `for each row execute function forget_old_tokens();`, new: `for each row when (false) execute function forget_old_tokens();`,
		proof: test("postgres", "TestMemberRemovedByEarlierReleaseHasNoOldTokens"),
	},
	{
		name: "disabling-published", promises: "6", mechanism: "disabling an account publishes its tokens again",
		file: postgres, old: `return db.republishTokens(ctx, tx, q, user)`, new: `return nil`,
		proof: test("postgres", "TestDisabledUserIsRefusedEverywhere"),
	},
	{
		name: "disabled-is-a-tombstone", promises: "6", mechanism: "the tokens of a disabled account are published as tombstones",
		file: postgres, old: `Revoked: row.RevokedAt != nil || u.DisabledAt != nil,`, new: `Revoked: row.RevokedAt != nil,`,
		proof: test("worker", "TestTokensOfDisabledUserArePublishedAsRevoked"),
	},
	{
		name: "token-needs-membership", promises: "5, 6", mechanism: "a token grants access only to organizations of which its user is a member",
		file: queries + "tokens.sql.go", old: `join members m on m.organization_id = o.organization_id and m.user_id = t.user_id
join users u on u.id = t.user_id
where o.token_id = $1`, new: `join users u on u.id = t.user_id
where o.token_id = $1`,
		proof: test("postgres", "TestTokenGrantsOnlyMembershipsOfItsUser"),
	},
	{
		name: "revocation-published", promises: "6", mechanism: "a revocation and its publish job are committed in one transaction",
		file: postgres + "tokens.go", old: `_, err = db.river.InsertTx(ctx, tx, jobs.PublishToken{TokenID: id, Version: row.Version}, nil)
		return err`, new: `return nil`,
		proof: test("postgres", "TestRevocationEnqueuesJob"),
	},
	{
		name: "revoked-is-a-tombstone", promises: "6", mechanism: "a revoked token is published as a tombstone",
		file: postgres, old: `Revoked: row.RevokedAt != nil || u.DisabledAt != nil,`, new: `Revoked: u.DisabledAt != nil,`,
		proof: test("worker", "TestTokensAndMembersArePublished"),
	},
	{
		name: "import-by-index", promises: "1", mechanism: "a choice for one entry of a file takes precedence over a choice for its name",
		file: imports, old: `if d, ok := c.ByIndex[e.Index]; ok {`, new: `if d, ok := c.ByIndex[e.Index]; ok && len(c.ByName) == 0 {`,
		proof: test("imports", "TestDecisionByIndexOverridesByName"),
	},
	{
		name: "import-free-name", promises: "1", mechanism: "a name that an earlier entry of a file was given is not free",
		file: imports, old: `	p.taken[p.kind.NameKey(name)] = true
	p.assigned`, new: `	p.assigned`,
		proof: test("imports", "TestFreeNameIsUniqueAmongEntries"),
	},
}
