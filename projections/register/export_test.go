package register

// ChangedOfQuery and ChangedForQuery ask whether anything changed after $1 of a group, and of a child's occasions.
var ChangedOfQuery, ChangedForQuery = changedOf, changedFor
