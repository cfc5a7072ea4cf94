package node

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const settingsFile = "rackvidd.conf"

// tuning is for 2 cores and 4 GiB; ALTER SYSTEM overrides it on a larger machine.
const tuning = `# Written at every start. Change a setting with ALTER SYSTEM.
max_connections = 100
shared_buffers = '256MB'
effective_cache_size = '2GB'
maintenance_work_mem = '128MB'
work_mem = '16MB'
max_wal_size = '128MB' # what a start after a kill has to read again, at some 40 MB a second
recovery_init_sync_method = syncfs # 290 municipalities have 40,000 files, each synced by itself otherwise, after every kill
wal_level = minimal
max_wal_senders = 0
wal_compression = on
checkpoint_timeout = '15min'
jit = off # whoever asks: the unit lets nothing compile (deploy/systemd)
timezone = 'UTC'
log_timezone = 'UTC'
`

// serverArgs is what nobody may override: who can connect, that a commit is on
// disk, and that no value of a row reaches the log.
func serverArgs(cluster, socket string) []string {
	args := []string{"-D", cluster}
	for _, setting := range []string{
		"listen_addresses=",
		"port=5432",
		"unix_socket_directories=" + quoteDirectory(socket),
		"unix_socket_permissions=0700",
		"fsync=on",
		"full_page_writes=on",
		"synchronous_commit=on",
		"logging_collector=off",
		"log_destination=stderr",
		"log_line_prefix=" + logPrefix,
		"log_min_messages=warning",
		"log_error_verbosity=terse",
		"log_min_error_statement=panic",
		"log_statement=none",
		"log_min_duration_statement=-1",
		"log_min_duration_sample=-1",
		"log_transaction_sample_rate=0",
		"log_duration=off",
		"log_parameter_max_length=0",
		"log_parameter_max_length_on_error=0",
		"log_checkpoints=off",
		"log_autovacuum_min_duration=-1",
	} {
		args = append(args, "-c", setting)
	}
	return args
}

func quoteDirectory(path string) string {
	return `"` + strings.ReplaceAll(path, `"`, `""`) + `"`
}

func writeSettings(cluster string, owner account) error {
	path := filepath.Join(cluster, settingsFile)
	if err := os.WriteFile(path, []byte(tuning), 0o600); err != nil {
		return fmt.Errorf("write the database settings %s: %w", path, err)
	}
	return owner.own(path)
}

func includeSettings(cluster string) error {
	path := filepath.Join(cluster, "postgresql.conf")
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := fmt.Fprintf(file, "\ninclude = '%s'\n", settingsFile); err != nil {
		return err
	}
	return file.Sync()
}
