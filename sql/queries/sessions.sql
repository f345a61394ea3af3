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
