package archive

import "errors"

// Steps counts every kind of step that is taken from now on.
func (k *Keeper) Steps() map[string]int {
	steps := make(map[string]int)
	k.disk.reached = func(step string) error {
		steps[step]++
		return nil
	}
	return steps
}

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

// Finish is what Keep does with swaps that were stopped.
func (k *Keeper) Finish() error { return k.finish() }
