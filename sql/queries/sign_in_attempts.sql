-- name: ListAttempts :many
select key, wrong, extract(epoch from since + make_interval(secs => @window_seconds::float8) - now())::float8 as wait_seconds
from sign_in_attempts
where key = any(@keys::bytea[]) and since > now() - make_interval(secs => @window_seconds::float8);

-- name: CountAttempts :many
-- CountAttempts counts an attempt under each key. Keys are sorted, so that concurrent attempts lock
-- them in the same order.
insert into sign_in_attempts as a (key)
select k from unnest(@keys::bytea[]) as k order by k
on conflict on constraint sign_in_attempts_pkey do update
set wrong = case when a.since <= now() - make_interval(secs => @window_seconds::float8) then 1 else a.wrong + 1 end,
    since = case when a.since <= now() - make_interval(secs => @window_seconds::float8) then now() else a.since end
returning key, wrong, extract(epoch from since + make_interval(secs => @window_seconds::float8) - now())::float8 as wait_seconds;

-- name: GiveBackAttempts :execrows
with held as (
  select s.key from sign_in_attempts s where s.key = any(@keys::bytea[]) order by s.key for update
)
update sign_in_attempts a set wrong = greatest(a.wrong - 1, 0)
from held where a.key = held.key;

-- name: SweepAttempts :execrows
-- SweepAttempts deletes expired rows, and rows in excess of @most, fewest wrong passwords first.
-- Rows locked by an attempt are left for the next run.
delete from sign_in_attempts
where key in (
  select s.key from sign_in_attempts s
  where s.since <= now() - make_interval(secs => @window_seconds::float8)
     or s.key in (select o.key from sign_in_attempts o order by o.wrong desc, o.since desc, o.key offset @most::bigint)
  order by s.key
  for update skip locked);
