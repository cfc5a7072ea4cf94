package api

import (
	"context"
	"encoding/json"
	"fmt"
)

// once carries out what the log does not tell of, and keeps the answer: a repeat is given that one, and nothing is done.
// The vault keeps it for longer than it may know who a child is: what must not be in it is said at Vault.KeepAnswer.
func once[A any](ctx context.Context, s *server, c caller, cmd command, do func() (A, error)) (A, error) {
	if cmd.kept != nil {
		return asBefore[A](cmd)
	}
	answer, err := do()
	if err != nil {
		return answer, err
	}
	return keep(ctx, s, c, cmd, answer)
}

// asBefore reads the answer that was kept.
func asBefore[A any](cmd command) (answer A, err error) {
	if err = json.Unmarshal(cmd.kept, &answer); err != nil {
		err = fmt.Errorf("read a kept answer: %w", err)
	}
	return answer, err
}

// keep keeps an answer for repeats. It returns the one that is kept: of two requests at once, the first one's. Where it
// cannot be kept the write has been carried out all the same, and is answered.
func keep[A any](ctx context.Context, s *server, c caller, cmd command, answer A) (A, error) {
	if cmd.key == "" {
		return answer, nil
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return answer, fmt.Errorf("write an answer down: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience) // also when the caller has gone
	defer cancel()
	if cmd.kept, err = s.Vault.KeepAnswer(ctx, c.municipality, c.Account, cmd.key, cmd.child, text); err != nil {
		s.Logger.Warn("an answer could not be kept for its repeats", "request", seenIn(ctx).request, "err", err)
		return answer, nil
	}
	return asBefore[A](cmd)
}

// alone waits until no other request of the account under the key is under way in this process, so that it finds what
// that one was answered. For what takes long, and must not be done twice.
func (s *server) alone(ctx context.Context, c caller, key string) (release func(), err error) {
	if key == "" {
		return func() {}, nil
	}
	return s.turns.Take(ctx, string(c.municipality)+" "+c.Account.String()+" "+key)
}
