-- What keeps a municipality's rows from whoever reads for another, whatever the query says. Readers say inside each transaction
-- for whom they read (rackvidd.municipality); where they have not, they see nothing. No policy lets anybody write but the role
-- that makes the tables, which bypasses all of this (COPY demands it).
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rackvidd_reader') THEN
		CREATE ROLE rackvidd_reader NOLOGIN;
	END IF;
EXCEPTION
	WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN NULL; -- it cannot be made here, or somebody just did
END $$;

CREATE OR REPLACE FUNCTION projections.isolate(tables text, municipality text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	force text := CASE WHEN (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) THEN ', FORCE ROW LEVEL SECURITY' ELSE '' END;
	-- As a query of its own it is asked once, and not of every row; IS NOT NULL lets the planner expect every row.
	own text := format('(SELECT 1 WHERE current_setting(''rackvidd.municipality'', true) = %L) IS NOT NULL', municipality);
	t record;
BEGIN
	FOR t IN SELECT c.oid::regclass AS name, EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid) AS closed
		FROM pg_class c WHERE c.relnamespace = to_regnamespace(quote_ident(tables)) AND c.relkind IN ('r', 'p') LOOP
		IF NOT t.closed THEN
			EXECUTE format('CREATE POLICY own ON %s FOR SELECT USING (%s)', t.name, own);
		END IF;
		EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY%s', t.name, force);
	END LOOP;
	IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rackvidd_reader') THEN
		EXECUTE format('GRANT USAGE ON SCHEMA %I TO rackvidd_reader; GRANT SELECT ON ALL TABLES IN SCHEMA %1$I TO rackvidd_reader', tables);
	END IF;
END $$;
REVOKE ALL ON FUNCTION projections.isolate FROM PUBLIC;

DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = 'projections.checkpoint'::regclass) THEN
		CREATE POLICY own ON projections.checkpoint FOR SELECT USING (municipality = current_setting('rackvidd.municipality', true));
	END IF;
	PERFORM projections.isolate('projections', '');
END $$;
