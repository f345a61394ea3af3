-- name: CreateUser :one
insert into users (email, name, password_hash)
values (@email, @name, @password_hash)
returning id, email, name, password_hash, created_at, disabled_at;

-- name: GetUser :one
select id, email, name, password_hash, created_at, disabled_at from users where id = @id;

-- name: GetUserByEmail :one
select id, email, name, password_hash, created_at, disabled_at from users where lower(email) = lower(@email::text);

-- name: LockUser :one
-- LockUser locks the user against concurrent operations for the same user; see ShareUser.
select id, email, name, password_hash, created_at, disabled_at from users where id = @id for no key update;

-- name: ShareUser :one
-- ShareUser returns the user, who can't change until the transaction ends.
select id, email, name, password_hash, created_at, disabled_at from users where id = @id for share;

-- name: SetDisabled :one
update users set disabled_at = case when @disabled::boolean then now() end where id = @id
returning id, email, name, password_hash, created_at, disabled_at;

-- name: SetPassword :execrows
update users set password_hash = @password_hash where id = @id;
