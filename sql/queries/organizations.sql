-- name: CreateOrganization :one
insert into organizations (slug, name, revision, pending_since, templates_seeded_at)
values (@slug, @name, 1, now(), now())
returning id, slug, name, created_at, deleted_at, revision, changed_at, published_revision, published_edition, pending_since, templates_seeded_at, live_revision, live_at, live_saved_at;

-- name: GetOrganization :one
select id, slug, name, created_at, deleted_at, revision, changed_at, published_revision, published_edition, pending_since, templates_seeded_at, live_revision, live_at, live_saved_at
from organizations
where id = @id;

-- name: GetPublicationStatus :one
-- GetPublicationStatus uses one clock: at is the database's time, like the times to compare with it.
select revision, changed_at, published_revision, pending_since, live_revision, live_at, live_saved_at, now()::timestamptz as at
from organizations
where id = @id;

-- name: GetOrganizationBySlug :one
select id, slug, name, created_at, deleted_at, revision, changed_at, published_revision, published_edition, pending_since, templates_seeded_at, live_revision, live_at, live_saved_at
from organizations
where slug = @slug;

-- name: ListOrganizations :many
select id, slug, name, created_at, deleted_at, revision, changed_at, published_revision, published_edition, pending_since, templates_seeded_at, live_revision, live_at, live_saved_at
from organizations
where deleted_at is null and slug > @after_slug and id <> @canary
order by slug
limit @row_limit;

-- name: LockOrganization :one
-- LockOrganization serializes changes of members with each other and with changes of the library.
-- No owner is added or removed while another change of members counts the owners. The lock order is
-- organization, user, member, tokens by id.
select id from organizations where id = @id and deleted_at is null for no key update;

-- name: BumpRevision :one
-- BumpRevision is the first statement of every change. Its row lock serializes the organization's
-- writers, which is why revisions have no gaps.
update organizations
set revision = revision + 1, changed_at = now(), pending_since = coalesce(pending_since, now())
where id = @id and deleted_at is null
returning id, slug, name, created_at, deleted_at, revision, changed_at, published_revision, published_edition, pending_since, templates_seeded_at, live_revision, live_at, live_saved_at;

-- name: DeleteOrganization :execrows
update organizations set deleted_at = now() where id = @id and deleted_at is null;

-- name: TouchCanary :one
insert into organizations (id, slug, name, revision, pending_since)
values (@id, @slug, @name, 1, now())
on conflict on constraint organizations_pkey do update
set revision = organizations.revision + 1, changed_at = now(), pending_since = coalesce(organizations.pending_since, now())
returning revision;

-- name: ListUnseededOrganizations :many
select id from organizations
where templates_seeded_at is null and deleted_at is null and id <> @canary
order by id
limit @row_limit;

-- name: MarkSeeded :execrows
update organizations set templates_seeded_at = now() where id = @id and templates_seeded_at is null;
