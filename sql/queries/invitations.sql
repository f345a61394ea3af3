-- name: InsertInvitation :one
insert into invitations (organization_id, email, role, invited_by, expires_at)
values (@organization_id, @email, @role, @invited_by, now() + make_interval(secs => @lasts_seconds::float8))
returning id, organization_id, email, role, invited_by, created_at, expires_at;

-- name: HasMemberOfEmail :one
select exists (
  select from members m join users u on u.id = m.user_id
  where m.organization_id = @organization_id and lower(u.email) = lower(@email::text))::boolean as has;

-- name: CountInvitations :one
select count(*) from invitations where organization_id = @organization_id;

-- name: DeleteExpiredInvitations :execrows
delete from invitations where organization_id = @organization_id and expires_at <= now();

-- name: ListInvitations :many
select id, organization_id, email, role, invited_by, created_at, expires_at
from invitations
where organization_id = @organization_id and expires_at > now()
order by created_at desc, id;

-- name: ListInvitationsOfEmail :many
select i.id, i.organization_id, i.email, i.role, i.invited_by, i.created_at, i.expires_at, o.slug, o.name
from invitations i
join organizations o on o.id = i.organization_id
where lower(i.email) = lower(@email::text) and i.expires_at > now() and o.deleted_at is null
order by i.created_at desc, i.id;

-- name: GetInvitation :one
select id, organization_id, email, role, invited_by, created_at, expires_at
from invitations
where id = @id and expires_at > now();

-- name: LockInvitation :one
select id, organization_id, email, role, invited_by, created_at, expires_at
from invitations
where id = @id and organization_id = @organization_id and expires_at > now()
for update;

-- name: DeleteInvitation :execrows
delete from invitations where id = @id;
