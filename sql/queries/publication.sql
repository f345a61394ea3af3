-- name: GetInstallation :one
select epoch, incarnation from installation;

-- name: RaiseIncarnation :one
update installation set incarnation = greatest(incarnation, @found::bigint) + 1 returning epoch, incarnation;

-- name: RaiseEpoch :one
update installation set epoch = @epoch, incarnation = incarnation + 1 where epoch < @epoch returning epoch, incarnation;

-- name: LatestEdition :one
select number, renderer, builtins_sha256, raised_at from editions order by number desc limit 1;

-- name: EditionKnown :one
select exists (select from editions where renderer = @renderer and builtins_sha256 = @builtins_sha256)::boolean as known;

-- name: InsertEdition :one
insert into editions (renderer, builtins_sha256) values (@renderer, @builtins_sha256) returning number;

-- name: UnpublishBelowEdition :execrows
update organizations
set pending_since = coalesce(pending_since, now())
where published_edition < @edition;

-- name: GetPublication :one
select organization_id, epoch, revision, edition, representations, planned_at
from publications where organization_id = @organization_id;

-- name: ListChangedKinds :many
-- ListChangedKinds lists the kinds of the objects changed after a revision. History is never
-- deleted, so objects of other kinds are unchanged. For the kinds in @named, renamed reports whether
-- an object got another name.
select subject_kind, bool_or(case
    when subject_kind = any(@named::text[]) and before is not null and after is not null
    then exists (select from unnest(@name_fields::text[]) f where before->f is distinct from after->f)
    else false
  end)::boolean as renamed
from audit_log
where organization_id = @organization_id and revision > @revision::bigint
group by subject_kind;

-- name: LockPublication :one
select organization_id, epoch, revision, edition, representations, planned_at
from publications where organization_id = @organization_id
for update;

-- name: UpsertPublication :execrows
insert into publications (organization_id, epoch, revision, edition, representations)
values (@organization_id, @epoch, @revision, @edition, @representations)
on conflict on constraint publications_pkey do update
set epoch = excluded.epoch, revision = excluded.revision, edition = excluded.edition,
    representations = excluded.representations, planned_at = now()
where (publications.epoch, publications.revision, publications.edition) <= (excluded.epoch, excluded.revision, excluded.edition);

-- name: OrganizationPublished :execrows
-- OrganizationPublished applies only under the incarnation that the script wrote to (see
-- TokenPublished). An organization that is still pending is pending since its oldest unpublished
-- change. live_at is when readers got the revision. live_saved_at is when that revision was saved,
-- regardless of later ones. If a revision is republished without having been lost, live_at stays
-- unchanged. After a loss, live_at is the current time.
update organizations o
set published_revision = greatest(o.published_revision, @revision::bigint),
    published_edition = greatest(o.published_edition, @edition::bigint),
    live_revision = case when o.published_revision < @revision then greatest(o.live_revision, @revision) else o.live_revision end,
    live_at = case when o.published_revision < @revision then now() else o.live_at end,
    live_saved_at = case
      when o.published_revision >= @revision then o.live_saved_at
      when o.live_revision >= @revision then null
      when o.revision = @revision then o.changed_at
      else (select min(a.occurred_at) from audit_log a where a.organization_id = o.id and a.revision = @revision)
    end,
    pending_since = case
      when o.revision <= @revision and not exists (select from editions e where e.number > @edition) then null
      else coalesce((select min(a.occurred_at) from audit_log a where a.organization_id = o.id and a.revision > @revision), o.pending_since)
    end
from installation i
where o.id = @id and i.incarnation = @incarnation and i.epoch = @epoch;

-- name: PendingOrganizations :many
-- PendingOrganizations omits organizations that are being published.
select o.id, o.revision from organizations o
where o.pending_since <= now() - make_interval(secs => @older_than_seconds::float8)
  and not exists (select from publication_leases l where l.organization_id = o.id and l.expires_at > now())
order by o.pending_since, o.id
limit @row_limit;

-- name: UnpublishOrganization :execrows
-- UnpublishOrganization records that Redis has an older revision than the published one, or none
-- (0). The organization is pending since the first change that Redis lacks.
update organizations o
set published_revision = @found_revision, published_edition = 0,
    pending_since = coalesce(
      (select min(a.occurred_at) from audit_log a where a.organization_id = o.id and a.revision > @found_revision),
      o.created_at)
where o.id = @id;

-- name: ListPublishedRevisions :many
select id, revision from organizations
where id > @after_id
order by id
limit @row_limit;

-- name: CountPending :one
select
  (select count(*) from organizations where pending_since is not null)::bigint as organizations,
  (select count(*) from tokens where pending_since is not null)::bigint as tokens,
  (select coalesce(extract(epoch from now() - min(pending_since)), 0) from organizations where pending_since is not null)::float8 as oldest_organization,
  (select coalesce(extract(epoch from now() - min(pending_since)), 0) from tokens where pending_since is not null)::float8 as oldest_token;

-- name: ListPending :many
-- ListPending lists, for the marks, unpublished organizations and tokens and the times since which
-- they are pending, as of this snapshot.
select o.id::uuid as organization_id, ''::bytea as sha256, o.pending_since::timestamptz as pending_since
from organizations o where o.pending_since is not null
union all
select '00000000-0000-0000-0000-000000000000'::uuid, t.sha256, t.pending_since
from tokens t where t.pending_since is not null
order by 3
limit @row_limit;

-- name: GetInstallationAt :one
select epoch, incarnation, now()::timestamptz as at from installation;

-- name: LockInstallation :one
select epoch, incarnation from installation for update;


-- name: PendingOne :one
update organizations set pending_since = coalesce(pending_since, now()) where id = @id returning revision;

-- name: GetEdition :one
select number, renderer, builtins_sha256, raised_at from editions where number = @number;

-- name: KnownOrganizations :many
select id from organizations where id = any(@ids::uuid[]);

-- name: KnownTokens :many
select sha256 from tokens where sha256 = any(@hashes::bytea[]);

-- name: ListEditions :many
select number, renderer, builtins_sha256, raised_at from editions order by number desc limit @row_limit;
