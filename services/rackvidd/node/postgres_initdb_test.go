package node

import "testing"

func TestWhyNoDatabaseCouldBeMadeIsTold(t *testing.T) {
	for said, want := range map[string]string{
		"2026-11-30 09:20:56.254 UTC [11110] FATAL:  could not extend file \"base/1/2691\": No space left on device\n" +
			"2026-11-30 09:20:56.254 UTC [11110] HINT:  Check free disk space.\n" +
			"2026-11-30 09:20:56.254 UTC [11110] PANIC:  cannot abort transaction 1, it was already committed\n" +
			"Aborted\nchild process exited with exit code 134\n" +
			"initdb: removing contents of data directory \"/srv/postgres/unfinished-1\"\n": `could not extend file "base/1/2691": No space left on device`,
		"initdb: error: could not create directory \"/srv/postgres/unfinished-1/pg_wal\": No space left on device\n" +
			"initdb: removing contents of data directory \"/srv/postgres/unfinished-1\"\n": `could not create directory "/srv/postgres/unfinished-1/pg_wal": No space left on device`,
		"sh: 1: cd: can't cd to /srv\n": "sh: 1: cd: can't cd to /srv",
	} {
		if got := reason(said); got != want {
			t.Errorf("%q is told of %q", got, said)
		}
	}
}
