// Package node is what one machine needs to run everything by itself: a log
// (embedded NATS), a database (a private PostgreSQL), a lock on the data
// directory and the secrets kept in it. Linux only.
package node
