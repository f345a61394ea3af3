-- name: PendingOrganizations :many
-- PendingOrganizations omits organizations that are being published.
select o.id, o.revision from organizations o
where o.pending_since <= now() - make_interval(secs => @older_than_seconds::float8)
  and not exists (select from publication_leases l where l.organization_id = o.id and l.expires_at > now())
order by o.pending_since, o.id
limit @row_limit;

-- name: MarkOrganizationPending :one
update organizations set pending_since = coalesce(pending_since, now()) where id = @id returning revision;

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
