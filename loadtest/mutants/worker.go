package main

const (
	worker = "internal/worker/"
	render = "internal/render/"
)

// workerMutants are mutants of how changes are written to Redis.
var workerMutants = []mutant{
	{
		name: "sweep", promises: "1", mechanism: "the sweep publishes what no job did",
		file: worker, old: `return p.sweep(ctx, s)`, new: `_ = s
		return nil`,
		proof: test("worker", "TestSweepPublishesChangeWithoutJob"),
	},
	{
		name: "sweep-tokens", promises: "1, 6", mechanism: "the sweep publishes tokens, too",
		file: worker, old: `for _, t := range tokens {`, new: `for _, t := range tokens[:0] {`,
		proof: simulated(60),
	},
	{
		name: "skip-only-if-published", promises: "1", mechanism: "a publication is skipped only where nothing is pending",
		file: postgres, old: `Pending:      row.PendingSince != nil,`, new: `Pending:      row.PublishedRevision < row.Revision,`,
		proof: test("worker", "TestNewBuiltinsRaiseEdition"),
	},
	{
		name: "reconcile", promises: "1, 4", mechanism: "a Redis that isn't the one that was filled is filled again",
		file: worker, old: `if state != ours {`, new: `if state != ours && false {`,
		proof: test("worker", "TestFlushedRedisIsRefilled"),
	},
	{
		name: "compare-once", promises: "1, 2", mechanism: "a new leader holds all of Redis against Postgres",
		file: worker, old: `} else if !*compared {`, new: `} else if false {`,
		proof: test("worker", "TestRedisAheadHaltsUntilEpochIsRaised"),
	},
	{
		name: "raise-before-compare", promises: "1, 3", mechanism: "the incarnation is raised before anything is compared",
		file: worker, old: `inst, err := p.store.RaiseIncarnation(ctx, found.Incarnation)`, new: `err := error(nil)`,
		proof: simulated(100),
	},
	{
		name: "unpublish-what-differs", promises: "1, 3", mechanism: "what Redis turns out not to have is pending again",
		file: worker, old: `if err := r.p.store.MarkUnpublished(ctx, id, known); err != nil {`, new: `if err := error(nil); err != nil {`,
		proof: test("worker", "TestFlushedRedisIsRefilled|TestWritesLostInFailoverAreRepublished"),
	},
	{
		name: "unpublish-tokens", promises: "1, 6", mechanism: "tokens that Redis turns out not to have are pending again",
		file: worker, old: `if err := r.p.store.MarkTokensUnpublished(ctx, differ); err != nil {`, new: `if err := error(nil); err != nil {`,
		proof: test("worker", "TestFlushedRedisIsRefilled"),
	},
	{
		name: "halt-if-ahead", promises: "2", mechanism: "publishing halts where Redis has a revision that Postgres doesn't know",
		file: worker, old: `r.redisAhead = staleDatabaseMessage(ids[i], have[i], want.Epoch, now)`, new: `_ = staleDatabaseMessage(ids[i], have[i], want.Epoch, now)`,
		proof: test("worker", "TestRedisAheadHaltsUntilEpochIsRaised"),
	},
	{
		name: "halt-if-token-ahead", promises: "6", mechanism: "publishing halts where Redis has a token's version that Postgres doesn't know",
		file: worker, old: `if have[i].Epoch == r.inst.Epoch && have[i].Version > t.Version {`, new: `if false {`,
		proof: test("worker", "TestRedisAheadHaltsUntilEpochIsRaised|TestTokenAheadOfDatabaseHalts"),
	},
	{
		name: "halt-on-write", promises: "2", mechanism: "publishing halts where a write meets a version that Postgres doesn't know",
		file: worker, old: `p.halt(staleDatabaseMessage(lib.Organization.ID.String(), have, inst.Epoch, now))`, new: ``,
		proof: test("worker", "TestWriteAheadOfDatabaseHalts"),
	},
	{
		name: "halt-epoch", promises: "2", mechanism: "publishing halts where Redis was filled under a later epoch",
		file: worker, old: `if found.Epoch > inst.Epoch {`, new: `if false {`,
		proof: test("worker", "TestRedisWithLaterEpochHalts"),
	},
	{
		name: "halted-no-marks", promises: "3", mechanism: "no watermarks are sent while publishing is halted",
		file: worker, old: `if p.synced.Load() && p.Halted() == "" {`, new: `if true {`,
		proof: test("worker", "TestHaltedWorkerWritesNoWatermarks"),
	},
	{
		name: "mark-exceptions", promises: "3", mechanism: "a mark names the organizations that are unpublished",
		file: worker, old: `if len(u.Organizations) > 0 {`, new: `if false {`,
		proof: test("worker", "TestWatermarksExcludeUnpublishedSubjects"),
	},
	{
		name: "mark-token-exceptions", promises: "3, 6", mechanism: "a mark names the tokens that are unpublished",
		file: worker, old: `m := pubstore.Watermark{AsOf: u.At, Tokens: u.Tokens}`, new: `m := pubstore.Watermark{AsOf: u.At}`,
		proof: test("worker", "TestWatermarksExcludeUnpublishedSubjects"),
	},
	{
		name: "mark-more", promises: "3", mechanism: "a mark with too many exceptions is as of the oldest of them",
		file: worker, old: `return pubstore.Watermark{AsOf: u.Oldest}`, new: `return pubstore.Watermark{AsOf: u.At}`,
		proof: test("worker", "TestWatermarkWithTooManyExclusionsIsEarlier"),
	},
	{
		name: "edition-superseded", promises: "2", mechanism: "a worker of an older edition does not publish",
		file: worker, old: `if lib.Edition > edition {`, new: `if false {`,
		proof: test("worker", "TestNewBuiltinsRaiseEdition|TestSupersededWorkerDoesNotPublish"),
	},
	{
		name: "tombstone", promises: "4", mechanism: "a deleted organization is published as a tombstone",
		file: worker, old: `Deleted:      lib.Deleted,`, new: ``,
		proof: test("worker", "TestDeletedOrganizationIsPublishedAsTombstone"),
	},
	{
		name: "tags-planned", promises: "2", mechanism: "tags are settled in Postgres before Redis gets them",
		file: worker, old: `doc.Representations[i].Tag.Epoch, doc.Representations[i].Tag.Revision = r.Epoch, r.Revision`, new: `_ = r
		doc.Representations[i].Tag.Epoch, doc.Representations[i].Tag.Revision = doc.Version.Epoch, doc.Version.Revision`,
		proof: test("worker", "TestTagsOfUnchangedBytesSurviveRedisLoss"),
	},
	{
		name: "failed-job-retried", promises: "1", mechanism: "a publication that fails is tried again by its job",
		file: worker, old: `p.log.Error("publishing failed: will retry", append(about, "error", err)...)
	return err`, new: `p.log.Error("publishing failed: will retry", append(about, "error", err)...)
	return nil`,
		proof: test("worker", "TestFailedJobIsRetried"),
	},
}
