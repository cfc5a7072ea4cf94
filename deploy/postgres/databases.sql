-- Two databases, the read models' and the vault's, and a role for each; and one that only reads. Run once, by the image, on an
-- empty volume. No role can connect to another's database: a fault in one opens nothing in the other.
\getenv read_models_password RACKVIDD_DATABASE_PASSWORD
\getenv reading_password RACKVIDD_READING_DATABASE_PASSWORD
\getenv vault_password RACKVIDD_VAULT_DATABASE_PASSWORD

-- Makes the read models' tables. Row-level security is forced on them, and COPY demands a role that bypasses it.
CREATE ROLE rackvidd LOGIN BYPASSRLS PASSWORD :'read_models_password';
-- Reads them, one municipality in each transaction; owns nothing, and writes nothing anywhere.
CREATE ROLE rackvidd_reader LOGIN NOINHERIT PASSWORD :'reading_password';
ALTER ROLE rackvidd_reader SET default_transaction_read_only = on;
CREATE ROLE rackvidd_vault LOGIN PASSWORD :'vault_password';

CREATE DATABASE rackvidd OWNER rackvidd;
CREATE DATABASE rackvidd_vault OWNER rackvidd_vault;

-- What audit verify checks indexes with.
\connect rackvidd
CREATE EXTENSION amcheck;
GRANT EXECUTE ON FUNCTION bt_index_check(regclass, boolean) TO rackvidd;
\connect postgres

REVOKE ALL ON DATABASE rackvidd, rackvidd_vault, postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE rackvidd TO rackvidd_reader;

\connect rackvidd
REVOKE ALL ON FUNCTION lo_creat, lo_create, lo_from_bytea FROM PUBLIC;
