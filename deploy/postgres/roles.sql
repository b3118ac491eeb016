-- The roles of the PostgreSQL of docker-compose.yml, which runs this when it makes its data: 'messaging' owns the tables, and 'messaging_application', as which
-- the product works, can neither change nor remove what was recorded. It may be run again, also with other passwords in .env. On a volume of before:
--   docker compose exec postgres psql -U messaging -f /docker-entrypoint-initdb.d/roles.sql messaging
-- A server of your own: docs/operate.md, "The owner of the tables".
\set ON_ERROR_STOP on
\getenv owner_password POSTGRES_PASSWORD
\getenv application_password APPLICATION_PASSWORD

-- Passwords that do not work are not in the server's log either.
set log_min_error_statement = panic;

select format('create role %I', name)
from (values ('messaging'), ('messaging_application'), ('messaging_reports')) wanted (name)
where not exists (select from pg_roles where rolname = name) \gexec
alter role messaging with login password :'owner_password';
alter role messaging_application with login nosuperuser nocreaterole nocreatedb noreplication nobypassrls password :'application_password';
grant messaging_application to messaging;
select format('alter database %I owner to messaging', current_database()) \gexec

-- The superuser signs in inside the container alone, where none is asked for its password. On a volume of before that is 'messaging', and has to stay it.
select format('alter role %I password null', current_user) where current_user <> 'messaging' \gexec
