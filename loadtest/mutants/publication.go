package main

// publicationMutants are mutants of the mechanisms that run one render at a time and let
// none get stuck.
var publicationMutants = []mutant{
	{
		name: "lease-taken", promises: "1", mechanism: "concurrent changes of an organization are rendered once",
		file: worker, old: `case state.Held:
		p.metrics.Publications.WithLabelValues("document", "coalesced").Inc()
		return nil
	case !state.Pending:`, new: `case state.Held:
		force = true
	case !state.Pending:`,
		proof: test("worker", "TestChangesDuringRenderCauseOneMoreRender"),
	},
	{
		name: "changed-during-render", promises: "1, 3", mechanism: "a change during a render is published by a second render",
		file: worker, old: `err = enqueue(ctx, job.Args, job.Queue)`, new: `err = nil`,
		proof: test("worker", "TestChangesDuringRenderCauseOneMoreRender"),
	},
	{
		name: "rerun-requested", promises: "1", mechanism: "a job that finds the lease of its organization taken asks the holder for another render",
		file: queries + "publication_leases.sql.go", old: `    again = not ($5 or l.expires_at <= now())`, new: `    again = false`,
		proof: test("postgres", "TestLeaseHasOneHolder|TestPublicationRequestIsNeverLost"),
	},
	{
		name: "heartbeat", promises: "1", mechanism: "the heartbeat extends the lease of a slow render",
		file: worker, old: `go func() {
		defer close(beating)
		l.keepAlive(working, cancel)
	}()`, new: `close(beating)`,
		proof: test("worker", "TestSlowRenderKeepsItsLease"),
	},
	{
		name: "lease-lost", promises: "1", mechanism: "a publication stops once another worker has its lease",
		file: worker, old: `if err == nil && !renewed {
		return errLeaseLost
	}`, new: `_ = renewed`,
		proof: test("worker", "TestPublicationStopsWhenLeaseIsLost"),
	},
	{
		name: "job-returned", promises: "1", mechanism: "the job of a dead worker returns to the queue",
		file: worker, old: `n, err := p.store.RequeueExpired(ctx, p.leaseTime)`, new: `n, err := 0, error(nil)`,
		proof: test("worker", "TestJobOfDeadWorkerReturnsToQueue"),
	},
	{
		name: "no-job-timeout", promises: "1", mechanism: "no deadline ends the publication of a large library",
		file: worker, old: `func (j *organizationJob) Timeout(*river.Job[jobs.PublishOrganization]) time.Duration { return -1 }`, new: `func (j *organizationJob) Timeout(*river.Job[jobs.PublishOrganization]) time.Duration {
	return time.Second
}`,
		proof: test("worker", "TestSlowRenderKeepsItsLease"),
	},
	{
		name: "write-progress", promises: "1", mechanism: "a large write to Redis is timed by its progress",
		file: pubstore, old: `func (c *progressConn) SetWriteDeadline(time.Time) error { return nil }`, new: `func (c *progressConn) SetWriteDeadline(t time.Time) error {
	c.timeout = 0
	return c.Conn.SetWriteDeadline(t)
}`,
		proof: test("pubstore", "TestWriteTimeoutAppliesToEachChunk"),
	},
	{
		name: "large-queue", promises: "1, 3", mechanism: "large libraries cannot take all job slots",
		file: worker, old: `case pub.requeueLarge != nil && isLarge(state.Bytes):`, new: `case false:`,
		proof: test("worker", "TestLargeLibrariesDoNotDelaySmallOnes"),
	},
	{
		name: "render-budget", promises: "1", mechanism: "memory limits how many renders run concurrently",
		file: worker, old: `if !sem.TryAcquire(cost) {`, new: `if sem.TryAcquire(cost); false {`,
		proof: test("worker", "TestRenderBudgetIsNotExceeded"),
	},
	{
		name: "stale-sources", promises: "1", mechanism: "a collection is rendered if anything that it is made of has changed",
		file: render, old: `return slices.ContainsFunc(c.Sources, matches(changed)) ||`, new: `return`,
		proof: test("worker", "TestChangeRendersOnlyItsCollection"),
	},
	{
		name: "stale-names", promises: "1", mechanism: "a collection is rendered if something that it names has another name",
		file: render, old: `|| slices.ContainsFunc(c.NameSources, matches(renamed))`, new: ``,
		proof: test("worker", "TestChangeRendersOnlyItsCollection"),
	},
	{
		name: "stale-edition", promises: "1, 2", mechanism: "what another edition rendered does not stay",
		file: worker, old: `|| planned.Edition != edition {`, new: `{`,
		proof: test("worker", "TestNewBuiltinsRaiseEdition"),
	},
	{
		name: "stays-only-if-there", promises: "1, 4", mechanism: "a collection is kept only if Redis has its planned version",
		file: worker, old: `|| !stored.Keep(&r, p.codings) {`, new: `|| !stored.Keep(&r, p.codings) && false {`,
		proof: test("worker", "TestUnchangedCollectionLostByRedisIsSentAgain"),
	},
	{
		name: "more-effort", promises: "1", mechanism: "what Redis turns out to have lost is sent whole",
		file: worker, old: `		pub.effort++
`, new: ``,
		proof: test("worker", "TestUnchangedCollectionLostByRedisIsSentAgain"),
	},
	{
		name: "collections-edition", promises: "1", mechanism: "another set of collections is another edition",
		file: worker, old: `if len(w.manyNamed) == 0 {`, new: `if true {`,
		proof: test("worker", "TestNewCollectionRaisesEdition"),
	},
	{
		name: "part-whole", promises: "2, 4", mechanism: "a part is of one version: its payload is read along with its index",
		file: pubstore, old: `if !whole {`, new: `if false {`,
		proof: test("pubstore", "TestPartHasOneVersionDespitePublication"),
	},
	{
		name: "unchanged-kept", promises: "1", mechanism: "a representation whose hash is unchanged in Redis is neither compressed nor sent again",
		file: worker, old: `if !stored.Keep(&rep, p.codings) {`, new: `if true {`,
		proof: test("worker", "TestUnchangedRepresentationsAreNotSentAgain|TestChangeRendersOnlyItsCollection"),
	},
	{
		name: "kept-index", promises: "2, 4", mechanism: "a representation is kept in Redis only if it is the one that the worker found there",
		file: scripts + "publish_document.lua", old: `if redis.sha1hex(redis.call('HGET', KEYS[4], ARGV[i]) or '') ~= ARGV[i + 1] then`, new: `if false then`,
		proof: test("pubstore", "TestChangedStoredDataIsNotKept"),
	},
	{
		name: "kept-length", promises: "4", mechanism: "a representation is kept in Redis only if it is complete",
		file: scripts + "publish_document.lua", old: `if redis.call('HSTRLEN', KEYS[4], ARGV[i]) ~= tonumber(ARGV[i + 1]) then`, new: `if false then`,
		proof: test("pubstore", "TestChangedStoredDataIsNotKept"),
	},
	{
		name: "late-named", promises: "3", mechanism: "the health of a worker names organizations that are late",
		file: worker, old: `if late == nil || late.Organizations == 0 {`, new: `if true {`,
		proof: test("worker", "TestHealthNamesLateOrganization|TestStalledPublishingIsUnhealthy"),
	},
}
