-- Two databases, a role each: the read models, and the vault. Run once, by the image, on an empty volume.
-- Neither role can connect to the other's database: a fault in one opens nothing in the other.
\getenv read_models_password RACKVIDD_DATABASE_PASSWORD
\getenv vault_password RACKVIDD_VAULT_DATABASE_PASSWORD

CREATE ROLE rackvidd LOGIN PASSWORD :'read_models_password';
CREATE ROLE rackvidd_vault LOGIN PASSWORD :'vault_password';

CREATE DATABASE rackvidd OWNER rackvidd;
CREATE DATABASE rackvidd_vault OWNER rackvidd_vault;

-- What audit verify checks indexes with.
\connect rackvidd
CREATE EXTENSION amcheck;
GRANT EXECUTE ON FUNCTION bt_index_check(regclass, boolean) TO rackvidd;
\connect postgres

REVOKE ALL ON DATABASE rackvidd, rackvidd_vault, postgres, template1 FROM PUBLIC;
