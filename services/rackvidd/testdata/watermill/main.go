// Command watermill makes the table of attendance of reach figures from a log with Watermill, as its documentation has
// it: a handler for each message, a transaction for each message. It is what make bench holds the projections against.
//
//	watermill NATS-URL STREAM DATABASE-URL MESSAGES
//
// It prints how many seconds it took from the first message to the last.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	wmjetstream "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/jetstream"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 4 {
		return errors.New("watermill NATS-URL STREAM DATABASE-URL MESSAGES")
	}
	left, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, args[2])
	if err != nil {
		return err
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, tables); err != nil {
		return err
	}
	conn, err := nats.Connect(args[0])
	if err != nil {
		return err
	}
	subscriber, err := wmjetstream.NewSubscriber(wmjetstream.SubscriberConfig{Conn: conn, ResourceInitializer: reader(args[1]), Unmarshaler: plain{}, AckWaitTimeout: time.Minute, Logger: watermill.NopLogger{}})
	if err != nil {
		return err
	}
	router, err := message.NewRouter(message.RouterConfig{}, watermill.NopLogger{})
	if err != nil {
		return err
	}
	begun := time.Now()
	router.AddNoPublisherHandler("attendance", args[1], subscriber, func(m *message.Message) error {
		if err := pgx.BeginFunc(m.Context(), pool, func(tx pgx.Tx) error { return apply(m.Context(), tx, m.Payload) }); err != nil {
			return err
		}
		if left--; left == 0 {
			fmt.Println(time.Since(begun).Seconds())
			os.Exit(0)
		}
		return nil
	})
	return router.Run(ctx)
}

const tables = `CREATE SCHEMA watermill; CREATE TABLE watermill.attendance (
	session text NOT NULL, child text NOT NULL, target text NOT NULL, home text NOT NULL, PRIMARY KEY (session, child, target, home));
	CREATE TABLE watermill.checkpoint (messages bigint NOT NULL); INSERT INTO watermill.checkpoint VALUES (0)`

// reader reads a stream that is there from its first message.
func reader(stream string) wmjetstream.ResourceInitializer {
	return func(ctx context.Context, js jetstream.JetStream, _ string) (jetstream.Consumer, func(context.Context, watermill.LoggerAdapter), error) {
		c, err := js.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: 10_000})
		return c, nil, err
	}
}

// plain takes messages as they are.
type plain struct{}

func (plain) Unmarshal(m jetstream.Msg) (*message.Message, error) {
	return message.NewMessage(watermill.NewUUID(), m.Data()), nil
}

type event struct {
	Type string `json:"type"`
	Data struct {
		Session           string `json:"session"`
		Home              string `json:"home_municipality"`
		Attended, Removed []struct {
			Child  string `json:"child"`
			Target string `json:"target"`
			Home   string `json:"home_municipality"`
		}
	} `json:"data"`
}

func apply(ctx context.Context, tx pgx.Tx, raw []byte) error {
	list := make([]event, 1)
	if err := json.Unmarshal(raw, &list); err != nil {
		if err := json.Unmarshal(raw, &list[0]); err != nil {
			return err
		}
	}
	for _, e := range list {
		if e.Type != "session.attended.v1" {
			continue
		}
		for _, m := range e.Data.Removed {
			if _, err := tx.Exec(ctx, `DELETE FROM watermill.attendance WHERE session = $1 AND child = $2`, e.Data.Session, m.Child); err != nil {
				return err
			}
		}
		for _, m := range e.Data.Attended {
			_, err := tx.Exec(ctx, `INSERT INTO watermill.attendance VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, e.Data.Session, m.Child, m.Target, m.Home)
			if err != nil {
				return err
			}
		}
	}
	_, err := tx.Exec(ctx, `UPDATE watermill.checkpoint SET messages = messages + 1`)
	return err
}
