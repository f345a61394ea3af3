-- name: InsertVersion :exec
insert into versions (subject_kind, subject_id, version, organization_id, revision, action, content, actor_kind, actor_id, actor_name)
values (@subject_kind, @subject_id, @version, @organization_id, @revision, @action, @content, @actor_kind, @actor_id, @actor_name);

-- name: ListVersions :many
select subject_kind, subject_id, version, organization_id, revision, action, content, actor_kind, actor_id, actor_name, occurred_at
from versions
where organization_id = @organization_id and subject_kind = @subject_kind and subject_id = @subject_id and version < @before_version
order by version desc
limit @row_limit;

-- name: ListVersionSummaries :many
-- ListVersionSummaries reduces the contents of the versions to the names that lists show.
select subject_kind, subject_id, version, organization_id, revision, action,
  jsonb_strip_nulls(jsonb_build_object('slug', content -> 'slug', 'name', content -> 'name'))::jsonb as content,
  actor_kind, actor_id, actor_name, occurred_at
from versions
where organization_id = @organization_id and subject_kind = @subject_kind and subject_id = @subject_id and version < @before_version
order by version desc
limit @row_limit;

-- name: ListHistory :many
-- ListHistory lists the versions of all objects of a kind, newest first, each with the previous
-- one. Changes of the same revision are ordered by object id, so that a page can end between them.
select v.subject_id, v.version, v.revision, v.action, v.content, v.actor_kind, v.actor_id, v.actor_name, v.occurred_at,
  previous.action as previous_action, previous.content as previous_content
from versions v
left join versions previous
  on previous.subject_kind = v.subject_kind and previous.subject_id = v.subject_id and previous.version = v.version - 1
where v.organization_id = @organization_id and v.subject_kind = @subject_kind
  and (v.revision, v.subject_id, v.version) < (@before_revision::bigint, @before_subject::uuid, @before_version::bigint)
order by v.revision desc, v.subject_id desc, v.version desc
limit @row_limit;

-- name: GetVersion :one
select subject_kind, subject_id, version, organization_id, revision, action, content, actor_kind, actor_id, actor_name, occurred_at
from versions
where organization_id = @organization_id and subject_kind = @subject_kind and subject_id = @subject_id and version = @version;

-- name: LastVersion :one
select coalesce(max(version), 0)::bigint as version
from versions
where organization_id = @organization_id and subject_kind = @subject_kind and subject_id = @subject_id;

-- name: ListDeleted :many
-- ListDeleted lists objects that were deleted and not restored: their newest version is the
-- deletion. The newest version is looked up for each deletion, which costs little compared with
-- reading all versions. Contents are reduced to names.
select v.subject_id, v.version, v.revision,
  jsonb_strip_nulls(jsonb_build_object('slug', v.content -> 'slug', 'name', v.content -> 'name'))::jsonb as content,
  v.actor_kind, v.actor_id, v.actor_name, v.occurred_at
from versions v
where v.organization_id = @organization_id and v.subject_kind = @subject_kind and v.action = 'delete'
  and v.version = (
    select max(newest.version) from versions newest
    where newest.subject_kind = v.subject_kind and newest.subject_id = v.subject_id)
  and (v.revision, v.subject_id) < (@before_revision::bigint, @before_subject::uuid)
order by v.revision desc, v.subject_id desc
limit @row_limit;

-- name: ListDeletedBy :many
-- ListDeletedBy lists the objects that a revision deleted.
select subject_id, version
from versions
where organization_id = @organization_id and subject_kind = @subject_kind and revision = @revision and action = 'delete'
order by subject_id;

-- name: InsertAudit :one
insert into audit_log (organization_id, revision, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, subject_name, before, after, request_id, source)
values (@organization_id, @revision, @actor_kind, @actor_id, @actor_name, @action, @subject_kind, @subject_id, @subject_name, @before, @after, @request_id, @source)
returning id;

-- name: ListAudit :many
-- ListAudit lists entries newest first, by time and then by id. A null filter matches everything.
-- It omits the contents, which may be long and are read by id. stored is their compressed size on
-- disk, which is known without reading them.
select id, occurred_at, organization_id, revision, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, subject_name,
  request_id, source, (coalesce(pg_column_size(before), 0) + coalesce(pg_column_size(after), 0))::bigint as stored
from audit_log
where organization_id = @organization_id
  and (sqlc.narg('before_time')::timestamptz is null or (occurred_at, id) < (sqlc.narg('before_time'), @before_id::bigint))
  and (sqlc.narg('actions')::text[] is null or action = any(sqlc.narg('actions')::text[]))
  and (sqlc.narg('actor_id')::text is null or actor_id = sqlc.narg('actor_id'))
  and (sqlc.narg('subject_id')::text is null or subject_id = sqlc.narg('subject_id'))
  and (sqlc.narg('subject_kind')::text is null or subject_kind = sqlc.narg('subject_kind'))
  and (sqlc.narg('pattern')::text is null
    or lower(subject_name || E'\n' || actor_name || E'\n' || source || E'\n' || subject_id || E'\n' || request_id) like lower(sqlc.narg('pattern')))
  and (sqlc.narg('since')::timestamptz is null or occurred_at >= sqlc.narg('since'))
  and (sqlc.narg('until')::timestamptz is null or occurred_at < sqlc.narg('until'))
order by occurred_at desc, id desc
limit @row_limit;

-- name: ListAuditContents :many
select id, before, after from audit_log
where organization_id = @organization_id and id = any(@ids::bigint[]);

-- name: GetAudit :one
select id, occurred_at, organization_id, revision, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, subject_name, before, after, request_id, source
from audit_log
where organization_id = @organization_id and id = @id;

-- name: GetAuditTime :one
select occurred_at from audit_log where organization_id = @organization_id and id = @id;

-- name: IDInOtherOrganization :one
-- IDInOtherOrganization reports whether an id is, or was, that of another organization's object.
select exists (
  select from versions
  where subject_kind = @subject_kind and subject_id = @subject_id and organization_id <> @organization_id)::boolean as elsewhere;

-- name: ListChanges :many
-- ListChanges lists how the revisions after @after, up to @up_to, changed objects of @kinds, in
-- order. @name_fields has, for each kind, the field of its contents that holds the name.
select v.subject_kind, v.subject_id, v.version, v.revision, v.action, v.actor_name,
  coalesce(v.content ->> k.name_field, '')::text as name, coalesce(previous.action, '')::text as previous_action
from versions v
join (select unnest(@kinds::text[]) as kind, unnest(@name_fields::text[]) as name_field) k on k.kind = v.subject_kind
left join versions previous
  on previous.subject_kind = v.subject_kind and previous.subject_id = v.subject_id and previous.version = v.version - 1
where v.organization_id = @organization_id and v.revision > @after and v.revision <= @up_to
order by v.revision, v.subject_kind, v.subject_id, v.version
limit @row_limit;
