package api

import (
	"context"

	"rackvidd/events"
)

type protectChild struct {
	Municipal
	Keyed
	Child events.ID `path:"child"`
	Body  struct {
		Protected bool `json:"protected" doc:"whether the identity is protected (skyddade personuppgifter): its label is shown in no list, register or history then, only where all that is stored is disclosed, in no municipality that knows the same identity number while one of them has it flagged, and it is not merged with another child; a merge made before stands until it is undone"`
	}
}

// protectChild records nothing in the log: only the vault may know it, and who flagged the child.
func (s *server) protectChild(ctx context.Context, c caller, in *protectChild) (*Answer[ChildReceipt], error) {
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.Child, in.Body)
	if err != nil {
		return nil, err
	}
	return s.receiveChild(ctx, c, cmd, in.Child, func() error {
		return s.Vault.Protect(ctx, c.municipality, in.Child, c.Account, in.Body.Protected)
	})
}
