-- name: AskToPublish :one
-- AskToPublish reports whether anything is unpublished, and about how many bytes must be rendered:
-- those of the kinds affected by changes since the last planned publication. If that publication has
-- another epoch or edition, all kinds count. A kind in @reads is affected if one of the
-- corresponding kind in @changes was changed, or, with @renamed_only, if one got another name.
-- If another publication holds the lease, its again flag is set to request another run. The bytes
-- are not counted then, because counting takes some time for a large library.
with word as (
  update publication_leases set again = true
  where organization_id = @id and expires_at > now() and not @force::boolean
  returning organization_id
), planned as (
  select p.revision from publications p
  where p.organization_id = @id and not @whole::boolean
    and p.epoch = (select i.epoch from installation i) and p.edition = (select max(e.number) from editions e)
), changed as (
  select distinct a.subject_kind as kind from audit_log a, planned p where a.organization_id = @id and a.revision > p.revision
), renders as (
  select r.kind from changed c
  join (select unnest(@changes::text[]) as change, unnest(@reads::text[]) as kind, unnest(@renamed_only::boolean[]) as renamed_only) r on r.change = c.kind
  where not r.renamed_only or exists (
    select from audit_log a, planned p, unnest(@name_fields::text[]) f
    where a.organization_id = @id and a.revision > p.revision and a.subject_kind = c.kind
      and a.before is not null and a.after is not null and a.before->f is distinct from a.after->f)
)
select (o.pending_since is not null)::boolean as pending,
  exists (select from word)::boolean as held,
  (case when o.pending_since is null or o.deleted_at is not null or exists (select from word) then 0 else
    (select coalesce(sum(octet_length(m.config::text) + octet_length(m.name)), 0) from organization_modes m
      where m.organization_id = o.id
        and (not exists (select from planned) or exists (select from renders where kind = 'mode')))
    + (select coalesce(sum(r.bytes), 0) from resources r
      where r.organization_id = o.id
        and (not exists (select from planned) or r.kind in (select kind from renders)))
  end)::bigint as bytes
from organizations o
where o.id = @id;

-- name: TakePublicationLease :one
-- TakePublicationLease sets the again flag if another holder has the lease. The holder reads the flag
-- when it ends the lease. Both write the same row, so either the flag is set before the end, or the
-- lease is already gone.
insert into publication_leases as l (organization_id, holder, job_id, expires_at)
values (@organization_id, @holder, sqlc.narg(job_id), now() + make_interval(secs => @lease_seconds::float8))
on conflict on constraint publication_leases_pkey do update
set holder = case when @force::boolean or l.expires_at <= now() then excluded.holder else l.holder end,
    job_id = case when @force or l.expires_at <= now() then excluded.job_id else l.job_id end,
    taken_at = case when @force or l.expires_at <= now() then now() else l.taken_at end,
    expires_at = case when @force or l.expires_at <= now() then excluded.expires_at else l.expires_at end,
    again = not (@force or l.expires_at <= now())
returning (l.holder = @holder)::boolean as taken;

-- name: RenewPublicationLease :execrows
update publication_leases
set expires_at = now() + make_interval(secs => @lease_seconds::float8)
where organization_id = @organization_id and holder = @holder;

-- name: EndPublicationLease :one
delete from publication_leases where organization_id = @organization_id and holder = @holder returning again;

-- name: DeleteExpiredPublicationLeases :many
delete from publication_leases where expires_at <= now() returning organization_id, job_id;

-- name: LateOrganizations :one
-- LateOrganizations counts the organizations pending for @late_seconds or longer, and returns the
-- oldest of them.
select count(*)::bigint as late,
  coalesce((array_agg(o.id order by o.pending_since, o.id))[1], '00000000-0000-0000-0000-000000000000')::uuid as oldest,
  coalesce(extract(epoch from now() - min(o.pending_since)), 0)::float8 as oldest_seconds
from organizations o
where o.pending_since <= now() - make_interval(secs => @late_seconds::float8);

-- name: PublishingMoves :one
-- PublishingMoves reports whether anything was published within @within_seconds, or is being rendered.
select (exists (select from organizations where live_at > now() - make_interval(secs => @within_seconds::float8))
  or exists (select from publication_leases where expires_at > now()))::boolean as moves;
