-- name: CreateUser :one
insert into users (email, name, password_hash)
values (@email, @name, @password_hash)
returning id, email, name, password_hash, created_at, disabled_at;

-- name: GetUser :one
select id, email, name, password_hash, created_at, disabled_at from users where id = @id;

-- name: GetUserByEmail :one
select id, email, name, password_hash, created_at, disabled_at from users where lower(email) = lower(@email::text);

-- name: SetPassword :execrows
update users set password_hash = @password_hash where id = @id;

-- name: CreateSession :exec
insert into sessions (hash, user_id, expires_at) values (@hash, @user_id, @expires_at);

-- name: GetSessionUser :one
select u.id, u.email, u.name, s.created_at, s.expires_at
from sessions s
join users u on u.id = s.user_id
where s.hash = @hash and s.expires_at > now() and u.disabled_at is null;

-- name: DeleteSession :execrows
delete from sessions where hash = @hash;

-- name: DeleteUserSessions :execrows
delete from sessions where user_id = @user_id;

-- name: DeleteExpiredSessions :execrows
delete from sessions where expires_at <= now();

-- name: GetMember :one
select organization_id, user_id, role, created_at from members
where organization_id = @organization_id and user_id = @user_id;

-- name: LockMember :one
select organization_id, user_id, role, created_at from members
where organization_id = @organization_id and user_id = @user_id
for update;

-- name: InsertMember :exec
insert into members (organization_id, user_id, role) values (@organization_id, @user_id, @role);

-- name: UpdateMemberRole :exec
update members set role = @role where organization_id = @organization_id and user_id = @user_id;

-- name: DeleteMember :execrows
delete from members where organization_id = @organization_id and user_id = @user_id;

-- name: LockOwners :many
-- Locked in one order, so that two removals at once can't both take the last one.
select user_id from members where organization_id = @organization_id and role = 'owner'
order by user_id
for update;

-- name: ListMembers :many
select m.user_id, m.role, m.created_at, u.email, u.name
from members m
join users u on u.id = m.user_id
where m.organization_id = @organization_id
order by lower(u.name), m.user_id;

-- name: ListUserMemberships :many
select m.organization_id, m.role, o.slug, o.name
from members m
join organizations o on o.id = m.organization_id
where m.user_id = @user_id and o.deleted_at is null
order by lower(o.name), o.id;
