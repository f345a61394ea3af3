-- What the application may do. History can be added to and read, never changed.
grant usage on schema public to orgmodes_app;
grant select, insert, update, delete on
  users, sessions, organizations, members, organization_modes,
  installation, editions, publications, tokens, token_organizations
  to orgmodes_app;
grant select, insert on audit_log, versions to orgmodes_app;
