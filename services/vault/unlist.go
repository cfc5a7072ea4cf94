package vault

import "context"

// Unlist takes everybody off the list for erasure, in every municipality. After a restore that list is one of then: whoever stands on it
// would be erased before anybody could look at it.
func (v *Vault) Unlist(ctx context.Context) error {
	_, err := v.pool.Exec(ctx, `UPDATE child SET listed = NULL WHERE listed IS NOT NULL`)
	return failed("take children off the list for erasure", err)
}
