package events

// Scan reads a message that is written as Encode writes it; ok is false for any other.
func (c Catalog) Scan(position Position, raw []byte) (r Recorded, ok bool) {
	return c.scan(position, raw)
}

// ParseFully reads a message with encoding/json alone.
func (c Catalog) ParseFully(position Position, raw []byte) (Recorded, error) {
	return c.parse(position, raw)
}
