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
