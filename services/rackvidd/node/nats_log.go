package node

import (
	"fmt"
	"log/slog"
	"sync/atomic"
)

// natsLog hands the server's warnings and errors to slog. What would have ended
// the process is kept, so that whoever is starting the server can return it.
type natsLog struct {
	log       *slog.Logger
	fatal     chan string
	full      atomic.Bool   // the disk did not take a message: set before whoever sent it is answered
	unwritten chan struct{} // hears of it
}

func newNATSLog(log *slog.Logger) *natsLog {
	return &natsLog{log: orDiscard(log), fatal: make(chan string, 1), unwritten: make(chan struct{}, 1)}
}

func (l *natsLog) Warnf(format string, v ...any) {
	l.log.Warn("nats server warns", "text", fmt.Sprintf(format, v...))
}

func (l *natsLog) Errorf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	l.log.Error("nats server reports an error", "text", text)
	if cannotWrite(text) {
		l.full.Store(true)
		select {
		case l.unwritten <- struct{}{}:
		default:
		}
	}
}

func (l *natsLog) Fatalf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	l.log.Error("nats server gives up", "text", text)
	select {
	case l.fatal <- text:
	default:
	}
}

func (l *natsLog) Noticef(string, ...any) {}
func (l *natsLog) Debugf(string, ...any)  {}
func (l *natsLog) Tracef(string, ...any)  {}

func orDiscard(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}
