package main

const (
	worker = "internal/worker/"
	render = "internal/render/"
)

// workerMutants are mutants of how changes are written to Redis.
var workerMutants = []mutant{
	{
		name: "sweep", promises: "1", mechanism: "the sweep publishes changes that have no job",
		file: worker, old: `return p.sweep(ctx, s)`, new: `_ = s
		return nil`,
		proof: test("worker", "TestSweepPublishesChangeWithoutJob"),
	},
	{
		name: "sweep-tokens", promises: "1, 6", mechanism: "the sweep publishes tokens that have no job",
		file: worker, old: `for _, t := range tokens {`, new: `for _, t := range tokens[:0] {`,
		proof: simulated(60),
	},
	{
		name: "skip-only-if-published", promises: "1", mechanism: "a publication is skipped only if nothing is pending",
		file: postgres, old: `Pending:      row.PendingSince != nil,`, new: `Pending:      row.PublishedRevision < row.Revision,`,
		proof: test("worker", "TestNewBuiltinsRaiseEdition"),
	},
	{
		name: "reconcile", promises: "1, 4", mechanism: "a Redis other than the one that was filled is filled again",
		file: worker, old: `if state != ours {`, new: `if state != ours && false {`,
		proof: test("worker", "TestFlushedRedisIsRefilled"),
	},
	{
		name: "compare-once", promises: "1, 2", mechanism: "a new leader compares all of Redis with Postgres",
		file: worker, old: `} else if !*compared {`, new: `} else if false {`,
		proof: test("worker", "TestRedisAheadHaltsUntilEpochIsRaised"),
	},
	{
		name: "raise-before-compare", promises: "1, 3", mechanism: "the incarnation is raised before the comparison begins",
		file: worker, old: `inst, err := p.store.RaiseIncarnation(ctx, found.Incarnation)`, new: `err := error(nil)`,
		proof: simulated(100),
	},
	{
		name: "unpublish-what-differs", promises: "1, 3", mechanism: "a document that Redis lacks or has in another version becomes pending",
		file: worker, old: `if err := r.p.store.MarkUnpublished(ctx, id, known); err != nil {`, new: `if err := error(nil); err != nil {`,
		proof: test("worker", "TestFlushedRedisIsRefilled|TestWritesLostInFailoverAreRepublished"),
	},
	{
		name: "unpublish-tokens", promises: "1, 6", mechanism: "a token that Redis lacks or has in another version becomes pending",
		file: worker, old: `if err := r.p.store.MarkTokensUnpublished(ctx, differ); err != nil {`, new: `if err := error(nil); err != nil {`,
		proof: test("worker", "TestFlushedRedisIsRefilled"),
	},
	{
		name: "halt-if-ahead", promises: "2", mechanism: "publishing halts if Redis has a revision that Postgres does not have",
		file: worker, old: `r.redisAhead = staleDatabaseMessage(ids[i], have[i], want.Epoch, now)`, new: `_ = staleDatabaseMessage(ids[i], have[i], want.Epoch, now)`,
		proof: test("worker", "TestRedisAheadHaltsUntilEpochIsRaised"),
	},
	{
		name: "halt-if-token-ahead", promises: "6", mechanism: "publishing halts if Redis has a version of a token that Postgres does not have",
		file: worker, old: `if have[i].Epoch == r.inst.Epoch && have[i].Version > t.Version {`, new: `if false {`,
		proof: test("worker", "TestRedisAheadHaltsUntilEpochIsRaised|TestTokenAheadOfDatabaseHalts"),
	},
	{
		name: "halt-on-write", promises: "2", mechanism: "publishing halts if a write finds a version that Postgres does not have",
		file: worker, old: `p.halt(staleDatabaseMessage(lib.Organization.ID.String(), have, inst.Epoch, now))`, new: ``,
		proof: test("worker", "TestWriteAheadOfDatabaseHalts"),
	},
	{
		name: "halt-epoch", promises: "2", mechanism: "publishing halts if Redis was filled under a later epoch",
		file: worker, old: `if found.Epoch > inst.Epoch {`, new: `if false {`,
		proof: test("worker", "TestRedisWithLaterEpochHalts"),
	},
	{
		name: "halted-no-watermarks", promises: "3", mechanism: "no watermarks are written while publishing is halted",
		file: worker, old: `if p.synced.Load() && p.Halted() == "" {`, new: `if true {`,
		proof: test("worker", "TestHaltedWorkerWritesNoWatermarks"),
	},
	{
		name: "watermark-exclusions", promises: "3", mechanism: "a watermark excludes the organizations that are pending",
		file: worker, old: `if len(u.Organizations) > 0 {`, new: `if false {`,
		proof: test("worker", "TestWatermarksExcludeUnpublishedSubjects"),
	},
	{
		name: "watermark-token-exclusions", promises: "3, 6", mechanism: "a watermark excludes the tokens that are pending",
		file: worker, old: `m := pubstore.Watermark{AsOf: u.At, Tokens: u.Tokens}`, new: `m := pubstore.Watermark{AsOf: u.At}`,
		proof: test("worker", "TestWatermarksExcludeUnpublishedSubjects"),
	},
	{
		name: "watermark-overflow", promises: "3", mechanism: "a watermark with too many exclusions has the time of the oldest one",
		file: worker, old: `return pubstore.Watermark{AsOf: u.Oldest}`, new: `return pubstore.Watermark{AsOf: u.At}`,
		proof: test("worker", "TestWatermarkWithTooManyExclusionsIsEarlier"),
	},
	{
		name: "edition-superseded", promises: "2", mechanism: "a worker with a superseded edition does not publish",
		file: worker, old: `if lib.Edition > edition {`, new: `if false {`,
		proof: test("worker", "TestNewBuiltinsRaiseEdition|TestSupersededWorkerDoesNotPublish"),
	},
	{
		name: "tombstone", promises: "4", mechanism: "a deleted organization is published as a tombstone",
		file: worker, old: `Deleted:      lib.Deleted,`, new: ``,
		proof: test("worker", "TestDeletedOrganizationIsPublishedAsTombstone"),
	},
	{
		name: "tags-planned", promises: "2", mechanism: "ETags are stored in Postgres before Redis receives them",
		file: worker, old: `doc.Representations[i].Tag.Epoch, doc.Representations[i].Tag.Revision = r.Epoch, r.Revision`, new: `_ = r
		doc.Representations[i].Tag.Epoch, doc.Representations[i].Tag.Revision = doc.Version.Epoch, doc.Version.Revision`,
		proof: test("worker", "TestTagsOfUnchangedBytesSurviveRedisLoss"),
	},
	{
		name: "failed-job-retried", promises: "1", mechanism: "a job retries a publication that failed",
		file: worker, old: `p.log.Error("publishing failed: will retry", append(about, "error", err)...)
	return err`, new: `p.log.Error("publishing failed: will retry", append(about, "error", err)...)
	return nil`,
		proof: test("worker", "TestFailedJobIsRetried"),
	},
}
