package archive

import "errors"

var errKilled = errors.New("killed")

// KillAt ends all writing at a step from now on, as a kill there would.
func (k *Keeper) KillAt(n int) {
	steps := 0
	k.disk.reached = func(string) error {
		if steps++; steps > n {
			return errKilled
		}
		return nil
	}
}
