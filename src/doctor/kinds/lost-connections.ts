// Faults that take the connections of a dump away in its middle: what both sides say of its streams afterwards follows from them.

export const LOST_CONNECTIONS: readonly string[] = ['idle-connection-cut', 'keepalive-half-cure', 'connections-lost-at-once', 'client-went-away']
