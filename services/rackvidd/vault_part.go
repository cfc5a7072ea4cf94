package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/services/rackvidd/node"
	"rackvidd/services/vault"
)

// startVault opens the vault here, or becomes a client of one that runs elsewhere.
func (p *parts) startVault(ctx context.Context) error {
	if !p.runs("vault") {
		if !p.runs("api") && !p.runs("guests") {
			return nil
		}
		if p.VaultURL == "" {
			return &usageError{errors.New("no vault: name it with RACKVIDD_VAULT_URL, or run the service vault here as well")}
		}
		if !onTheWeb(p.VaultURL) {
			return &usageError{fmt.Errorf("RACKVIDD_VAULT_URL is %q; write http://HOST:PORT", p.VaultURL)}
		}
		if p.VaultCredential == "" {
			return &usageError{errors.New("no credential for the vault: set RACKVIDD_VAULT_CREDENTIAL as the vault has it; one that was given none made it, in the file credential of its directory")}
		}
		p.vault = vault.NewClient(p.VaultURL, p.VaultCredential)
		return nil
	}
	store, keys, err := vaultKeys(p.IndexKeys, p.vaultDir())
	if err != nil {
		return err
	}
	if p.vaultPool, err = p.openVaultPool(ctx); err != nil {
		return err
	}
	err = p.retry(ctx, "vault", func() (err error) {
		if err := holdsNot(ctx, p.vaultPool, "RACKVIDD_VAULT_DATABASE_URL", "projections.checkpoint", "the read models'"); err != nil {
			return err
		}
		p.vaultHere, err = vault.New(ctx, vault.Config{Pool: p.vaultPool, Keys: keys, KeyStore: store, Log: p.log})
		return err
	})
	p.vault = p.vaultHere
	return err
}

// vaultKeys are those of a vault's directory: of the labels, and of the index, which are the setting's where it has any.
func vaultKeys(setting, dir string) (store *vault.KeyStore, keys vault.Keys, err error) {
	if store, err = vault.OpenKeyStore(filepath.Join(dir, "keystore")); err != nil {
		return nil, keys, err
	}
	if setting == "" {
		keys, err = vault.LoadKeys(filepath.Join(dir, indexKeysFile))
		return store, keys, err
	}
	if keys, err = vault.ParseKeys(setting); err != nil {
		err = &usageError{fmt.Errorf("RACKVIDD_INDEX_KEYS: %w", err)}
	}
	return store, keys, err
}

func (p *parts) openVaultPool(ctx context.Context) (*pgxpool.Pool, error) {
	if p.VaultDatabaseURL == "" {
		url, err := besideDatabase(ctx, p.DatabaseURL, "rackvidd_vault")
		if err != nil {
			return nil, err
		}
		p.VaultDatabaseURL = url
	}
	return p.open(ctx, setting{"RACKVIDD_VAULT_DATABASE_URL", p.VaultDatabaseURL})
}

// credentialFile is in the vault's directory: what services show the vault, where it is not said by RACKVIDD_VAULT_CREDENTIAL.
const credentialFile = "credential"

// serveVault serves the vault to other services, and its health, and returns the address.
func (p *parts) serveVault(ctx context.Context, running *sync.WaitGroup) (address string, err error) {
	credential := p.VaultCredential
	if credential == "" {
		secret, err := node.Secret(filepath.Join(p.vaultDir(), credentialFile), 32)
		if err != nil {
			return "", err
		}
		credential = hex.EncodeToString(secret)
	}
	listener, err := net.Listen("tcp", p.VaultListen)
	if err != nil {
		return "", &usageError{fmt.Errorf("listen on %s: %w; choose another address with --vault-listen or RACKVIDD_VAULT_LISTEN", p.VaultListen, err)}
	}
	mux := http.NewServeMux()
	mux.Handle("/vault/v1/", vault.Handler(p.vaultHere, credential))
	mux.Handle("/", p.health())
	serveHTTP(ctx, running, listener, mux, p.fail)
	return listener.Addr().String(), nil
}
