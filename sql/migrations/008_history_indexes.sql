-- The audit log is read by organization, newest first, narrowed by a time and by one
-- or several of these. What ends each index serves the time, the order and the
-- paging. Writers wait while they are made: some seconds for 100,000 entries.
create index audit_log_time on audit_log (organization_id, occurred_at, id);
create index audit_log_actor on audit_log (organization_id, actor_id, occurred_at, id);
create index audit_log_of_subject on audit_log (organization_id, subject_id, occurred_at, id);
create index audit_log_kind on audit_log (organization_id, subject_kind, occurred_at, id);
create index audit_log_action on audit_log (organization_id, action, occurred_at, id);
-- Nothing looks for a subject without its organization.
drop index audit_log_subject;

-- What is deleted is few among all versions.
create index versions_deleted on versions (organization_id, subject_kind, revision, subject_id) where action = 'delete';

-- A text that stands anywhere in a name or an id is found by its trigrams. Where
-- the server doesn't have the extension, or we may not install it, the same search
-- reads the organization's log.
do $$
begin
  create extension if not exists pg_trgm;
  create index audit_log_text on audit_log
    using gin (lower(subject_name || E'\n' || actor_name || E'\n' || source || E'\n' || subject_id || E'\n' || request_id) gin_trgm_ops);
  -- So that a text which many entries have is told from one that few have: the first
  -- is found sooner by reading backwards.
  alter index audit_log_text alter column 1 set statistics 1000;
exception when undefined_file or feature_not_supported or insufficient_privilege then
  raise notice 'searches of the audit log have no index: %', sqlerrm;
end
$$;
