-- name: GetDraft :one
select title, content, base_version, edition, updated_at, discarded_at
from resource_drafts
where organization_id = @organization_id and user_id = @user_id and kind = @kind and subject = @subject;

-- name: ListDraftSummaries :many
select subject, title, base_version, edition, updated_at
from resource_drafts
where organization_id = @organization_id and user_id = @user_id and kind = @kind and discarded_at is null
order by updated_at desc, subject;

-- name: CountDrafts :one
select count(*) from resource_drafts
where organization_id = @organization_id and user_id = @user_id and discarded_at is null;

-- name: BeginDraft :one
-- BeginDraft creates a draft, or replaces a discarded one. An active draft stays unchanged.
insert into resource_drafts as d (organization_id, user_id, kind, subject, title, content, base_version, expires_at)
values (@organization_id, @user_id, @kind, @subject, @title, @content, @base_version,
  now() + make_interval(secs => @lifetime_seconds::float8))
on conflict on constraint resource_drafts_pkey do update
set title = excluded.title, content = excluded.content, base_version = excluded.base_version, edition = excluded.edition,
    updated_at = now(), discarded_at = null, expires_at = excluded.expires_at
where d.discarded_at is not null
returning edition, updated_at;

-- name: UpdateDraft :one
update resource_drafts
set title = @title, content = @content, base_version = @base_version, edition = nextval('resource_draft_editions'),
    updated_at = now(), expires_at = now() + make_interval(secs => @lifetime_seconds::float8)
where organization_id = @organization_id and user_id = @user_id and kind = @kind and subject = @subject
  and edition = @edition and discarded_at is null
returning edition, updated_at;

-- name: DiscardDraft :execrows
update resource_drafts
set discarded_at = now(), expires_at = now() + make_interval(secs => @undo_seconds::float8)
where organization_id = @organization_id and user_id = @user_id and kind = @kind and subject = @subject
  and edition = @edition and discarded_at is null;

-- name: RestoreDraft :one
update resource_drafts
set discarded_at = null, expires_at = now() + make_interval(secs => @lifetime_seconds::float8)
where organization_id = @organization_id and user_id = @user_id and kind = @kind and subject = @subject
  and discarded_at is not null and expires_at > now()
returning title, content, base_version, edition, updated_at, discarded_at;

-- name: DeleteDraft :execrows
delete from resource_drafts
where organization_id = @organization_id and user_id = @user_id and kind = @kind and subject = @subject
  and edition = @edition;

-- name: DeleteExpiredDrafts :execrows
-- DeleteExpiredDrafts skips drafts locked by another transaction; the next run deletes them.
with expired as (
  select e.organization_id, e.user_id, e.kind, e.subject
  from resource_drafts e
  where e.expires_at <= now()
  order by e.expires_at
  limit @row_limit
  for update skip locked
)
delete from resource_drafts d using expired
where d.organization_id = expired.organization_id and d.user_id = expired.user_id
  and d.kind = expired.kind and d.subject = expired.subject;
