package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"rackvidd/services/vault"
)

type vaultCommand struct {
	Rotate vaultRotate `cmd:"" help:"Add a newer version of the index key, to be used from the next start."`
	Copy   vaultCopy   `cmd:"" help:"Copy the vault's directory, which every restore needs, in place of an older copy: whole, or not at all."`
}

// vaultRotate works on the key file itself, whether the program runs or not: a running one goes on with what it read.
type vaultRotate struct {
	IndexKeys string `env:"RACKVIDD_INDEX_KEYS" hidden:"" help:"Where this is set, there is no file to add a key to."`
	VaultDir  string `env:"RACKVIDD_VAULT_DIR" hidden:"" help:"The vault's directory; default: DATA/vault."`
	formatFlags
}

func (c *vaultRotate) Run(env *environment) error {
	if c.IndexKeys != "" {
		return &usageError{errors.New("the index keys come from RACKVIDD_INDEX_KEYS and not from a file: add a line there with the next version and what openssl rand -hex 32 prints, keep every older line, and restart")}
	}
	path := filepath.Join(cmp.Or(c.VaultDir, filepath.Join(env.settings.Data, "vault")), indexKeysFile)
	version, err := vault.AddKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &usageError{fmt.Errorf("there is no key file %s: name the vault's data directory with --data; its first start makes the file", path)}
	}
	if err != nil {
		return err
	}
	if c.json() {
		raw, err := json.Marshal(map[string]any{"version": version, "file": path, "restart": true})
		return errors.Join(err, env.printJSON(raw))
	}
	_, err = fmt.Fprintf(env.out, "key version %d is in %s\nRestart the program: it is used from its next start, and a vault that runs goes on without it.\n"+
		"A child moves to it when it is next seen. Back the file up now, and never take an older version out.\n", version, path)
	return err
}
