-- Whoever shows an organization hears of its changes and of its publication with the
-- commit, whichever release made them. The payload is the organization's id.
create function notify_organization() returns trigger language plpgsql as $$
begin
  perform pg_notify('orgmodes_organizations', new.id::text);
  return null;
end $$;
create trigger organizations_notify after update on organizations for each row
  when ((old.revision, old.published_revision, old.pending_since, old.live_revision, old.live_at, old.deleted_at)
    is distinct from (new.revision, new.published_revision, new.pending_since, new.live_revision, new.live_at, new.deleted_at))
  execute function notify_organization();
