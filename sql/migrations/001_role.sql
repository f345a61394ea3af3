-- The role that the application works as. It is made here where the migrating
-- role may; otherwise an operator makes it beforehand:
--   CREATE ROLE orgmodes_app NOLOGIN;
-- Roles belong to the whole cluster, so two databases migrated at once may race.
do $$
begin
  if not exists (select from pg_roles where rolname = 'orgmodes_app') then
    create role orgmodes_app nologin;
  end if;
exception
  when duplicate_object or unique_violation then null;
end
$$;
