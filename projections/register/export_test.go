package register

// ChangedOfQuery and ChangedForQuery ask whether anything changed after $1 of a group's occasions, and of a child's.
var ChangedOfQuery, ChangedForQuery = changedOf, changedFor
